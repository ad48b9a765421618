/** The specification's formats, one by one, and values there and back with the two usual libraries. */
import { decode as decodeOther, ExtData, encode as encodeOther } from '@msgpack/msgpack';
import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { createMessagePackWriter, type DecodeOptions, decodeMessagePack, encodeMessagePack, extension, isExtension, MessagePackError, type MessagePackValue } from '../../../src/protocols/msgpack/index.ts';
import { Draws } from '../json/arbitraries.ts';
import { caseCount } from '../json/properties.ts';
import { mutateBytes } from './arbitraries.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (encoded: Uint8Array): string => Buffer.from(encoded).toString('hex');

/** https://github.com/msgpack/msgpack/blob/master/spec.md, "Formats": each format at its edges, and what it means. */
const FORMATS: readonly (readonly [name: string, encoded: string, value: unknown])[] = [
	['nil', 'c0', null],
	['false', 'c2', false],
	['true', 'c3', true],
	['positive fixint', '00', 0],
	['positive fixint', '7f', 127],
	['negative fixint', 'e0', -32],
	['negative fixint', 'ff', -1],
	['uint 8', 'cc 80', 128],
	['uint 8', 'cc ff', 255],
	['uint 16', 'cd 01 00', 256],
	['uint 16', 'cd ff ff', 65535],
	['uint 32', 'ce 00 01 00 00', 65536],
	['uint 32', 'ce ff ff ff ff', 4294967295],
	['uint 64', 'cf 00 00 00 01 00 00 00 00', 4294967296],
	['uint 64', 'cf ff ff ff ff ff ff ff ff', 18446744073709551615n],
	['int 8', 'd0 df', -33],
	['int 8', 'd0 80', -128],
	['int 16', 'd1 ff 7f', -129],
	['int 16', 'd1 80 00', -32768],
	['int 32', 'd2 ff ff 7f ff', -32769],
	['int 32', 'd2 80 00 00 00', -2147483648],
	['int 64', 'd3 ff ff ff ff 7f ff ff ff', -2147483649],
	['int 64', 'd3 80 00 00 00 00 00 00 00', -9223372036854775808n],
	['float 64', 'cb 3f f8 00 00 00 00 00 00', 1.5],
	['float 64', 'cb 80 00 00 00 00 00 00 00', -0],
	['float 64', 'cb 7f f0 00 00 00 00 00 00', Number.POSITIVE_INFINITY],
	['fixstr', 'a0', ''],
	['fixstr', 'a3 e4 bb b7', '价'],
	['str 8', `d9 20 ${'61'.repeat(32)}`, 'a'.repeat(32)],
	['str 16', `da 01 00 ${'61'.repeat(256)}`, 'a'.repeat(256)],
	['str 32', `db 00 01 00 00 ${'61'.repeat(65536)}`, 'a'.repeat(65536)],
	['bin 8', 'c4 02 00 ff', Uint8Array.of(0, 255)],
	['bin 16', `c5 01 00 ${'00'.repeat(256)}`, new Uint8Array(256)],
	['bin 32', `c6 00 01 00 00 ${'00'.repeat(65536)}`, new Uint8Array(65536)],
	['fixarray', '93 01 02 03', [1, 2, 3]],
	['array 16', `dc 00 10 ${'c0'.repeat(16)}`, Array(16).fill(null)],
	['array 32', `dd 00 01 00 00 ${'c0'.repeat(65536)}`, Array(65536).fill(null)],
	['fixmap', '81 a1 61 01', { a: 1 }],
	['fixext 1', 'd4 05 01', extension(5, Uint8Array.of(1))],
	['fixext 2', 'd5 05 01 02', extension(5, Uint8Array.of(1, 2))],
	['fixext 4', 'd6 80 01 02 03 04', extension(-128, Uint8Array.of(1, 2, 3, 4))],
	['fixext 8', `d7 7f ${'01'.repeat(8)}`, extension(127, new Uint8Array(8).fill(1))],
	['fixext 16', `d8 05 ${'01'.repeat(16)}`, extension(5, new Uint8Array(16).fill(1))],
	['ext 8', 'c7 03 05 01 02 03', extension(5, Uint8Array.of(1, 2, 3))],
	['ext 8', 'c7 00 05', extension(5, new Uint8Array())],
	['ext 16', `c8 01 00 05 ${'01'.repeat(256)}`, extension(5, new Uint8Array(256).fill(1))],
	['ext 32', `c9 00 01 00 00 05 ${'01'.repeat(65536)}`, extension(5, new Uint8Array(65536).fill(1))],
];

describe('the formats of the specification', () => {
	it.each(FORMATS)('%s %s', (_, encoded, value) => {
		expect(decodeMessagePack(bytes(encoded))).toEqual(value);
		expect(hex(encodeMessagePack(value))).toBe(encoded.replaceAll(' ', ''));
	});

	it('float 32 is read, too', () => {
		expect(decodeMessagePack(bytes('ca 3f c0 00 00'))).toBe(1.5);
		expect(decodeMessagePack(bytes('ca 3d cc cc cd'))).toBe(Math.fround(0.1));
	});

	it('maps of 16 and 32 bits', () => {
		const many = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, index]));
		expect(hex(encodeMessagePack(many)).slice(0, 6)).toBe('de0010');
		expect({ ...(decodeMessagePack(encodeMessagePack(many)) as object) }).toEqual(many);
		expect({ ...(decodeMessagePack(bytes('df 00 00 00 01 a1 61 01')) as object) }).toEqual({ a: 1 });
		expect(decodeMessagePack(bytes('81 01 a1 61'))).toEqual(new Map([[1, 'a']]));
		expect(Object.keys(decodeMessagePack(encodeMessagePack(JSON.parse('{"__proto__":1}'))) as object)).toEqual(['__proto__']);
	});

	it.each([
		['32', 'd6 ff 65 53 f1 00', 1_700_000_000_000_000_000n],
		['64', 'd7 ff 1d 6f 34 54 65 53 f1 00', 1_700_000_000_123_456_789n],
		['96', 'c7 0c ff 07 5b cd 15 ff ff ff ff ff ff ff ff', -876_543_211n],
	])('timestamps of %s bits', (_, encoded, nanoseconds) => {
		expect(decodeMessagePack(bytes(encoded))).toBe(nanoseconds);
		const writer = createMessagePackWriter();
		writer.timestamp(nanoseconds);
		expect(hex(writer.take())).toBe(encoded.replaceAll(' ', ''));
		const theirs = decodeOther(bytes(encoded)) as Date;
		expect(Math.abs((decodeMessagePack(bytes(encoded), { timestamps: 'date' }) as Date).getTime() - theirs.getTime())).toBeLessThanOrEqual(1);
	});
});

describe('what is refused', () => {
	it.each<readonly [string, string, DecodeOptions | undefined, string, number]>([
		['nothing', '', undefined, 'truncated', 0],
		['c1', '91 c1', undefined, 'syntax', 1],
		['a cut number', 'cf 00 00', undefined, 'truncated', 3],
		['a cut text', 'a3 61', undefined, 'truncated', 2],
		['a text of 4 GiB', 'db ff ff ff ff 61', undefined, 'truncated', 6],
		['an array of 2^32 - 1', 'dd ff ff ff ff 01 02', undefined, 'truncated', 7],
		['a map of 2^32 - 1', 'df ff ff ff ff 01 02', undefined, 'truncated', 7],
		['text that is not UTF-8', 'a2 c3 28', undefined, 'utf8', 0],
		['more bytes', '01 02', undefined, 'trailing', 1],
		['a key twice', '82 a1 61 01 a1 61 02', undefined, 'duplicate-key', 4],
		['a timestamp of 3 bytes', 'c7 03 ff 00 00 00', undefined, 'timestamp', 0],
		['a timestamp of 10^9 nanoseconds', 'd7 ff ee 6b 28 00 00 00 00 00', undefined, 'timestamp', 0],
		['65 arrays', `${'91'.repeat(65)} 01`, undefined, 'depth', 64],
		['three arrays where two may be', '91 91 91 01', { depth: 2 }, 'depth', 2],
		['more bytes than may be', '93 01 02 03', { size: 3 }, 'too-large', 0],
	])('%s', (_, encoded, options, category, offset) => {
		let error: unknown;
		try {
			decodeMessagePack(bytes(encoded), options);
		} catch (thrown) {
			error = thrown;
		}
		expect(error).toBeInstanceOf(MessagePackError);
		expect({ category: (error as MessagePackError).category, offset: (error as MessagePackError).offset }).toEqual({ category, offset });
	});

	it('values that cannot be written, and options that make no sense', () => {
		const itself: unknown[] = [];
		itself.push(itself);
		expect(() => encodeMessagePack(itself)).toThrow(/nested deeper than 512/);
		expect(() => encodeMessagePack(() => 1)).toThrow(/a function cannot be written/);
		expect(() => encodeMessagePack(2n ** 64n)).toThrow(/64 bits/);
		expect(() => decodeMessagePack(Uint8Array.of(1), { depth: 1000 })).toThrow(/from 0 to 512/);
		const writer = createMessagePackWriter();
		expect(() => writer.integer(256, 'uint8')).toThrow(/does not fit uint8/);
		expect(() => writer.timestamp(-1n, 64)).toThrow(/needs 96/);
		expect(() => writer.extension(128, new Uint8Array())).toThrow(/-128 to 127/);
	});
});

/** Values that all three libraries have. */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		fc.constant(null),
		fc.boolean(),
		fc.integer(),
		fc.maxSafeInteger(),
		fc.double({ noNaN: true }),
		fc.string({ unit: 'grapheme' }),
		fc.string({ minLength: 30, maxLength: 300 }),
		fc.uint8Array({ maxLength: 300 }),
		fc.array(tie('value'), { maxLength: 20 }),
		fc.dictionary(
			fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__' && key !== '__proto_'),
			tie('value'),
			{ maxKeys: 20 },
		),
	),
})).value;

const packr = new Packr({ useRecords: false, variableMapSize: true, mapsAsObjects: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true });

/** Without prototypes and kinds of buffers, which the libraries choose each in its way. */
function plain(decoded: unknown): unknown {
	if (decoded instanceof Uint8Array) return Uint8Array.from(decoded);
	if (Array.isArray(decoded)) return decoded.map(plain);
	// Some write -0 as the integer 0.
	if (typeof decoded === 'bigint' || typeof decoded === 'number') return Number(decoded) + 0;
	if (typeof decoded !== 'object' || decoded === null || isExtension(decoded) || decoded instanceof ExtData) return decoded;
	if (decoded instanceof Map) return Object.fromEntries([...decoded].map(([key, member]) => [key, plain(member)]));
	return Object.fromEntries(Object.entries(decoded).map(([key, member]) => [key, plain(member)]));
}

describe('msgpackr and @msgpack/msgpack', () => {
	it('read what is encoded here', () => {
		fc.assert(
			fc.property(value, (original) => {
				const encoded = encodeMessagePack(original);
				expect(plain(decodeOther(encoded))).toEqual(plain(original));
				expect(plain(unpackr.unpack(encoded))).toEqual(plain(original));
				expect(plain(decodeMessagePack(encoded))).toEqual(plain(original));
			}),
			{ numRuns: caseCount(1500) },
		);
	});

	it('are read here', () => {
		fc.assert(
			fc.property(value, (original) => {
				expect(plain(decodeMessagePack(encodeOther(original)))).toEqual(plain(original));
				expect(plain(decodeMessagePack(packr.pack(original)))).toEqual(plain(original));
			}),
			{ numRuns: caseCount(1500) },
		);
	});

	it('give the same values, or both nothing, for damaged bytes', () => {
		const outcomeOf = (decode: () => unknown): { readonly value: unknown } | null => {
			try {
				return { value: plain(decode()) };
			} catch {
				return null;
			}
		};
		let both = 0;
		fc.assert(
			fc.property(value, fc.array(fc.nat(0xffff), { minLength: 20, maxLength: 20 }), (original, draws) => {
				const damaged = mutateBytes(new Draws(draws), encodeMessagePack(original));
				const ours = outcomeOf(() => decodeMessagePack(damaged, { duplicates: 'last', timestamps: 'date' }));
				// Others let bad UTF-8 through or stop short; what they refuse, and what we give, must agree.
				const theirs = outcomeOf(() => decodeOther(damaged));
				if (ours !== null && theirs !== null && JSON.stringify(ours).includes('ExtData') === false && !hasExtension(ours.value) && !hasExtension(theirs.value)) {
					both++;
					expect(ours.value).toEqual(theirs.value);
				}
			}),
			{ numRuns: caseCount(3000) },
		);
		expect(both).toBeGreaterThan(300);
	});
});

function hasExtension(decoded: unknown): boolean {
	if (decoded instanceof ExtData || decoded instanceof Date || isExtension(decoded)) return true;
	if (Array.isArray(decoded)) return decoded.some(hasExtension);
	return typeof decoded === 'object' && decoded !== null && !(decoded instanceof Uint8Array) && Object.values(decoded as Record<string, MessagePackValue>).some(hasExtension);
}
