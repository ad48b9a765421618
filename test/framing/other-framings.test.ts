import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DESCRIPTOR } from '../../src/compiler/parser-abi.ts';
import { concatenated } from '../../src/framing/concatenated.ts';
import { lengthPrefixed } from '../../src/framing/length-prefixed.ts';
import { createPayloadDecoder, readBytesLiteral } from '../../src/framing/payloads.ts';
import { inflate } from '../../src/sources/inflate.ts';
import { bytesOf, drive, reference } from './harness.ts';

describe('length-prefixed', () => {
	for (const bytes of [2, 4] as const) {
		for (const endian of ['little', 'big'] as const) {
			for (const stamped of [false, true]) {
				const framing = lengthPrefixed({ bytes, endian, stamped });
				const write = (messages: readonly { readonly text: string; readonly received: bigint }[]): Uint8Array => {
					const parts = messages.flatMap(({ text, received }) => {
						const body = bytesOf(text);
						const head = Buffer.alloc(bytes + (stamped ? 8 : 0));
						if (bytes === 2) endian === 'little' ? head.writeUInt16LE(body.length) : head.writeUInt16BE(body.length);
						else endian === 'little' ? head.writeUInt32LE(body.length) : head.writeUInt32BE(body.length);
						if (stamped) endian === 'little' ? head.writeBigInt64LE(received, bytes) : head.writeBigInt64BE(received, bytes);
						return [head, body];
					});
					return Buffer.concat(parts);
				};
				test(`${framing.name}: what was written, however it is cut`, () => {
					const messages = fc.array(fc.record({ text: fc.string({ maxLength: 30 }), received: stamped ? fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }) : fc.constant(0n) }), { maxLength: 20 });
					fc.assert(
						fc.property(messages, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }), (given, cuts) => {
							const { framed } = drive(reference, framing, write(given), { cuts });
							expect(framed.map(({ kind, text, received }) => ({ kind, text, received }))).toEqual(given.map(({ text, received }) => ({ kind: 'message', text: Buffer.from(text).toString('latin1'), received })));
						}),
					);
				});
				test(`${framing.name}: too long, cut short`, () => {
					const stream = write([
						{ text: 'first', received: 1n },
						{ text: 'x'.repeat(40), received: 2n },
						{ text: 'next', received: 3n },
						{ text: 'half a message', received: 4n },
					]);
					for (const cuts of [[], [1], [7], [30]]) {
						const { framed } = drive(reference, framing, stream.subarray(0, stream.length - 8), { cuts, longest: 20 });
						expect(framed.map(({ kind, text, length }) => [kind, text, length])).toEqual([
							['message', 'first', 5],
							['too-long', 'x'.repeat(20), 40],
							['message', 'next', 4],
							['message', 'half a', 6],
						]);
					}
				});
			}
		}
	}
});

describe('concatenated', () => {
	const texts = (text: string, cuts: readonly number[] = [], longest?: number): string[] => drive(reference, concatenated(), bytesOf(text), { cuts, ...(longest === undefined ? {} : { longest }) }).framed.map((one) => (one.kind === 'message' ? one.text : `too long: ${one.length}`));
	test('values with and without space between', () => {
		expect(texts('{"a":1}{"b":[2,{"c":"}"}]} [1]\n"x\\"y" 12 true{}')).toEqual(['{"a":1}', '{"b":[2,{"c":"}"}]}', '[1]', '"x\\"y"', '12', 'true', '{}']);
		expect(texts(' \n ')).toEqual([]);
		expect(texts('}{"a":1}')).toEqual(['}', '{"a":1}']);
	});
	test('pretty-printed values, cut anywhere', () => {
		const values = fc.array(fc.oneof(fc.object({ maxDepth: 3 }), fc.array(fc.jsonValue(), { maxLength: 4 }), fc.string().map(String)), { maxLength: 5 });
		fc.assert(
			fc.property(values, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 }), fc.constantFrom('', '\n', ' \t'), (given, cuts, between) => {
				const written = given.map((value) => JSON.stringify(value, null, '\t'));
				expect(texts(written.join(between), cuts)).toEqual(written.map((text) => Buffer.from(text).toString('latin1')));
			}),
		);
	});
	test('too long a value is dropped up to its end', () => {
		for (const cuts of [[], [1], [5], [13]]) expect(texts('[1][2,2,2,2,2,2,2,"]"]{"a":3}', cuts, 10)).toEqual(['[1]', 'too long: 19', '{"a":3}']);
		for (const cuts of [[], [1], [5], [13]]) expect(texts('1234567890 12345678901 1', cuts, 10)).toEqual(['1234567890', 'too long: 11', '1']);
	});
});

describe('bytes literals', () => {
	const read = (text: string): string | null => {
		const into = new Uint8Array(text.length);
		const length = readBytesLiteral(bytesOf(text), into);
		return length < 0 ? null : Buffer.from(into.subarray(0, length)).toString('latin1');
	};
	test('what Python writes', () => {
		expect(read("b'plain'")).toBe('plain');
		expect(read(`b"it's"`)).toBe("it's");
		expect(read("b'\\x1f\\x8b\\x00\\\\ \\' \\n\\r\\t\\xFf'")).toBe("\x1f\x8b\0\\ ' \n\r\t\xff");
		expect(read("b''")).toBe('');
	});
	test('what is none', () => {
		for (const text of ["b'", "'x'", "b'x", `b'x"`, "b'\\'", "b'\\x1'", "b'\\xg0'", "b'\\q'", "b'a'b'"]) expect(read(text)).toBe(null);
	});
	test('payloads are inflated into the arena; what does not fit waits, or is refused', () => {
		const memory = new WebAssembly.Memory({ initial: 2 });
		const literal = (bytes: Uint8Array): string => `b'${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
		const small = JSON.stringify({ tick: 'x'.repeat(300) });
		const texts = ['{"plain":1}', literal(gzipSync(small)), literal(gzipSync(small)), literal(gzipSync('y'.repeat(5000))), literal(bytesOf('raw')), literal(gzipSync(small).subarray(0, 30))];
		const view = new DataView(memory.buffer);
		let at = 4096;
		texts.forEach((text, index) => {
			new Uint8Array(memory.buffer).set(bytesOf(text), at);
			view.setUint32(64 + index * DESCRIPTOR.size + DESCRIPTOR.offset, at, true);
			view.setUint32(64 + index * DESCRIPTOR.size + DESCRIPTOR.length, text.length, true);
			at += text.length;
		});
		const textOf = (index: number): string => Buffer.from(memory.buffer, view.getUint32(64 + index * DESCRIPTOR.size, true), view.getUint32(64 + index * DESCRIPTOR.size + 4, true)).toString();
		const decoder = createPayloadDecoder(memory, 100_000, 400, inflate);
		expect(decoder.decode(64, 0, texts.length)).toBe(2);
		expect(decoder.refused).toBe(false);
		expect([textOf(0), textOf(1)]).toEqual([texts[0], small]);
		decoder.reset();
		expect(decoder.decode(64, 2, texts.length)).toBe(3);
		expect(decoder.refused).toBe(false);
		expect(textOf(2)).toBe(small);
		decoder.reset();
		expect(decoder.decode(64, 3, texts.length)).toBe(3);
		expect(decoder.refused).toBe(true);
		expect(decoder.decode(64, 4, texts.length)).toBe(6);
		expect([textOf(4), textOf(5)]).toEqual(['raw', texts[5]]);
	});
});
