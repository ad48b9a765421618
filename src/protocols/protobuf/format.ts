/** From message types to tables: what each field's column is, and what is wrong with what was asked for. */
import { type ExcessDigits, type Field, type FieldSpec, type MessageType, type Schema, SchemaError, type SchemaMistake, schemaMistakes, type ValueType, type Variant } from '../../schema/index.ts';
import { scaled, UNIT_NANOSECONDS } from '../binary/values.ts';
import { limitsOf, TIMESTAMP_SCALES } from '../rows/reference/fixed-point.ts';
import { floatToFixedPoint } from '../rows/reference/floats.ts';
import { I64_LEAST, I64_MOST } from '../rows/reference/timestamps.ts';
import { isPackable, type ProtoField, type ProtoTypes, SCALARS, wireTypeOf } from './types.ts';
import { hasColumn, isItemNullable, isNullable, type Meaning, type MessageNode, type ProtobufFormat, type SkipNode, UNKNOWN_FIELDS, type WireNode, type WireVariant } from './wire.ts';

/** A column for a field: a type of the schema's DSL. Integers that stand for decimals have a power of ten: value × 10^exponent. */
export type ProtobufColumn = FieldSpec | { readonly column: FieldSpec; readonly exponent: number };

export interface ProtobufOptions {
	/** Of the schema. Default: the root message's name. */
	readonly name?: string;
	/** Of the tables. Default 1. */
	readonly version?: number;
	/**
	 * What fields become, where that is not what their type says: by their path from the root message (`order.price`), or
	 * by the message that they are in (`my.feed.Order.price`), which holds wherever that message stands. Names are the file's.
	 */
	readonly columns?: Readonly<Record<string, ProtobufColumn>>;
	/** A oneof of messages, by its path from the root message: each member's messages have a table of their own. */
	readonly tables?: string;
	/** Members of that oneof whose messages are checked and counted, and have no table. */
	readonly control?: readonly string[];
	/** The universe of a string field's symbols; null for text. Default: `symbol` for names such as symbol, ticker or asset. */
	readonly symbols?: (name: string) => string | null;
	/** Unknown fields of the root message: dropped (the default), or kept as they are in a column `unknownFields`. */
	readonly unknown?: 'skip' | 'keep';
	/** Columns are called as JSON has them (`orderId`, the default), or as the file does (`order_id`). */
	readonly names?: 'camel' | 'proto';
}

const TIMESTAMP = 'google.protobuf.Timestamp';
const NAMES = /symbol|asset|currency|instrument|ticker/i;
/** More columns than this are no table; a message that refers to many others many times gets there. */
const MOST_NODES = 4096;

interface Building {
	readonly types: ProtoTypes;
	readonly options: ProtobufOptions;
	readonly add: (path: string, message: string) => void;
	/** Keys of `options.columns` that a field has. */
	readonly used: Set<string>;
	nodes: number;
}

/** Where a variant's oneof is, seen from a message on the way to it. */
interface Choice {
	readonly path: readonly string[];
	readonly oneof: string;
	readonly member: string;
}

/** @throws SchemaError with every mistake of what was asked for; those of the schema are {@link checkedSchema}'s */
export function formatOf(types: ProtoTypes, message: string, options: ProtobufOptions): ProtobufFormat {
	const mistakes: SchemaMistake[] = [];
	const add = (path: string, words: string): void => {
		if (!mistakes.some((known) => known.path === path && known.message === words)) mistakes.push({ path, message: words });
	};
	const root = message.replace(/^\./, '');
	const name = options.name ?? (root.split('.').at(-1) as string);
	if (types.messages[root] === undefined) {
		const near = Object.keys(types.messages).filter((known) => known.endsWith(`.${root}`));
		throw new SchemaError(name, [{ path: root, message: `there is no message "${root}"; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${Object.keys(types.messages).join(', ') || 'none'}`}` }]);
	}
	const building: Building = { types, options, add, used: new Set(), nodes: 0 };
	const choices = options.tables === undefined ? null : choicesOf(building, root, options.tables);
	const variants = choices === null ? [variantOf(building, root, variantName(root, options), null)] : choices.members.map((field) => variantOf(building, root, columnName(field.name, options), { path: choices.path, oneof: choices.oneof, field }));
	for (const control of options.control ?? []) {
		if (choices === null) add('control', `there is no oneof that tells tables apart, of which "${control}" could be a member; name it with tables`);
		else if (!choices.members.some((field) => isNamed(field.name, control))) add('control', `the oneof "${options.tables}" has no member "${control}"; it has ${choices.members.map((field) => field.name).join(', ')}`);
	}
	for (const key of Object.keys(options.columns ?? {})) if (!building.used.has(key)) add(key, `no field has this path; write it from the root message (order.price), or with the full name of its message (${root}.field)`);
	if (mistakes.length > 0) throw new SchemaError(name, mistakes);
	return { name, version: options.version ?? 1, message: root, oneofPath: choices === null ? null : choices.numbers, unknown: options.unknown ?? 'skip', variants };
}

const variantName = (root: string, options: ProtobufOptions): string =>
	columnName(
		(root.split('.').at(-1) as string).replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (capitals) => capitals.toLowerCase()),
		options,
	);

/** As JSON has it: each letter behind an underscore is a capital, without the underscore. Extensions lose their package. */
function columnName(name: string, { names = 'camel' }: ProtobufOptions): string {
	const short = name.split('.').at(-1) as string;
	return names === 'proto' ? short : short.replaceAll(/_+([^_])?/g, (_, next: string | undefined) => (next ?? '').toUpperCase());
}

const isNamed = (name: string, given: string): boolean => given === name || given === columnName(name, {});

function choicesOf({ types, add }: Building, root: string, given: string): { readonly path: readonly string[]; readonly numbers: readonly number[]; readonly oneof: string; readonly members: readonly ProtoField[] } | null {
	const steps = given.split('.');
	const oneof = steps.pop() as string;
	let type = root;
	const path: string[] = [];
	const numbers: number[] = [];
	for (const step of steps) {
		const field = types.messages[type]?.fields.find((candidate) => isNamed(candidate.name, step));
		if (field?.type !== 'message' || field.rule !== 'singular' || field.delimited || field.oneof !== null) {
			add('tables', `"${step}" of "${given}" is ${field === undefined ? 'no field' : 'no message that stands once, for itself,'} in ${type}; the way to the oneof is a path of such messages`);
			return null;
		}
		path.push(field.name);
		numbers.push(field.number);
		type = field.typeName as string;
	}
	const members = types.messages[type]?.fields.filter((field) => field.oneof === oneof) ?? [];
	if (members.length === 0) {
		const known = new Set(types.messages[type]?.fields.flatMap((field) => (field.oneof === null ? [] : [field.oneof])));
		add('tables', `${type} has no oneof "${oneof}"; it has ${[...known].join(', ') || 'none'}`);
		return null;
	}
	for (const { name, type: kind, delimited } of members) if (kind !== 'message' || delimited) add('tables', `the member "${name}" of the oneof "${given}" is no message after its length; only such have tables`);
	return { path, numbers, oneof, members };
}

function variantOf(building: Building, root: string, name: string, chosen: { readonly path: readonly string[]; readonly oneof: string; readonly field: ProtoField } | null): WireVariant {
	const choice: Choice | null = chosen === null ? null : { path: chosen.path, oneof: chosen.oneof, member: chosen.field.name };
	const nodes = nodesOf(building, root, '', [], choice);
	const isControl = chosen !== null && (building.options.control?.some((given) => isNamed(chosen.field.name, given)) ?? false);
	return { name, role: isControl || (!nodes.some(hasColumn) && building.options.unknown !== 'keep') ? 'control' : 'table', member: chosen?.field.number ?? null, nodes };
}

/** @param path of the message, with a point behind it; @param within the messages that it stands in */
function nodesOf(building: Building, typeName: string, path: string, within: readonly string[], choice: Choice | null): WireNode[] {
	const { options } = building;
	return (building.types.messages[typeName]?.fields ?? []).map((field): WireNode => {
		const node = nodeOf(building, field, typeName, path, [...within, typeName], choice);
		if (choice?.path[0] === field.name && node.kind !== 'message') building.add('tables', `nothing in "${path}${field.name}" has a column, where the oneof is that tells tables apart; do not leave it out`);
		const taken = path === '' && (node.name === 'received' || (node.name === UNKNOWN_FIELDS && options.unknown === 'keep'));
		return taken ? { ...node, name: `${node.name}_` } : node;
	});
}

function nodeOf(building: Building, field: ProtoField, typeName: string, path: string, within: readonly string[], choice: Choice | null): WireNode {
	const { types, options, add, used } = building;
	const here = path + field.name;
	building.nodes++;
	if (building.nodes === MOST_NODES) add(here, `the tables have more than ${MOST_NODES} fields; leave some out with columns: { '${here}': skip() }`);
	const common = { name: columnName(field.name, options), protoName: field.name, number: field.number, repeated: field.rule !== 'singular', presence: field.presence, oneof: field.oneof };
	const skipped: SkipNode = { ...common, presence: 'explicit', kind: 'skip', wireType: wireTypeOf(field), packable: isPackable(field) };
	const given = [here, `${typeName}.${field.name}`].find((key) => options.columns?.[key] !== undefined);
	// Both may be there: the path is the more special one.
	for (const key of [here, `${typeName}.${field.name}`]) if (options.columns?.[key] !== undefined) used.add(key);
	const wanted = given === undefined ? null : wantedColumn(options.columns?.[given] as ProtobufColumn, given, add);
	if (wanted?.type.kind === 'skip' || building.nodes > MOST_NODES) return skipped;

	const isMember = choice !== null && choice.path.length === 0 && field.oneof === choice.oneof;
	if (isMember && field.name !== choice.member) return skipped;
	const isOnTheWay = choice !== null && choice.path[0] === field.name;
	const presence = isMember || isOnTheWay ? 'required' : field.presence;

	if (field.rule === 'map') {
		const entry = [
			{ ...field, name: 'key', number: 1, type: field.key ?? 'string', typeName: null },
			{ ...field, name: 'value', number: 2 },
		].map((one): ProtoField => ({ ...one, rule: 'singular', key: null, presence: 'implicit', packed: false, delimited: false, oneof: null, defaultValue: null }));
		const nodes = entry.map((one) => nodeOf(building, one, `${typeName}.${field.name}`, `${here}.`, within, null));
		if (wanted !== null) add(given as string, 'it is a map; choose columns for its key and value, or skip()');
		return orSkipped({ ...common, kind: 'message', typeName: `${typeName}.${field.name}`, delimited: false, isMapEntry: true, nodes }, skipped);
	}
	if (field.type === 'message') {
		const inner = field.typeName as string;
		if (wanted !== null && !(inner === TIMESTAMP && wanted.type.kind === 'timestamp')) add(given as string, `it is a ${inner}; choose columns for its fields, or skip()`);
		if (inner === TIMESTAMP) return { ...common, presence, kind: 'instant', delimited: field.delimited };
		// A table has no end of columns within each other.
		if (within.includes(inner)) return skipped;
		if (types.messages[inner] === undefined) add(here, `there is no message "${inner}"`);
		const nodes = nodesOf(building, inner, `${here}.`, within, isOnTheWay ? { ...choice, path: choice.path.slice(1) } : null);
		return orSkipped({ ...common, presence, kind: 'message', typeName: inner, delimited: field.delimited, isMapEntry: false, nodes }, skipped);
	}
	const meaning = meaningOf(building, field, wanted, given ?? here);
	const hasDefault = field.defaultValue !== null && field.presence === 'explicit' && field.oneof === null;
	if (hasDefault && meaning.absent === null && meaning.type.kind !== 'enumeration') add(given ?? here, `its default ${field.defaultValue} does not fit the column; give it more digits or another type`);
	return { ...common, presence, kind: 'scalar', scalar: field.type, packed: field.packed, meaning };
}

const orSkipped = (node: MessageNode, skipped: SkipNode): WireNode => (hasColumn(node) ? node : skipped);

interface Wanted {
	readonly type: ValueType;
	readonly exponent: number;
}

function wantedColumn(given: ProtobufColumn, path: string, add: Building['add']): Wanted {
	const { draft } = 'column' in given ? given.column : given;
	if (draft.keys.length > 0 || draft.optional || draft.nullable || draft.distinguishing) add(path, 'the message type says what it is called and when it is there; take .key(), .optional(), .nullable() and .distinguishing() away');
	const exponent = 'column' in given ? given.exponent : 0;
	const isPossible = Number.isInteger(exponent) && exponent >= -100 && exponent <= 100;
	if (!isPossible) add(path, `the exponent ${exponent} is not one of -100 to 100`);
	if ('column' in given && draft.type.kind !== 'decimal') add(path, `a ${draft.type.kind} has no exponent; use decimal(scale)`);
	return { type: draft.type, exponent: isPossible ? exponent : 0 };
}

/** Columns that a value may have, besides skip(). */
const POSSIBLE: Readonly<Record<(typeof SCALARS)[keyof typeof SCALARS]['value'] | 'enum', readonly ValueType['kind'][]>> = {
	integer: ['integer', 'decimal', 'timestamp'],
	enum: ['integer'],
	float: ['float', 'decimal', 'timestamp'],
	bool: ['flag'],
	string: ['text', 'symbol', 'enumeration', 'integer', 'decimal', 'float', 'timestamp'],
	bytes: ['bytes', 'text', 'symbol'],
};

function meaningOf(building: Building, field: ProtoField, wanted: Wanted | null, path: string): Meaning {
	const scalar = field.type as keyof typeof SCALARS;
	const { value } = SCALARS[scalar];
	const kinds = POSSIBLE[scalar === 'enum' ? 'enum' : value];
	const fits = wanted === null || (kinds.includes(wanted.type.kind) && !(wanted.type.kind === 'timestamp' && wanted.type.format === 'rfc3339' && value !== 'string'));
	if (!fits) building.add(path, `a ${scalar} cannot be a ${wanted.type.kind}${wanted.type.kind === 'timestamp' ? `('${wanted.type.format}')` : ''}; it can be ${kinds.join(', ')} or skip()`);
	if (wanted !== null && wanted.exponent !== 0 && value !== 'integer') building.add(path, `a ${scalar} says its digits itself; the exponent is for integers`);
	const chosen = fits ? wanted : null;
	const base = { exponent: chosen?.exponent ?? 0, codes: [], known: null, emptyIsNull: false, absent: null } satisfies Omit<Meaning, 'type'>;
	switch (value) {
		case 'bool':
			return withAbsence({ ...base, type: { kind: 'flag' } }, field);
		case 'bytes':
			return withAbsence({ ...base, type: (chosen?.type ?? { kind: 'bytes' }) as Meaning['type'], emptyIsNull: chosen?.type.kind === 'symbol' }, field);
		case 'string': {
			const universe = building.options.symbols === undefined ? (NAMES.test(field.name) ? 'symbol' : null) : building.options.symbols(field.name);
			const type = (chosen?.type ?? (universe === null ? { kind: 'text' } : { kind: 'symbol', universe })) as Meaning['type'];
			return withAbsence({ ...base, type, emptyIsNull: type.kind !== 'text' }, field);
		}
		case 'float':
			return withAbsence({ ...base, type: (chosen?.type ?? { kind: 'float' }) as Meaning['type'] }, field);
		case 'integer': {
			const { bits, signed } = SCALARS[scalar];
			if (scalar !== 'enum') return withAbsence({ ...base, type: (chosen?.type ?? { kind: 'integer', bits, signed }) as Meaning['type'] }, field);
			const described = building.types.enums[field.typeName as string] ?? { values: [], closed: false };
			// Of names for one number the first stands for it.
			const values = described.values.filter(({ number }, index) => described.values.findIndex((one) => one.number === number) === index);
			if (values.length === 0) building.add(path, `there is no enum "${field.typeName}" with values`);
			const numbers = values.map(({ number }) => number);
			const first = described.closed ? numbers[0] : 0;
			const enumBase = { ...base, known: described.closed ? numbers : null };
			if (chosen !== null) return withAbsence({ ...enumBase, type: chosen.type as Meaning['type'] }, field, first);
			return withAbsence({ ...enumBase, type: { kind: 'enumeration', values: values.map((one) => one.name), unknown: described.closed ? 'reject' : 'intern' }, codes: numbers }, field, first);
		}
	}
}

/** What absence leaves in the column. @param zero of enums, the value that is the default without an explicit one */
function withAbsence(meaning: Meaning, { presence, oneof, defaultValue, type: scalar, rule }: ProtoField, zero = 0): Meaning {
	const { type, emptyIsNull, exponent } = meaning;
	if (rule !== 'singular' || presence === 'required' || oneof !== null || emptyIsNull) return meaning;
	if (type.kind === 'text' || type.kind === 'bytes') return { ...meaning, absent: presence === 'implicit' ? '' : null };
	if (presence === 'explicit' && defaultValue === null) return meaning;
	const given = defaultValue ?? String(scalar === 'bool' ? false : zero);
	const integer = (): bigint | string => (SCALARS[scalar as 'int32'].value === 'integer' ? BigInt(given) : given);
	switch (type.kind) {
		case 'flag':
			return { ...meaning, absent: given };
		case 'float':
			return { ...meaning, absent: String(Number(given)) };
		case 'enumeration':
			return { ...meaning, absent: absentId(meaning, Number(given)) };
		case 'integer': {
			const [least, most] = limitsOf(type);
			return { ...meaning, absent: BigInt(given) >= least && BigInt(given) <= most ? given : null };
		}
		case 'decimal': {
			const value = integer();
			const stored = typeof value === 'bigint' ? scaled(value, BigInt(exponent + type.scale), type.excess) : decimalOf(Number(value), type.scale, type.excess);
			return { ...meaning, absent: typeof stored === 'bigint' ? stored.toString() : null };
		}
		case 'timestamp': {
			const value = integer();
			const format = type.format as keyof typeof UNIT_NANOSECONDS;
			const stored = typeof value === 'bigint' ? value * UNIT_NANOSECONDS[format] : decimalOf(Number(value), TIMESTAMP_SCALES[format], 'truncate');
			return { ...meaning, absent: typeof stored === 'bigint' && BigInt.asIntN(64, stored) === stored ? stored.toString() : null };
		}
		default:
			return meaning;
	}
}

/** A double's decimal at a scale, or why there is none. */
const decimalOf = (value: number, scale: number, excess: ExcessDigits): bigint | string => (Number.isFinite(value) ? floatToFixedPoint(value, false, scale, excess, I64_LEAST, I64_MOST) : 'number');

function absentId({ codes }: Meaning, number: number): string | null {
	const id = codes.indexOf(number);
	return id < 0 ? null : String(id);
}

// The schema

/** Throws a {@link SchemaError} with every mistake of a format's schema, or gives it. */
export function checkedSchema(format: ProtobufFormat): Schema {
	const schema: Schema = {
		name: format.name,
		version: format.version,
		variants: format.variants.map(({ name, role, member, nodes }): Variant => {
			const type = messageOf(nodes, member === null ? null : { path: format.oneofPath ?? [], member });
			const unknown: Field = { name: UNKNOWN_FIELDS, keys: [UNKNOWN_FIELDS], type: { kind: 'bytes' }, optional: true, nullable: false, distinguishing: false };
			return { name, role, type: format.unknown === 'keep' ? { ...type, fields: [...type.fields, unknown] } : type };
		}),
	};
	const mistakes = schemaMistakes(schema);
	if (mistakes.length > 0) throw new SchemaError(format.name, mistakes);
	return schema;
}

/** @param choice where the member is that tells the variant apart: numbers of the messages on the way, and its own */
function messageOf(nodes: readonly WireNode[], choice: { readonly path: readonly number[]; readonly member: number } | null): MessageType {
	const fields = nodes.flatMap((node): Field[] => {
		const isMember = choice !== null && choice.path.length === 0 && node.number === choice.member;
		if (!hasColumn(node)) return isMember ? [{ name: node.name, keys: [node.name], type: { kind: 'skip' }, optional: false, nullable: false, distinguishing: true }] : [];
		const inner = choice !== null && choice.path[0] === node.number ? { ...choice, path: choice.path.slice(1) } : null;
		const value: ValueType = node.kind === 'message' ? messageOf(node.nodes, inner) : node.kind === 'scalar' ? node.meaning.type : { kind: 'timestamp', format: 'ns' };
		const type: ValueType = node.repeated ? { kind: 'list', item: value, itemNullable: isItemNullable(node) } : value;
		const emptyIsNull = node.kind === 'scalar' && node.meaning.emptyIsNull;
		return [{ name: node.name, keys: [node.name], type, optional: isNullable(node) && node.presence !== 'required', nullable: emptyIsNull && !node.repeated, distinguishing: isMember }];
	});
	return { kind: 'message', fields, unknownKeys: 'skip' };
}
