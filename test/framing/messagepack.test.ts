/** MessagePack values one after the other, cut anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messagePackValues } from '../../src/framing/messagepack.ts';
import { encodeMessagePack, extension } from '../../src/protocols/msgpack/index.ts';
import { Draws } from '../protocols/json/arbitraries.ts';
import { mutateBytes } from '../protocols/msgpack/arbitraries.ts';
import { type DriveOptions, drive, generated, reference } from './harness.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
/** What both framers give; they must write the same at each step. */
const framed = (bytes: Uint8Array, options: DriveOptions = {}): string[] => {
	const plain = drive(reference, messagePackValues(), bytes, options);
	expect(drive(generated, messagePackValues(), bytes, options).trace).toEqual(plain.trace);
	return plain.framed.map((one) => (one.kind === 'message' ? one.text : `too long: ${one.length}`));
};

const value = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: 'small' },
		fc.constant(null),
		fc.boolean(),
		fc.integer(),
		fc.double(),
		fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
		fc.string({ maxLength: 40 }),
		fc.uint8Array({ maxLength: 300 }),
		fc.tuple(fc.integer({ min: -128, max: 127 }), fc.uint8Array({ maxLength: 20 })).map(([type, data]) => extension(type, data)),
		fc.array(tie('value'), { maxLength: 18 }),
		fc.dictionary(fc.string(), tie('value'), { maxKeys: 18 }),
	),
})).value;

describe('MessagePack values', () => {
	test('of every format, in pieces of any size', () => {
		fc.assert(
			fc.property(fc.array(value, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }), (values, cuts) => {
				const encoded = values.map((one) => encodeMessagePack(one));
				expect(framed(Uint8Array.from(encoded.flatMap((one) => [...one])), { cuts })).toEqual(encoded.map(latin1));
			}),
			{ numRuns: 500 },
		);
	});

	test.each([[[]], [[1]], [[3]], [[5, 2]]])('an input that ends within a value gives what is there of it (pieces of %j)', (cuts) => {
		for (const bytes of ['93 01 02', 'a5 61', 'ce 00 01', 'dd ff ff ff ff 01', 'c9 ff ff ff ff 05 01', 'df ff ff ff ff', 'db ff ff', 'c7']) expect(framed(hex(`01 ${bytes}`), { cuts })).toEqual(['\x01', latin1(hex(bytes))]);
	});

	test.each([[[]], [[1]], [[3]], [[7, 2]]])('too long a value is dropped up to its end (pieces of %j)', (cuts) => {
		const five = { cuts, longest: 5 };
		expect(framed(hex('94 01 02 03 04 | 95 01 02 03 04 05 | c0'.replaceAll('|', '')), five)).toEqual([latin1(hex('94 01 02 03 04')), 'too long: 6', '\xc0']);
		expect(framed(hex('a4 61 61 61 61 a5 61 61 61 61 61 01'), five)).toEqual(['\xa4aaaa', 'too long: 6', '\x01']);
		expect(framed(hex('91 92 a8 61 61 61 61 61 61 61 61 01 01'), five)).toEqual(['too long: 12', '\x01']);
		expect(framed(hex('01 91 db ff ff ff ff 61 61 61'), five)).toEqual(['\x01', 'too long: 9']);
	});

	test('damaged bytes are cut alike by both framers', () => {
		fc.assert(
			fc.property(fc.array(value, { maxLength: 5 }), fc.array(fc.nat(0xffff), { minLength: 30, maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }), fc.constantFrom(1, 5, 20, 1000), fc.constantFrom(1, 3, 7), (values, draws, cuts, longest, limit) => {
				const d = new Draws(draws);
				let bytes: Uint8Array = Uint8Array.from(values.flatMap((one) => [...encodeMessagePack(one)]));
				for (let changes = 0; changes < 3; changes++) bytes = mutateBytes(d, bytes);
				framed(bytes, { cuts, longest, limit });
			}),
			{ numRuns: 800 },
		);
	});

	test('the work is bounded by the bytes', () => {
		const forged = hex('dd ff ff ff ff df ff ff ff ff dd ff ff ff ff');
		const many = Uint8Array.from(Array.from({ length: 2000 }, () => [...forged]).flat());
		expect(framed(many)).toEqual([latin1(many)]);
		expect(framed(many, { longest: 1000 })).toEqual([`too long: ${many.length}`]);
	});
});
