import { describe, expect, test } from 'vitest';
import { absent, control, controlTuple, decimal, enumeration, type Field, type FieldSpec, integer, list, literal, message, object, oneOf, type Schema, SchemaError, schemaMistakes, skip, symbol, type TypedVariant, template, text, tuple, tupleMessage, validateSchema } from '../../src/schema/index.ts';

/** What is wrong with a schema of these variants, one line each. */
function mistakes(...variants: TypedVariant[]): string[] {
	return lines({ name: 'feed', version: 1, variants });
}

function lines(schema: Schema): string[] {
	return schemaMistakes(schema).map(({ path, message: words }) => `${path}: ${words}`);
}

/** What is wrong with one field of a message. */
function of(field: FieldSpec): string[] {
	return mistakes(message('m', { id: integer(), f: field }));
}

const plain = (name: string, change: Partial<Field> = {}): Field => ({ name, keys: [name], type: { kind: 'text' }, optional: false, nullable: false, distinguishing: false, ...change });

describe('a schema without mistakes', () => {
	test('is silent', () => {
		expect(mistakes(message('m', { a: literal(1), b: text(), c: absent(), d: list(tuple({ x: decimal(0), y: decimal(18).optional() })) }))).toEqual([]);
	});
});

describe('mistakes of the whole', () => {
	test('no name, no version, no message', () => {
		expect(lines({ name: ' ', version: 0.5, variants: [] })).toEqual(['name: the schema has no name; give it one, such as the venue and its feed', 'version: the version 0.5 is no whole number from 1; start with 1 and raise it when the tables change', 'variants: the schema has no message; give it at least one']);
	});

	test('are told together, by an error that lists them', () => {
		const broken = (): unknown => oneOf('feed', { version: 1 }, message('m', { price: decimal(19), '': text(), kind: enumeration([]) }));
		expect(broken).toThrow(SchemaError);
		expect(broken).toThrow(/^tickforge: the schema "feed" has 3 mistakes:\n {2}m\.price: the decimal scale 19 is not one of 0 to 18; .*\n {2}m\.\(unnamed\): a field has no name; give it one\n {2}m\.kind: the enumeration lists no value; .*$/);
		expect(() => validateSchema({ name: 'feed', version: 1, variants: [] })).toThrow(/has a mistake:\n {2}variants/);
	});

	test('names of messages', () => {
		expect(mistakes(message('a', { x: text() }), message('a', { y: literal(1), z: text() }))).toEqual(['a: two messages are called "a"; their tables need different names']);
		expect(mistakes(message('', { x: text() }))).toEqual(['(unnamed): a message has no name; give it one']);
		expect(mistakes(message('agg trade', { x: text() }))[0]).toMatch(/^agg trade: the message name "agg trade" is no identifier/);
	});

	test('tables without columns', () => {
		expect(mistakes(message('m', { type: literal('x'), other: skip(), shape: template('*.x') }))[0]).toMatch(/^m: the table has no column; .* control\(\)$/);
		expect(mistakes(control('m', { type: literal('x') }))).toEqual([]);
		expect(mistakes(message('m', {}, { unknownKeys: 'keep' }))).toEqual([]);
	});
});

describe('mistakes of fields', () => {
	test('names', () => {
		expect(mistakes(message('m', { '1h': text() }))).toEqual(['m.1h: the field name "1h" is no identifier (letters, digits, _ and $, no digit first); call it otherwise and keep its key with .key(\'1h\')']);
		expect(lines({ name: 'feed', version: 1, variants: [{ name: 'm', role: 'table', type: { kind: 'message', unknownKeys: 'skip', fields: [plain('a'), plain('a', { keys: ['b'] }), plain('__proto__')] } }] })).toEqual([
			'm.a: two fields are called "a"; their columns need different names',
			'm.__proto__: the name "__proto__" means something else in JavaScript; call it otherwise',
		]);
		expect(mistakes(message('m', { received: text() }))[0]).toMatch(/^m\.received: the name "received" is taken/);
		expect(mistakes(message('m', { inner: object({ received: text() }) }))).toEqual([]);
		expect(mistakes(message('m', { unknownKeys: text() }, { unknownKeys: 'keep' }))[0]).toMatch(/^m\.unknownKeys: the name "unknownKeys" is taken/);
	});

	test('keys', () => {
		expect(mistakes(message('m', { a: text().key('x'), b: text().key('y', 'x') }))).toEqual(['m: the fields "a" and "b" both read the key "x"; a key belongs to one field']);
		expect(mistakes(message('m', { a: text().key('x', 'x') }))).toEqual(['m: the field "a" names the key "x" twice; once is enough']);
		expect(mistakes(message('m', { inner: object({ a: text(), b: text().key('a') }) }))).toEqual(['m.inner: the fields "a" and "b" both read the key "a"; a key belongs to one field']);
		expect(mistakes(tupleMessage('t', { a: text().key('x') }))).toEqual(["t.a: elements of a tuple have a position, not a key; take .key('x') away"]);
		expect(lines({ name: 'feed', version: 1, variants: [{ name: 'm', role: 'table', type: { kind: 'message', unknownKeys: 'skip', fields: [plain('a', { keys: [] })] } }] })).toEqual(['m.a: the field has no key; give it one, usually its name']);
		expect(of(text().key('\ud800'))[0]).toMatch(/^m\.f: the key "\ufffd" has half of a surrogate pair/);
	});

	test('decimals', () => {
		for (const scale of [-1, 19, 1.5, Number.NaN]) expect(of(decimal(scale))[0]).toMatch(/^m\.f: the decimal scale .* is not one of 0 to 18/);
	});

	test('enumerations', () => {
		expect(of(enumeration(['a', 'b', 'a']))).toEqual(['m.f: the enumeration lists "a" twice; each value has one id']);
		expect(of(enumeration(['ü'.repeat(127)]))).toEqual([]);
		expect(of(enumeration(['ü'.repeat(128)]))[0]).toMatch(/has 256 bytes, and 255 are possible/);
		expect(of(enumeration(['a']).unknown('null'))).toEqual(["m.f: values that are not listed become null here, and the field cannot be null; add .nullable(), or choose .unknown('intern')"]);
		expect(of(enumeration(['a']).unknown('null').nullable())).toEqual([]);
		expect(of(list(enumeration(['a']).unknown('null')))[0]).toMatch(/^m\.f\[\]: values that are not listed become null/);
	});

	test('symbols', () => {
		expect(of(symbol(''))[0]).toMatch(/universe has no name/);
		expect(of(symbol('m.f'))[0]).toMatch(/^m\.f: the universe "m\.f" has a point in its name/);
		expect(of(template('{symbol}@x', 'a.b'))[0]).toMatch(/^m\.f: the universe "a\.b"/);
	});

	test('literals', () => {
		expect(of(literal(Number.NaN))[0]).toMatch(/^m\.f: the literal NaN cannot be written in JSON/);
		expect(of(literal(Number.POSITIVE_INFINITY))[0]).toMatch(/Infinity cannot be written/);
		expect(of(literal(2 ** 53))[0]).toMatch(/too large to be one number only/);
		expect(of(literal('\udc00'))[0]).toMatch(/surrogate/);
		expect(of(literal(null))).toEqual([]);
	});

	test('templates', () => {
		expect(of(template('{symbol}.{text}'))).toEqual(['m.f: the template "{symbol}.{text}" has 2 places that vary, and one is possible; let one capture take the whole middle, and split it afterwards']);
		expect(of(template('plain'))[0]).toMatch(/has no place that varies; .*literal\(\)$/);
	});

	test('lists', () => {
		expect(of(list(literal('x')))[0]).toMatch(/^m\.f: the items \(literal\) have no column/);
		expect(of(list(skip()))[0]).toMatch(/the items \(skip\) have no column/);
		expect(of(list(text().key('x')))).toEqual(["m.f: the item of a list has no key; take .key('x') away from it, or put it on the list"]);
		expect(of(list(text().optional()))[0]).toMatch(/an item of a list cannot be optional/);
		expect(of(list(text().distinguishing()))[0]).toMatch(/put \.distinguishing\(\) on the list/);
		expect(of(list(tuple({ a: text() }).nullable()))[0]).toMatch(/^m\.f\[\]: items that are a tuple cannot be null/);
		expect(of(list(tuple({ a: decimal(20) })))[0]).toMatch(/^m\.f\[\]\.a: the decimal scale 20/);
	});

	test('tuples', () => {
		expect(of(tuple({ a: text().optional(), b: text(), c: text().optional() }))).toEqual(['m.f.a: an optional element stands before "b", which is required: the array cannot end before it; make it required, or those after it optional']);
		expect(of(tuple({ a: absent(), b: text() }))[0]).toMatch(/^m\.f\.a: absent\(\) is for keys/);
	});

	test('contradictions', () => {
		expect(of(absent().optional())[0]).toMatch(/^m\.f: absent\(\) says that the key must not be there, and \.optional\(\)/);
		expect(of(absent().nullable())[0]).toMatch(/take \.nullable\(\) away/);
		expect(of(absent().distinguishing())[0]).toMatch(/tells variants apart by the missing key/);
		expect(of(text().distinguishing().optional())[0]).toMatch(/a distinguishing field is one that is always there/);
	});

	test('depth', () => {
		const nest = (levels: number): FieldSpec => (levels === 0 ? integer() : object({ x: nest(levels - 1) }));
		expect(of(nest(31))).toEqual([]);
		expect(of(nest(32))[0]).toMatch(/nested deeper than 32; describe the inner part as skip\(\)$/);
		const lists = (levels: number): FieldSpec => (levels === 0 ? integer() : list(lists(levels - 1)));
		expect(of(lists(31))).toEqual([]);
		expect(of(lists(32))[0]).toMatch(/nested deeper than 32/);
	});
});

describe('variants that are never chosen', () => {
	const shadowed = (first: TypedVariant, second: TypedVariant): boolean => mistakes(first, second).some((line) => line.startsWith(`${second.name}: it is never chosen`));
	const a = (fields: Record<string, FieldSpec>): TypedVariant => message('a', { value: text(), ...fields });
	const b = (fields: Record<string, FieldSpec>): TypedVariant => message('b', { value: text(), ...fields });

	test('are explained', () => {
		expect(mistakes(a({}), b({ type: literal('b') }))).toEqual(['b: it is never chosen: every message that fits it fits "a", which comes before it; put "b" first if it is the more special one, or give either a literal(), template(), absent() or .distinguishing() field that tells them apart']);
	});

	test.each<[string, boolean, Record<string, FieldSpec>, Record<string, FieldSpec>]>([
		['the same', true, { type: literal('x') }, { type: literal('x') }],
		['another constant', false, { type: literal('x') }, { type: literal('y') }],
		['a template that matches the constant', true, { type: template('x*') }, { type: literal('xy') }],
		['a template that does not', false, { type: template('x*') }, { type: literal('y') }],
		['a wider template', true, { type: template('x*') }, { type: template('xy*z') }],
		['a narrower template', false, { type: template('xy*') }, { type: template('x*') }],
		['presence, which a constant has', true, { type: text().distinguishing() }, { type: literal('x') }],
		['presence, which an optional constant may lack', false, { type: text().distinguishing() }, { type: literal('x').optional() }],
		['an optional constant', true, { type: literal('x').optional() }, { type: literal('x') }],
		['a required constant', false, { type: literal('x') }, { type: literal('x').optional() }],
		['a constant or null', true, { type: literal('x').nullable() }, { type: literal('x') }],
		['a constant, not null', false, { type: literal('x') }, { type: literal('x').nullable() }],
		['null itself', true, { type: literal(null) }, { type: literal(null).nullable() }],
		['absence', true, { type: absent() }, { type: absent() }],
		['absence, which an optional field may have', true, { type: literal('x').optional() }, { type: absent() }],
		['absence, which nothing shows', false, { type: absent() }, {}],
		['an object on the way', true, { inner: object({}).distinguishing() }, { inner: object({ type: literal('x') }) }],
		['an object that may be missing', false, { inner: object({}).distinguishing() }, { inner: object({ type: literal('x') }).optional() }],
		['a tuple of any length', true, { inner: tuple({ a: text() }, { surplus: 'skip' }) }, { inner: tuple({ a: text(), b: text() }) }],
		['a tuple of another length', false, { inner: tuple({ a: text() }) }, { inner: tuple({ a: text(), b: text() }) }],
		['a tuple with an element of another kind', false, { inner: tuple({ a: text() }) }, { inner: tuple({ a: object({ x: text() }) }) }],
		['a tuple with anything at the place', true, { inner: tuple({ a: skip() }) }, { inner: tuple({ a: object({ x: text() }) }) }],
	])('behind %s: %s', (_, expected, first, second) => {
		expect(shadowed(a(first), b(second))).toBe(expected);
	});

	test('among arrays', () => {
		const three = tupleMessage('three', { channel: integer(), kind: literal('te'), value: text() });
		const two = controlTuple('two', { channel: integer(), kind: literal('hb') });
		expect(mistakes(three, two)).toEqual([]);
		expect(mistakes(tupleMessage('any', { channel: integer() }, { surplus: 'skip' }), two)[0]).toMatch(/^two: it is never chosen/);
		expect(mistakes(message('top', { x: text() }), two)).toEqual([]);
	});
});
