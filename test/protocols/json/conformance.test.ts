/** The grammar: what JSON.parse accepts is accepted and gives the same values, what it refuses is refused at the right byte. */
import { describe, expect, it } from 'vitest';
import { arbitraryDraws, Draws, mutate } from './arbitraries.ts';
import { BROKEN_MESSAGES, BROKEN_VALUES } from './corpus/invalid.ts';
import { HARD_DOUBLES, NUMBERS, STRING_CONTENTS, STRUCTURES, VALID, WORDS } from './corpus/valid.ts';
import { parseAll, type Row, show, toBytes, verdicts } from './harness.ts';
import { assertHolds, caseCount } from './properties.ts';
import { feed, message, single, tuple } from './schemas.ts';
import { tiers } from './tiers.ts';

const ANY_ELEMENT = feed(tuple([{ kind: 'skip' }]));
const ANY_ARRAY = feed(tuple([], { surplus: 'skip' }));
const ANY_OBJECT = feed(message([]));
/** The generic walk of the selection reads it all before a variant does. */
const ANY_SELECTED = feed(message([]), tuple([], { surplus: 'skip' }));

/** JSON.parse's opinion of a message whose top must be an object or array, and the depth limit's. */
function isJson(bytes: Uint8Array): boolean {
	try {
		const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
		return typeof value === 'object' && value !== null && depthOf(value) <= 64;
	} catch {
		return false;
	}
}

function depthOf(value: unknown): number {
	if (typeof value !== 'object' || value === null) return 0;
	let deepest = 0;
	for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member));
	return deepest + 1;
}

const join = (...parts: (string | Uint8Array)[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...toBytes(part)]));
const element = (value: string | Uint8Array): Uint8Array => join('[', value, ']');

/** Where the UTF-8 sequence starts that the bytes end within, or -1. */
function cutSequence(bytes: Uint8Array): number {
	for (let back = 1; back <= 3 && back <= bytes.length; back++) {
		const byte = bytes[bytes.length - back] as number;
		if (byte >= 0xc0) return byte >= 0xf0 || (byte >= 0xe0 && back < 3) || back < 2 ? bytes.length - back : -1;
		if (byte < 0x80) return -1;
	}
	return -1;
}

describe.each(tiers)('JSON conformance of the $name tier', ({ create }) => {
	it('accepts every valid text, as JSON.parse does', () => {
		const messages = VALID.map(element);
		expect(messages.filter((bytes) => !isJson(bytes)).map(show)).toEqual([]);
		for (const schema of [ANY_ELEMENT, ANY_ARRAY, ANY_SELECTED]) {
			const refused = verdicts(create, schema, messages).map((verdict, index) => (verdict === null ? null : { ...verdict, text: show(messages[index] as Uint8Array) }));
			expect(refused.filter((one) => one !== null)).toEqual([]);
		}
	});

	it('accepts them at any distance from the start, in white space', () => {
		for (const distance of [1, 2, 13, 14, 15, 16, 31, 63]) {
			const messages = [...WORDS, ...HARD_DOUBLES, ...STRING_CONTENTS.map((content) => `"${content}"`), ...STRUCTURES].map((value) => `${' '.repeat(distance)}[\n${value}\t]\r\n`);
			expect(verdicts(create, ANY_ELEMENT, messages).findIndex((verdict) => verdict !== null)).toBe(-1);
		}
	});

	it('reads the objects and arrays at the top', () => {
		const texts = STRUCTURES.filter((text) => text !== '');
		expect(verdicts(create, ANY_ARRAY, texts)).toEqual(texts.map((text) => (text.startsWith('[') ? null : { category: 'type', offset: 0 })));
		expect(verdicts(create, ANY_OBJECT, texts)).toEqual(texts.map((text) => (text.startsWith('{') ? null : { category: 'type', offset: 0 })));
		expect(verdicts(create, ANY_SELECTED, texts)).toEqual(texts.map(() => null));
	});

	it('decodes strings as JSON.parse does, lone surrogates to U+FFFD', () => {
		const messages = STRING_CONTENTS.map((content) => `{"v":"${content}"}`);
		const { rows } = parseAll(create, single({ kind: 'text' }), messages, { textBytes: 65536 });
		expect((rows.variant0 as Row[]).map((row) => row.v)).toEqual(messages.map((text) => (JSON.parse(text) as { v: string }).v.toWellFormed()));
	});

	it('reads keys as it decodes strings', () => {
		for (const content of STRING_CONTENTS) {
			const key = JSON.parse(`"${content}"`) as string;
			const schema = feed(message([{ name: 'v', keys: [key], type: { kind: 'integer', bits: 32, signed: true }, optional: false, nullable: false, distinguishing: false }]));
			const { rows } = parseAll(create, schema, [`{"${content}":42}`, `{"other":[],"${content}" : 43}`], { rows: 64 });
			expect(rows.variant0, content).toEqual([{ v: 42 }, { v: 43 }]);
		}
	});

	it('reads numbers to the same doubles, quoted and not', () => {
		const numbers = [...NUMBERS, ...HARD_DOUBLES];
		const expected = numbers.map(Number);
		for (const messages of [numbers.map((text) => `{"v":${text}}`), numbers.map((text) => `{"v":"${text}"}`)]) {
			const { rows } = parseAll(create, single({ kind: 'float' }), messages);
			expect((rows.variant0 as Row[]).map((row) => row.v)).toEqual(expected);
		}
	});

	it('finds every prefix of a valid text truncated', () => {
		const texts = [...WORDS, ...NUMBERS.filter((_, index) => index % 13 === 0), ...HARD_DOUBLES, ...STRING_CONTENTS.filter((content) => content.length < 100).map((content) => `"${content}"`), ...STRUCTURES.filter((text) => text.length < 1000)];
		const messages: Uint8Array[] = [];
		for (const text of texts) {
			const bytes = element(text);
			for (let length = 0; length < bytes.length; length++) messages.push(bytes.subarray(0, length));
		}
		const expected = messages.map((bytes) => (cutSequence(bytes) < 0 ? { category: 'truncated', offset: bytes.length } : { category: 'utf8', offset: cutSequence(bytes) }));
		for (const schema of [ANY_ELEMENT, ANY_SELECTED]) {
			const actual = verdicts(create, schema, messages);
			const wrong = actual.findIndex((verdict, index) => verdict?.category !== expected[index]?.category || verdict?.offset !== expected[index]?.offset);
			expect({ text: show(messages[wrong] ?? new Uint8Array()), verdict: actual[wrong] }).toEqual({ text: show(messages[wrong] ?? new Uint8Array()), verdict: expected[wrong] });
		}
	});

	it('refuses every broken value at its byte', () => {
		const messages = BROKEN_VALUES.map(({ text }) => element(text));
		expect(messages.filter((bytes, index) => BROKEN_VALUES[index]?.category !== 'depth' && isJson(bytes)).map(show)).toEqual([]);
		const expected = BROKEN_VALUES.map(({ category, offset }, index) => ({ text: show(messages[index] as Uint8Array), category, offset: offset + 1 }));
		for (const schema of [ANY_ELEMENT, ANY_ARRAY, ANY_SELECTED]) {
			const actual = verdicts(create, schema, messages).map((verdict, index) => ({ text: show(messages[index] as Uint8Array), ...verdict }));
			expect(actual).toEqual(expected);
		}
	});

	it('refuses them at any distance from the start', () => {
		for (const distance of [1, 13, 15, 16, 17, 31, 64]) {
			const messages = BROKEN_VALUES.map(({ text }) => join(`[${' '.repeat(distance)}`, text, ', 1]'));
			const actual = verdicts(create, ANY_ARRAY, messages).map((verdict, index) => ({ text: show(messages[index] as Uint8Array), ...verdict }));
			// A text that ends in the middle of a value meets the comma instead of the bracket: what is wrong stays.
			expect(actual).toEqual(BROKEN_VALUES.map(({ category, offset }, index) => ({ text: show(messages[index] as Uint8Array), category, offset: offset + 1 + distance })));
		}
	});

	it('refuses broken strings and numbers where the schema wants their value', () => {
		const types = {
			string: [{ kind: 'text' }, { kind: 'symbol', universe: 'u' }, { kind: 'template', prefix: '', suffix: '', capture: { kind: 'text' } }, { kind: 'float' }, { kind: 'timestamp', format: 'rfc3339' }, { kind: 'literal', value: 'x' }],
			number: [{ kind: 'float' }, { kind: 'decimal', scale: 8, excess: 'truncate', keepTextScale: false }, { kind: 'integer', bits: 64, signed: true }, { kind: 'timestamp', format: 'ms' }],
		} as const;
		for (const [kind, first] of [
			['string', /^"/],
			['number', /^[-0-9]/],
		] as const) {
			// What is wrong after the value comes too late: some of these values are no numbers of the type.
			const cases = BROKEN_VALUES.filter(({ text, category }) => first.test(show(toBytes(text))) && category !== 'syntax');
			const messages = cases.map(({ text }) => element(text));
			for (const type of types[kind]) {
				const actual = verdicts(create, feed(tuple([type])), messages).map((verdict, index) => ({ text: show(messages[index] as Uint8Array), ...verdict }));
				expect(actual, type.kind).toEqual(cases.map(({ category, offset }, index) => ({ text: show(messages[index] as Uint8Array), category, offset: offset + 1 })));
			}
		}
	});

	it('refuses broken strings as keys', () => {
		const cases = BROKEN_VALUES.filter(({ text, category }) => show(toBytes(text)).startsWith('"') && category !== 'syntax');
		const messages = cases.map(({ text }) => join('{', text, ':1}'));
		for (const schema of [ANY_OBJECT, ANY_SELECTED, feed(message([], { unknownKeys: 'reject' })), feed(message([], { unknownKeys: 'keep' }))]) {
			const actual = verdicts(create, schema, messages).map((verdict, index) => ({ text: show(messages[index] as Uint8Array), ...verdict }));
			expect(actual).toEqual(cases.map(({ category, offset }, index) => ({ text: show(messages[index] as Uint8Array), category, offset: offset + 1 })));
		}
	});

	it('refuses every broken message at its byte', () => {
		for (const { text, category, offset } of BROKEN_MESSAGES) {
			const bytes = toBytes(text);
			expect(isJson(bytes), show(bytes)).toBe(false);
			const schemas = show(bytes).trimStart().startsWith('{') ? [ANY_OBJECT, ANY_SELECTED] : [ANY_ARRAY, ANY_SELECTED];
			for (const schema of schemas) expect({ text: show(bytes), ...verdicts(create, schema, [bytes], { rows: 64 })[0] }).toEqual({ text: show(bytes), category, offset });
		}
	});

	it('agrees with JSON.parse on mutated texts', () => {
		const texts = [...STRUCTURES.filter((text) => text.length < 300), ...STRING_CONTENTS.filter((content) => content.length < 60).map((content) => `{"k":["${content}"]}`), ...HARD_DOUBLES.map((number) => `[${number},{"n":${number}}]`)];
		const perRun = 100;
		assertHolds(arbitraryDraws(16 * perRun), Math.ceil(caseCount(5000) / perRun), (values) => {
			const d = new Draws(values);
			const messages = d.list(perRun, () => {
				let bytes = toBytes(d.pick(texts));
				for (let changes = 1 + d.below(3); changes > 0; changes--) bytes = mutate(d, bytes);
				return bytes;
			});
			const actual = verdicts(create, ANY_SELECTED, messages, { rows: 128 });
			const wrong = messages.findIndex((bytes, index) => isJson(bytes) !== (actual[index] === null));
			return wrong < 0 ? null : `JSON.parse ${actual[wrong] === null ? 'refuses' : 'accepts'} ${show(messages[wrong] as Uint8Array)}; here: ${JSON.stringify(actual[wrong])}`;
		});
	});
});
