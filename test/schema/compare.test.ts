import { describe, expect, test } from 'vitest';
import { compareSchemas, control, decimal, enumeration, type FieldSpec, flag, float, integer, list, literal, message, object, oneOf, skip, symbol, type TypedVariant, text, timestamp, tuple } from '../../src/schema/index.ts';

/** The changes from one schema to the other, one line each. */
function changes(before: TypedVariant[], after: TypedVariant[], version = 2): string[] {
	return compareSchemas(oneOf('feed', { version: 1 }, ...before), oneOf('feed', { version }, ...after)).map(({ path, kind, message: words }) => `${kind} ${path}: ${words}`);
}

function fieldChanges(before: Record<string, FieldSpec>, after: Record<string, FieldSpec>): string[] {
	return changes([message('m', { id: integer(), ...before })], [message('m', { id: integer(), ...after })]);
}

describe('changes of messages', () => {
	const trade = message('trade', { type: literal('trade'), price: decimal(2) });
	const quote = message('quote', { type: literal('quote'), bid: decimal(2) });
	const pong = control('pong', { type: literal('pong') });

	test('none', () => {
		expect(changes([trade, quote], [trade, quote], 1)).toEqual([]);
	});

	test('come and go', () => {
		expect(changes([trade, pong], [trade, quote])).toEqual(['wire pong: the message, which had no column, is gone', 'tables quote: the message is new; old data has none']);
		expect(changes([trade, quote], [trade])).toEqual(['breaking quote: the message is gone; readers that ask for it fail']);
		expect(changes([trade], [trade, pong])).toEqual(['wire pong: the message is new, and has no column']);
	});

	test('other order, other role', () => {
		expect(changes([trade, quote], [quote, trade])).toEqual(['wire variants: the messages stand in another order; one that fits several may be chosen otherwise']);
		const silenced = control('trade', { type: literal('trade'), price: decimal(4) });
		expect(changes([trade], [silenced])).toEqual(['breaking trade: the table is gone: the message is now control', 'wire trade.price: the column was a decimal of scale 2 and is a decimal of scale 4; values read with the old type are wrong']);
		expect(changes([silenced], [trade])[0]).toBe('tables trade: the table is new: the message was control');
	});

	test('without a new version', () => {
		expect(changes([trade, quote], [trade], 1)).toEqual(['breaking quote: the message is gone; readers that ask for it fail', 'breaking version: the tables changed and the version did not go up from 1; make it 2']);
		expect(compareSchemas(oneOf('feed', { version: 1 }, trade), oneOf('feed', { version: 1 }, trade, quote)).every((change) => change.compatible)).toBe(true);
	});
});

describe('changes of fields', () => {
	test.each<[string, Record<string, FieldSpec>, Record<string, FieldSpec>, string[]]>([
		['a new column', {}, { a: text() }, ['tables m.a: the field is new; old data has none']],
		['a column gone', { a: text() }, {}, ['breaking m.a: the field is gone; readers that ask for it fail']],
		['a new check', {}, { a: literal(1) }, ['wire m.a: the field is new, and has no column']],
		['another scale', { a: decimal(2) }, { a: decimal(3) }, ['breaking m.a: the column was a decimal of scale 2 and is a decimal of scale 3; values read with the old type are wrong']],
		['another type', { a: float() }, { a: integer() }, ['breaking m.a: the column was a float and is a signed 64-bit integer; values read with the old type are wrong']],
		['a column for what was skipped', { a: skip() }, { a: flag() }, ['tables m.a: the column is new (a flag)']],
		['skipping a column', { a: flag() }, { a: skip() }, ['breaking m.a: the column (a flag) is gone']],
		['nullable', { a: text() }, { a: text().nullable() }, ['breaking m.a: the column may now be null; readers that do not look take null for 0', 'wire m.a: may be null on the wire']],
		['optional instead of nullable', { a: text().nullable() }, { a: text().optional() }, ['wire m.a: may be missing', 'wire m.a: must not be null on the wire']],
		['never null', { a: text().optional() }, { a: text() }, ['tables m.a: the column is never null now', 'wire m.a: must be there']],
		['keys', { a: text().key('x', 'y') }, { a: text().key('y', 'z') }, ['wire m.a: no longer reads the key "x"', 'wire m.a: reads the key "z", too']],
		['rounding', { a: decimal(2) }, { a: decimal(2).rounding('truncate') }, ['wire m.a: digits beyond the scale: was reject, is truncate']],
		['text scales', { a: decimal(2) }, { a: decimal(2).keepScale() }, ['tables m.a: the digits of the text are kept in a column that is new']],
		['times', { a: timestamp('ms') }, { a: timestamp('rfc3339') }, ['wire m.a: on the wire it was a time in ms and is a time in rfc3339']],
		['constants', { a: literal(1) }, { a: literal('1') }, ['wire m.a: on the wire it was the constant 1 and is the constant "1"']],
		['universes', { a: symbol('x') }, { a: symbol('y') }, ['breaking m.a: the column was a symbol of "x" and is a symbol of "y"; values read with the old type are wrong']],
		['more values', { a: enumeration(['x']) }, { a: enumeration(['x', 'y']) }, ['tables m.a: lists new values: "y"']],
		['moved values', { a: enumeration(['x', 'y']) }, { a: enumeration(['y', 'x']) }, ['breaking m.a: the id 0 was "x" and is "y"; add new values at the end']],
		['fewer values', { a: enumeration(['x', 'y']) }, { a: enumeration(['x']) }, ['breaking m.a: the id 1 was "y" and is free; add new values at the end']],
		['unknown values', { a: enumeration(['x']) }, { a: enumeration(['x']).unknown('reject') }, ['wire m.a: values that are not listed: was intern, is reject']],
		['order', { a: text(), b: text() }, { b: text(), a: text() }, ['tables m: the columns stand in another order; read them by name']],
		['items', { a: list(tuple({ p: decimal(2) })) }, { a: list(tuple({ p: decimal(2), q: text() })) }, ['tables m.a[].q: the field is new; old data has none']],
		['null items', { a: list(text()) }, { a: list(text().nullable()) }, ['breaking m.a[]: the column may now be null; readers that do not look take null for 0']],
		['unknown keys', { a: object({ x: text() }) }, { a: object({ x: text() }, { unknownKeys: 'keep' }) }, ['tables m.a.unknownKeys: the column of unknown keys is new', 'wire m.a: was "unknown keys: skip" and is "unknown keys: keep"']],
		['objects for arrays', { a: tuple({ x: text() }) }, { a: object({ x: text() }) }, ['wire m.a: was an array and is an object', 'wire m.a.x: reads the key "x", too']],
	])('%s', (_, before, after, expected) => {
		expect(fieldChanges(before, after)).toEqual(expected);
	});
});
