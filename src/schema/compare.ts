/**
 * What changed between two versions of a schema, and whether readers of the old tables can read the new ones.
 */
import type { EnumerationType, Field, MessageType, Schema, TupleType, ValueType, Variant } from './model.ts';
import { keptKeys } from './visit.ts';

/**
 * `breaking`: readers of the old tables may fail or misread the new ones. `tables`: the tables change, and those who read
 * the old columns by name do not notice. `wire`: the tables are the same; other messages are accepted, or chosen otherwise.
 */
export type ChangeKind = 'breaking' | 'tables' | 'wire';

export interface SchemaChange {
	/** Where: `aggTrade.price`. */
	readonly path: string;
	readonly kind: ChangeKind;
	/** Whether code and files made for the old tables work with the new ones: all but `breaking`. */
	readonly compatible: boolean;
	readonly message: string;
}

/**
 * Every difference from `before` to `after`, in the order of the variants. An incompatible change without a higher
 * version is one more incompatible change.
 */
export function compareSchemas(before: Schema, after: Schema): SchemaChange[] {
	const changes: SchemaChange[] = [];
	const add: Add = (path, kind, message) => {
		changes.push({ path, kind, compatible: kind !== 'breaking', message });
	};
	pair(before.variants, after.variants, '', 'message', add, (old, now) => compareVariants(old, now, add));
	const common = (variants: readonly Variant[], others: readonly Variant[]): string =>
		variants
			.map((variant) => variant.name)
			.filter((name) => others.some((other) => other.name === name))
			.join();
	if (common(before.variants, after.variants) !== common(after.variants, before.variants)) add('variants', 'wire', 'the messages stand in another order; one that fits several may be chosen otherwise');
	if (changes.some((change) => !change.compatible) && after.version <= before.version) {
		add('version', 'breaking', `the tables changed and the version did not go up from ${before.version}; make it ${before.version + 1}`);
	}
	return changes;
}

type Add = (path: string, kind: ChangeKind, message: string) => void;

/** Matches by name, and tells what came and went. */
function pair<T extends { readonly name: string }>(before: readonly T[], after: readonly T[], prefix: string, what: string, add: Add, each: (old: T, now: T) => void): void {
	for (const old of before) {
		const now = after.find((candidate) => candidate.name === old.name);
		if (now !== undefined) each(old, now);
		else if (hasTable(old)) add(prefix + old.name, 'breaking', `the ${what} is gone; readers that ask for it fail`);
		else add(prefix + old.name, 'wire', `the ${what}, which had no column, is gone`);
	}
	for (const now of after) {
		if (before.some((old) => old.name === now.name)) continue;
		if (hasTable(now)) add(prefix + now.name, 'tables', `the ${what} is new; old data has none`);
		else add(prefix + now.name, 'wire', `the ${what} is new, and has no column`);
	}
}

function hasTable(item: { readonly name: string } & (Partial<Variant> | Partial<Field>)): boolean {
	if ('role' in item) return item.role === 'table';
	return item.type !== undefined && columnOf(item.type) !== null;
}

function compareVariants(before: Variant, after: Variant, add: Add): void {
	const { name } = before;
	if (before.role !== after.role) {
		if (before.role === 'table') add(name, 'breaking', 'the table is gone: the message is now control');
		else add(name, 'tables', 'the table is new: the message was control');
	}
	// Columns of control messages are in no table.
	const own: Add = before.role === 'table' && after.role === 'table' ? add : (path, _kind, message) => add(path, 'wire', message);
	compareTypes(before.type, after.type, name, own);
}

function compareTypes(before: ValueType, after: ValueType, path: string, add: Add): void {
	if ((before.kind === 'message' || before.kind === 'tuple') && (after.kind === 'message' || after.kind === 'tuple')) {
		compareStructs(before, after, path, add);
		return;
	}
	if (before.kind === 'list' && after.kind === 'list') {
		compareNull(before.itemNullable, after.itemNullable, `${path}[]`, add);
		compareTypes(before.item, after.item, `${path}[]`, add);
		return;
	}
	const [old, now] = [columnOf(before), columnOf(after)];
	if (old !== now) {
		if (old === null) add(path, 'tables', `the column is new (${now})`);
		else add(path, 'breaking', now === null ? `the column (${old}) is gone` : `the column was ${old} and is ${now}; values read with the old type are wrong`);
		return;
	}
	if (before.kind === 'enumeration' && after.kind === 'enumeration') compareEnumerations(before, after, path, add);
	if (before.kind === 'decimal' && after.kind === 'decimal' && before.excess !== after.excess) add(path, 'wire', `digits beyond the scale: was ${before.excess}, is ${after.excess}`);
	if (before.kind === 'decimal' && after.kind === 'decimal' && before.keepTextScale !== after.keepTextScale) {
		if (after.keepTextScale) add(path, 'tables', 'the digits of the text are kept in a column that is new');
		else add(path, 'breaking', 'the digits of the text are no longer kept');
	}
	if (wireOf(before) !== wireOf(after)) add(path, 'wire', `on the wire it was ${wireOf(before)} and is ${wireOf(after)}`);
}

function compareStructs(before: MessageType | TupleType, after: MessageType | TupleType, path: string, add: Add): void {
	if (before.kind !== after.kind) add(path, 'wire', `was an ${before.kind === 'message' ? 'object' : 'array'} and is an ${after.kind === 'message' ? 'object' : 'array'}`);
	const kept = (type: MessageType | TupleType): string | null => (type.kind === 'message' ? (keptKeys(type)?.kind ?? null) : null);
	const [was, is] = [kept(before), kept(after)];
	if (was !== is) add(`${path}.unknownKeys`, was === null ? 'tables' : 'breaking', `the column of unknown keys ${was === null ? 'is new' : is === null ? 'is gone' : `was ${was} and is ${is}`}`);
	const rule = (type: MessageType | TupleType): string => (type.kind === 'message' ? `unknown keys: ${type.unknownKeys}` : `surplus elements: ${type.surplus}`);
	if (before.kind === after.kind && rule(before) !== rule(after)) add(path, 'wire', `was "${rule(before)}" and is "${rule(after)}"`);
	pair(before.fields, after.fields, `${path}.`, 'field', add, (old, now) => compareFields(old, now, `${path}.${old.name}`, add));
	const columns = (type: MessageType | TupleType, other: MessageType | TupleType): string =>
		type.fields
			.filter((field) => columnOf(field.type) !== null && other.fields.some(({ name, type: column }) => name === field.name && columnOf(column) !== null))
			.map((field) => field.name)
			.join();
	if (columns(before, after) !== columns(after, before)) add(path, before.kind === 'tuple' && after.kind === 'tuple' ? 'wire' : 'tables', 'the columns stand in another order; read them by name');
}

function compareFields(before: Field, after: Field, path: string, add: Add): void {
	const lost = before.keys.filter((key) => !after.keys.includes(key));
	const won = after.keys.filter((key) => !before.keys.includes(key));
	if (lost.length > 0) add(path, 'wire', `no longer reads the key ${lost.map((key) => `"${key}"`).join(', ')}`);
	if (won.length > 0) add(path, 'wire', `reads the key ${won.map((key) => `"${key}"`).join(', ')}, too`);
	if (before.distinguishing !== after.distinguishing) add(path, 'wire', after.distinguishing ? 'now tells its message from others' : 'no longer tells its message from others');
	const [old, now] = [before, after].map((field) => field.optional || field.nullable) as [boolean, boolean];
	if (columnOf(before.type) !== null && columnOf(after.type) !== null) compareNull(old, now, path, add);
	if (before.optional !== after.optional) add(path, 'wire', after.optional ? 'may be missing' : 'must be there');
	if (before.nullable !== after.nullable) add(path, 'wire', after.nullable ? 'may be null on the wire' : 'must not be null on the wire');
	compareTypes(before.type, after.type, path, add);
}

function compareNull(before: boolean, after: boolean, path: string, add: Add): void {
	if (!before && after) add(path, 'breaking', 'the column may now be null; readers that do not look take null for 0');
	if (before && !after) add(path, 'tables', 'the column is never null now');
}

function compareEnumerations(before: EnumerationType, after: EnumerationType, path: string, add: Add): void {
	const moved = before.values.findIndex((value, id) => after.values[id] !== value);
	if (moved >= 0) {
		add(path, 'breaking', `the id ${moved} was "${before.values[moved]}" and is ${after.values[moved] === undefined ? 'free' : `"${after.values[moved]}"`}; add new values at the end`);
	} else if (after.values.length > before.values.length) {
		add(
			path,
			'tables',
			`lists new values: ${after.values
				.slice(before.values.length)
				.map((value) => `"${value}"`)
				.join(', ')}`,
		);
	}
	if (before.unknown !== after.unknown) add(path, 'wire', `values that are not listed: was ${before.unknown}, is ${after.unknown}`);
}

/** What a value's column holds, in words; null where there is none. */
function columnOf(type: ValueType): string | null {
	switch (type.kind) {
		case 'literal':
		case 'absent':
		case 'skip':
			return null;
		case 'integer':
			return `${type.signed ? 'a signed' : 'an unsigned'} ${type.bits}-bit integer`;
		case 'decimal':
			return `a decimal of scale ${type.scale}`;
		case 'symbol':
			return `a symbol of "${type.universe}"`;
		case 'template':
			return type.capture === null ? null : columnOf(type.capture);
		case 'enumeration':
			return 'an enumeration';
		case 'bytes':
			return 'bytes';
		case 'message':
		case 'tuple':
			return 'a struct';
		default:
			return `a ${type.kind}`;
	}
}

/** How a value is written, in words. */
function wireOf(type: ValueType): string {
	switch (type.kind) {
		case 'literal':
			return `the constant ${JSON.stringify(type.value)}`;
		case 'template':
			return `a string "${type.prefix}…${type.suffix}"`;
		case 'timestamp':
			return `a time in ${type.format}`;
		case 'absent':
			return 'no key';
		case 'skip':
			return 'any value';
		case 'symbol':
		case 'text':
			return 'a string';
		default:
			return type.kind;
	}
}
