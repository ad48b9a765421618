import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capture, lines } from '../../src/framing/lines.ts';
import { bytesOf, drive, type Framed, generated, reference } from './harness.ts';

const tiers = [
	['reference', reference],
	['generated', generated],
] as const;
const message = (text: string, received = 0n): Framed => ({ kind: 'message', text, received, length: text.length });

describe.each(tiers)('lines (%s)', (_name, build) => {
	test('one message a line; CR dropped, empty lines skipped, the last line needs no newline', () => {
		const { framed, blank } = drive(build, lines(), bytesOf('{"a":1}\n\n\r\n{"a":2}\r\n\r{"a":3}\r\n  \nlast'));
		expect(framed).toEqual([message('{"a":1}'), message('{"a":2}'), message('\r{"a":3}'), message('  '), message('last')]);
		expect(blank).toBe(2);
	});
	test('nothing at all', () => {
		expect(drive(build, lines(), bytesOf('')).framed).toEqual([]);
		expect(drive(build, lines(), bytesOf('\n')).framed).toEqual([]);
	});
	test('a line that is too long is dropped up to its newline, and its length is told', () => {
		const long = 'x'.repeat(100);
		for (const cuts of [[], [1], [10], [11], [64], [99], [101]]) {
			expect(drive(build, lines(), bytesOf(`short\n${long}\nexactly10.\nafter`), { longest: 10, cuts }).framed).toEqual([message('short'), { kind: 'too-long', text: 'x'.repeat(10), received: 0n, length: 100 }, message('exactly10.'), message('after')]);
			expect(drive(build, lines(), bytesOf(long), { longest: 10, cuts }).framed).toEqual([{ kind: 'too-long', text: 'x'.repeat(10), received: 0n, length: 100 }]);
		}
	});
	test('more messages than descriptors', () => {
		const many = Array.from({ length: 100 }, (_, index) => `m${index}`);
		for (const limit of [1, 2, 99, 100, 101]) expect(drive(build, lines(), bytesOf(many.join('\n')), { limit }).framed.map(({ text }) => text)).toEqual(many);
	});
});

describe.each(tiers)('captures (%s)', (_name, build) => {
	const frame = (text: string): readonly Framed[] => drive(build, capture(), bytesOf(text)).framed;
	test('times are exact to the nanosecond, from the decimal text', () => {
		expect(frame('1626992741.06217: {}')).toEqual([message('{}', 1_626_992_741_062_170_000n)]);
		expect(frame('1626992741: {}')).toEqual([message('{}', 1_626_992_741_000_000_000n)]);
		expect(frame('1626992741.123456789: {}')).toEqual([message('{}', 1_626_992_741_123_456_789n)]);
		expect(frame('1626992741.1234567899999999: {}')).toEqual([message('{}', 1_626_992_741_123_456_789n)]);
		expect(frame('9223372035.999999999: {}')).toEqual([message('{}', 9_223_372_035_999_999_999n)]);
		expect(frame('0.000000001: {}')).toEqual([message('{}', 1n)]);
		expect(frame('7.5: ')).toEqual([message('', 7_500_000_000n)]);
	});
	test('what is no record is handed on whole', () => {
		for (const text of ['9223372036: {}', '12345678901: {}', '1.: {}', '1.5 {}', '1.5:{}', '1.5:', '1.5', '.5: {}', '{"a":1}', 'text', 'a <', 'a <-', 'a <->', 'a <-x ', 'a b <- c', '1 <- 2: c', '"x <- "']) {
			expect(frame(text)).toEqual([message(text)]);
		}
	});
	test('connection and subscription lines are skipped and counted', () => {
		const { framed, skipped } = drive(build, capture(), bytesOf('wss://x/y?z <-> 1.5\nwss://x <- 1.5: {"op":1}\n2.5: {"a <- b":1}\nwss://x <- \nX <-> '));
		expect(framed).toEqual([message('{"a <- b":1}', 2_500_000_000n)]);
		expect(skipped).toBe(4);
	});
	test('bytes literals are counted', () => {
		expect(drive(build, capture(), bytesOf(`1.5: b'x'\n1.5: b"x"\n1.5: b'x"\n1.5: b'\n1.5: b\n1.5: b''\n1.5: {}`)).binary).toBe(3);
	});
});

const piece = fc.oneof(
	{ weight: 6, arbitrary: fc.constantFrom('\n', '\r\n', '1618677817.06184: ', '1618677817.0618400: ', '1618677817: ', 'wss://a.b/c <-> ', 'wss://a.b/c <- ', "b'\\x1f'", '{"a":1}', ' <- ', ': ', '.', ' ', '\r', 'b"', '"') },
	{ weight: 2, arbitrary: fc.string({ maxLength: 80 }) },
	{ weight: 2, arbitrary: fc.stringMatching(/^[0-9]{1,12}(\.[0-9]{0,12})?(: )?/) },
	{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const stream = fc.array(piece, { maxLength: 60 }).map((pieces) => bytesOf(pieces.join('')));
const settings = fc.record({ cuts: fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 6 }), longest: fc.constantFrom(1, 5, 20, 63, 64, 65, 1 << 16), limit: fc.integer({ min: 1, max: 9 }) });

describe.each([lines(), capture()])('properties of $name', (framing) => {
	test('the generated framer does what its twin does, call by call', () => {
		fc.assert(
			fc.property(stream, settings, (bytes, options) => {
				expect(drive(generated, framing, bytes, options)).toEqual(drive(reference, framing, bytes, options));
			}),
			{ numRuns: 3000 },
		);
	});
	test('where the bytes are cut makes no difference', () => {
		fc.assert(
			fc.property(stream, settings, (bytes, options) => {
				const { trace: _, ...whole } = drive(reference, framing, bytes, { longest: options.longest });
				const { trace: __, ...cut } = drive(generated, framing, bytes, options);
				expect(cut).toEqual(whole);
			}),
			{ numRuns: 1500 },
		);
	});
	test('cut at every place, in two', () => {
		const bytes = bytesOf('wss://x <-> 1.5\n1618677817.06184: {"type":"match"}\r\n\r\n1618677817.1: b\'\\x1f\\x8b\'\n1618677818: []\nplain\nx: y\n1.5: last');
		const { trace: _, ...whole } = drive(reference, framing, bytes);
		for (let at = 1; at < bytes.length; at++) {
			const { trace: __, ...cut } = drive(generated, framing, bytes, { cuts: [at, bytes.length] });
			expect(cut).toEqual(whole);
		}
	});
});

test('lines are what splitting text gives', () => {
	fc.assert(
		fc.property(stream, (bytes) => {
			const expected = Buffer.from(bytes)
				.toString('latin1')
				.split('\n')
				.map((line) => line.replace(/\r$/, ''))
				.filter((line) => line !== '');
			expect(drive(generated, lines(), bytes).framed.map(({ text }) => text)).toEqual(expected);
		}),
	);
});
