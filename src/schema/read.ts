/** Reads a schema that was written as JSON. */
import { SchemaError, type SchemaMistake } from './mistakes.ts';
import type { Schema } from './model.ts';
import { validateSchema } from './validate.ts';

type Check = (value: unknown, path: string, add: (path: string, message: string) => void) => void;

const is = (expected: string, test: (value: unknown) => boolean): Check => {
	return (value, path, add) => {
		if (!test(value)) add(path, `is ${describe(value)}, and must be ${expected}`);
	};
};
const string = is('a string', (value) => typeof value === 'string');
const number = is('a number', (value) => typeof value === 'number');
const boolean = is('true or false', (value) => typeof value === 'boolean');
const one = (...choices: readonly unknown[]): Check => is(`one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`, (value) => choices.includes(value));
const many = (item: Check): Check => {
	return (value, path, add) => {
		if (!Array.isArray(value)) add(path, `is ${describe(value)}, and must be an array`);
		else for (const [index, element] of value.entries()) item(element, `${path}[${index}]`, add);
	};
};
const record = (members: Readonly<Record<string, Check>>): Check => {
	return (value, path, add) => {
		if (!isRecord(value)) {
			add(path, `is ${describe(value)}, and must be an object`);
			return;
		}
		for (const [name, check] of Object.entries(members)) {
			if (Object.hasOwn(value, name)) check(value[name], `${path}.${name}`, add);
			else add(path, `lacks "${name}"`);
		}
		for (const name of Object.keys(value)) if (!Object.hasOwn(members, name)) add(path, `has "${name}", which means nothing here; take it away`);
	};
};
/** An object whose `kind` tells the rest. */
const tagged = (kinds: () => Readonly<Record<string, Readonly<Record<string, Check>>>>): Check => {
	return (value, path, add) => {
		const members = isRecord(value) && typeof value.kind === 'string' && Object.hasOwn(kinds(), value.kind) ? kinds()[value.kind] : undefined;
		if (members === undefined) add(path, `is ${isRecord(value) ? `of the kind ${describe(value.kind)}` : describe(value)}, and must be an object with one of the kinds ${Object.keys(kinds()).join(', ')}`);
		else record({ kind: string, ...members })(value, path, add);
	};
};

const type: Check = tagged(() => TYPES);
const field: Check = record({ name: string, keys: many(string), type, optional: boolean, nullable: boolean, distinguishing: boolean });
const capture: Check = (value, path, add) => {
	if (value !== null) tagged(() => ({ symbol: { universe: string }, text: {} }))(value, path, add);
};
const MESSAGES = { message: { fields: many(field), unknownKeys: one('skip', 'keep', 'keep-bytes', 'reject') }, tuple: { fields: many(field), surplus: one('reject', 'skip') } };
const TYPES: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
	integer: { bits: one(32, 64), signed: boolean },
	decimal: { scale: number, excess: one('reject', 'truncate', 'half-even'), keepTextScale: boolean },
	float: {},
	timestamp: { format: one('s', 'ms', 'us', 'ns', 'rfc3339') },
	flag: {},
	enumeration: { values: many(string), unknown: one('intern', 'null', 'reject') },
	symbol: { universe: string },
	text: {},
	bytes: {},
	literal: { value: is('a string, number, true, false or null', (value) => value === null || ['string', 'number', 'boolean'].includes(typeof value)) },
	template: { prefix: string, suffix: string, capture },
	absent: {},
	skip: {},
	list: { item: type, itemNullable: boolean },
	...MESSAGES,
};
const schemaShape: Check = record({ name: string, version: number, variants: many(record({ name: string, role: one('table', 'control'), type: tagged(() => MESSAGES) })) });

/** A schema from JSON text, or from what was parsed from it. Throws a {@link SchemaError} that lists all mistakes. */
export function readSchema(source: unknown): Schema {
	const value: unknown = typeof source === 'string' ? JSON.parse(source) : source;
	const mistakes: SchemaMistake[] = [];
	schemaShape(value, 'schema', (path, message) => {
		mistakes.push({ path, message });
	});
	if (mistakes.length > 0) throw new SchemaError(isRecord(value) && typeof value.name === 'string' ? value.name : '(unnamed)', mistakes);
	validateSchema(value as Schema);
	return value as Schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
	if (Array.isArray(value)) return 'an array';
	if (value === undefined) return 'missing';
	return isRecord(value) ? 'an object' : JSON.stringify(value);
}
