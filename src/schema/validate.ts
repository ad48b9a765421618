/** Finds what is wrong with a schema before anything is generated from it. */
import { type Discriminant, discriminantsOf, matchesTemplate, samePath } from './discriminants.ts';
import { notedMistakes, SchemaError, type SchemaMistake } from './mistakes.ts';
import type { EnumerationType, Field, LiteralType, MessageType, Schema, TupleType, ValueType, Variant } from './model.ts';
import { keptKeys } from './visit.ts';

/** Bytes that an interned string may have. */
const SYMBOL_LIMIT = 255;
/** Containers within containers. */
const DEPTH_LIMIT = 32;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const SCALARS = ['integer', 'decimal', 'float', 'timestamp', 'flag', 'enumeration', 'symbol', 'text', 'bytes'];
const utf8 = new TextEncoder();

/** Throws a {@link SchemaError} with every mistake, or does nothing. */
export function validateSchema(schema: Schema): void {
	const mistakes = schemaMistakes(schema);
	if (mistakes.length > 0) throw new SchemaError(schema.name, mistakes);
}

/** Every mistake in a schema, in the order of its variants. */
export function schemaMistakes(schema: Schema): SchemaMistake[] {
	const mistakes: SchemaMistake[] = [];
	const add = (path: string, message: string): void => {
		mistakes.push({ path, message });
	};
	if (schema.name.trim() === '') add('name', 'the schema has no name; give it one, such as the venue and its feed');
	if (!Number.isSafeInteger(schema.version) || schema.version < 1) add('version', `the version ${schema.version} is no whole number from 1; start with 1 and raise it when the tables change`);
	if (schema.variants.length === 0) add('variants', 'the schema has no message; give it at least one');
	for (const name of repeated(schema.variants.map((variant) => variant.name))) add(name, `two messages are called "${name}"; their tables need different names`);
	for (const variant of schema.variants) checkVariant(variant, add);
	// Constraints derived from a broken type would only repeat what was said.
	if (mistakes.length === 0) checkOrder(schema.variants, add);
	return mistakes;
}

type Add = (path: string, message: string) => void;

function checkVariant(variant: Variant, add: Add): void {
	const path = variant.name === '' ? '(unnamed)' : variant.name;
	checkName(variant.name, path, 'message', add);
	checkType(variant.type, path, 1, add);
	if (variant.role === 'control') return;
	if (!hasColumns(variant.type)) add(path, 'the table has no column; describe a field that holds a value, or make the message a control()');
	if (variant.type.fields.some((field) => field.name === 'received')) {
		add(`${path}.received`, 'the name "received" is taken by the time at which the message came; call the field otherwise and keep its key with .key(\'received\')');
	}
}

function checkName(name: string, path: string, what: string, add: Add): void {
	if (name === '') add(path, `a ${what} has no name; give it one`);
	else if (!IDENTIFIER.test(name)) add(path, `the ${what} name "${name}" is no identifier (letters, digits, _ and $, no digit first); call it otherwise${what === 'field' ? ` and keep its key with .key('${name}')` : ''}`);
	else if (name === '__proto__') add(path, 'the name "__proto__" means something else in JavaScript; call it otherwise');
}

function checkType(type: ValueType, path: string, depth: number, add: Add): void {
	for (const message of notedMistakes(type)) add(path, message);
	switch (type.kind) {
		case 'decimal':
			if (!Number.isInteger(type.scale) || type.scale < 0 || type.scale > 18) add(path, `the decimal scale ${type.scale} is not one of 0 to 18; an i64 holds at most 18 digits after the point`);
			return;
		case 'enumeration':
			checkEnumeration(type, path, add);
			return;
		case 'symbol':
			checkUniverse(type.universe, path, add);
			return;
		case 'template':
			if (type.capture?.kind === 'symbol') checkUniverse(type.capture.universe, path, add);
			checkText(type.prefix + type.suffix, 'template', path, add);
			return;
		case 'literal':
			checkLiteral(type, path, add);
			return;
		case 'list':
			if (depth > DEPTH_LIMIT) add(path, `the types are nested deeper than ${DEPTH_LIMIT}; describe the inner part as skip()`);
			else checkType(type.item, `${path}[]`, depth + 1, add);
			if (!holdsValue(type.item)) add(path, `the items (${type.item.kind}) have no column; give the item a type that holds a value, or describe the whole field as skip()`);
			checkUnknownValues(type.item, type.itemNullable, `${path}[]`, add);
			if (type.itemNullable && !SCALARS.includes(type.item.kind)) add(`${path}[]`, `items that are a ${type.item.kind} cannot be null; only numbers, flags and strings can`);
			return;
		case 'message':
		case 'tuple':
			if (depth > DEPTH_LIMIT) add(path, `the types are nested deeper than ${DEPTH_LIMIT}; describe the inner part as skip()`);
			else checkFields(type, path, depth, add);
	}
}

function checkFields(type: MessageType | TupleType, path: string, depth: number, add: Add): void {
	for (const name of repeated(type.fields.map((field) => field.name))) add(`${path}.${name}`, `two fields are called "${name}"; their columns need different names`);
	for (const field of type.fields) checkField(field, type, `${path}.${field.name === '' ? '(unnamed)' : field.name}`, depth, add);
	if (type.kind === 'message') {
		for (const key of repeated(type.fields.flatMap((field) => field.keys))) {
			const owners = type.fields.filter((field) => field.keys.includes(key)).map((field) => `"${field.name}"`);
			add(path, owners.length === 1 ? `the field ${owners[0]} names the key "${key}" twice; once is enough` : `the fields ${owners.join(' and ')} both read the key "${key}"; a key belongs to one field`);
		}
		if (keptKeys(type) !== null && type.fields.some((field) => field.name === 'unknownKeys')) {
			add(`${path}.unknownKeys`, 'the name "unknownKeys" is taken by the column of kept keys; call the field otherwise and keep its key with .key(\'unknownKeys\')');
		}
		return;
	}
	const optional = type.fields.findIndex((field) => field.optional);
	const required = type.fields.findLast((field) => !field.optional);
	if (optional >= 0 && required !== undefined && type.fields.indexOf(required) > optional) {
		add(`${path}.${type.fields[optional]?.name}`, `an optional element stands before "${required.name}", which is required: the array cannot end before it; make it required, or those after it optional`);
	}
}

function checkField(field: Field, parent: MessageType | TupleType, path: string, depth: number, add: Add): void {
	const { type } = field;
	checkName(field.name, path, 'field', add);
	if (parent.kind === 'tuple' && field.keys.length > 0) add(path, `elements of a tuple have a position, not a key; take .key(${field.keys.map((key) => `'${key}'`).join(', ')}) away`);
	if (parent.kind === 'message' && field.keys.length === 0) add(path, 'the field has no key; give it one, usually its name');
	for (const key of field.keys) checkText(key, 'key', path, add);
	if (type.kind === 'absent') {
		if (parent.kind === 'tuple') add(path, 'absent() is for keys, and the elements of a tuple have none; let the tuple end before this element');
		if (field.optional) add(path, 'absent() says that the key must not be there, and .optional() that it may be; take one away');
		if (field.nullable) add(path, 'absent() says that the key must not be there, so its value cannot be null; take .nullable() away');
		if (field.distinguishing) add(path, 'absent() tells variants apart by the missing key, and .distinguishing() by one that is there; take one away');
	} else if (field.distinguishing && field.optional) {
		add(path, 'a distinguishing field is one that is always there, so it cannot be optional; take .optional() or .distinguishing() away');
	}
	checkUnknownValues(type, field.nullable, path, add);
	checkType(type, path, depth + 1, add);
}

function checkEnumeration({ values }: EnumerationType, path: string, add: Add): void {
	if (values.length === 0) add(path, 'the enumeration lists no value; list those you know, or use symbol()');
	for (const value of repeated(values)) add(path, `the enumeration lists "${value}" twice; each value has one id`);
	for (const value of values) {
		checkText(value, 'value', path, add);
		const bytes = utf8.encode(value).length;
		if (bytes > SYMBOL_LIMIT) add(path, `the enumeration's value "${value.slice(0, 20)}…" has ${bytes} bytes, and ${SYMBOL_LIMIT} are possible; use text()`);
	}
}

function checkUnknownValues(type: ValueType, nullable: boolean, path: string, add: Add): void {
	if (type.kind === 'enumeration' && type.unknown === 'null' && !nullable) add(path, "values that are not listed become null here, and the field cannot be null; add .nullable(), or choose .unknown('intern')");
}

function checkUniverse(universe: string, path: string, add: Add): void {
	if (universe === '') add(path, "the symbol's universe has no name; give it one, or leave it out");
	if (universe.includes('.')) add(path, `the universe "${universe}" has a point in its name, which dictionaries of enumerations have (table.column); call it otherwise`);
}

function checkLiteral({ value }: LiteralType, path: string, add: Add): void {
	if (typeof value === 'string') checkText(value, 'literal', path, add);
	if (typeof value !== 'number') return;
	if (!Number.isFinite(value)) add(path, `the literal ${value} cannot be written in JSON; use a number, a string, true, false or null`);
	else if (Number.isInteger(value) && !Number.isSafeInteger(value)) add(path, `the literal ${value} is too large to be one number only (beyond 2^53); use integer() and compare in your code`);
}

function checkText(value: string, what: string, path: string, add: Add): void {
	if (!value.isWellFormed()) add(path, `the ${what} "${value.toWellFormed()}" has half of a surrogate pair, which no UTF-8 text has; correct it`);
}

function hasColumns(type: MessageType | TupleType): boolean {
	return (type.kind === 'message' && keptKeys(type) !== null) || type.fields.some((field) => holdsValue(field.type));
}

function holdsValue(type: ValueType): boolean {
	return type.kind === 'template' ? type.capture !== null : type.kind !== 'literal' && type.kind !== 'absent' && type.kind !== 'skip';
}

function repeated(names: readonly string[]): string[] {
	return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

// The order of variants

function checkOrder(variants: readonly Variant[], add: Add): void {
	const constraints = variants.map(discriminantsOf);
	variants.forEach((later, index) => {
		const earlier = variants.findIndex((_, other) => other < index && impliesAll(constraints[index] ?? [], constraints[other] ?? []));
		if (earlier < 0) return;
		const first = variants[earlier]?.name;
		add(later.name, `it is never chosen: every message that fits it fits "${first}", which comes before it; put "${later.name}" first if it is the more special one, or give either a literal(), template(), absent() or .distinguishing() field that tells them apart`);
	});
}

/** Whether every message that satisfies `these` satisfies `those`, as far as single places show it. */
function impliesAll(these: readonly Discriminant[], those: readonly Discriminant[]): boolean {
	return those.every((wanted) => these.some((given) => implies(given, wanted)));
}

function implies(given: Discriminant, wanted: Discriminant): boolean {
	if (!samePath(given.path, wanted.path)) return impliesContainer(given, wanted);
	if (wanted.test.kind === 'absent') return given.test.kind === 'absent';
	if (given.test.kind === 'absent') return wanted.orAbsent;
	if (given.orAbsent && !wanted.orAbsent) return false;
	const nullFits = wanted.orNull || wanted.test.kind === 'present' || wanted.test.kind === 'scalar' || (wanted.test.kind === 'equals' && wanted.test.value === null);
	return (nullFits || !given.orNull) && within(given.test, wanted.test);
}

/** A value that must stand further down needs the containers on its way. */
function impliesContainer({ path, test, orAbsent }: Discriminant, wanted: Discriminant): boolean {
	const next = path[wanted.path.length];
	if (next === undefined || orAbsent || test.kind === 'absent' || !samePath(path.slice(0, wanted.path.length), wanted.path)) return false;
	if (wanted.test.kind === 'present') return true;
	if ('keys' in next) return wanted.test.kind === 'object';
	return wanted.test.kind === 'array' && wanted.test.least <= next.index + 1 && wanted.test.most === Number.POSITIVE_INFINITY;
}

/** Whether a value that satisfies one test satisfies the other. */
function within(given: Discriminant['test'], wanted: Discriminant['test']): boolean {
	if (wanted.kind === 'present') return true;
	switch (given.kind) {
		case 'equals':
			if (wanted.kind === 'template') return typeof given.value === 'string' && matchesTemplate(given.value, wanted.prefix, wanted.suffix);
			return wanted.kind === 'scalar' || (wanted.kind === 'equals' && wanted.value === given.value);
		case 'template':
			return wanted.kind === 'scalar' || (wanted.kind === 'template' && given.prefix.startsWith(wanted.prefix) && given.suffix.endsWith(wanted.suffix));
		case 'array':
			return wanted.kind === 'array' && wanted.least <= given.least && given.most <= wanted.most;
		case 'object':
		case 'scalar':
			return wanted.kind === given.kind;
		default:
			return false;
	}
}
