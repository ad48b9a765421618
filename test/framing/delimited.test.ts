/** Messages after a varint or gRPC's prefix, and items of lists, cut anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DESCRIPTOR, ERROR_CATEGORIES } from '../../src/compiler/parser-abi.ts';
import { grpcMessages, varintDelimited } from '../../src/framing/delimited.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP } from '../../src/framing/scan-abi.ts';
import { createProtobufWriter } from '../../src/protocols/protobuf/index.ts';
import { type Drive, type DriveOptions, drive, generated, reference } from './harness.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
/** What both framers give; they must write the same at each step. */
const both = (framing: Framing, bytes: Uint8Array, options: DriveOptions = {}): Drive => {
	const plain = drive(reference, framing, bytes, options);
	expect(drive(generated, framing, bytes, options).trace).toEqual(plain.trace);
	return plain;
};
const framed = (framing: Framing, bytes: Uint8Array, options: DriveOptions = {}): string[] => both(framing, bytes, options).framed.map((one) => (one.kind === 'message' ? one.text : `dropped: ${one.length}`));

const delimited = (message: Uint8Array, longer = 1): Uint8Array => {
	const writer = createProtobufWriter();
	writer.varint(message.length, longer);
	writer.raw(message);
	return writer.take();
};
const prefixed = (message: Uint8Array, flag = 0): Uint8Array => {
	const head = Buffer.alloc(5);
	head[0] = flag;
	head.writeUInt32BE(message.length, 1);
	return joined([head, message]);
};
const listOf = (items: readonly Uint8Array[], field: number, between: Uint8Array): Uint8Array => {
	const writer = createProtobufWriter();
	for (const item of items) {
		writer.raw(between);
		writer.tag(field, 2);
		writer.content(item);
	}
	writer.raw(between);
	return writer.take();
};

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
const pieces = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 });

describe.each([
	['varint-delimited', varintDelimited, delimited],
	['grpc', grpcMessages, prefixed],
] as const)('%s', (_, framing, write) => {
	test('what was written, however it is cut', () => {
		fc.assert(
			fc.property(messages, pieces, (given, cuts) => {
				expect(framed(framing(), joined(given.map((one) => write(one))), { cuts })).toEqual(given.map(latin1));
			}),
			{ numRuns: 150 },
		);
	});

	test('the items of lists, however they are cut', () => {
		// What else stands in the list: a varint, a fixed64, bytes, a group, a fixed32, a message of the same number as another type.
		const between = fc.constantFrom('', '10 ff01', '11 0000000000000000', '1a 02 0a01', '23 0805 2b 0a00 2c 24', '25 00000000', '28 00').map(hex);
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), between), { maxLength: 6 }), pieces, fc.constantFrom(7, 7000), (lists, cuts, field) => {
				const bytes = joined(lists.map(([items, other]) => write(listOf(items, field, other))));
				const run = both(framing({ items: field }), bytes, { cuts });
				expect(run.framed.map((one) => one.text)).toEqual(lists.flatMap(([items]) => items.map(latin1)));
				expect(run.skipped).toBe(lists.filter(([items, other]) => items.length === 0 && other.length === 0).length);
			}),
			{ numRuns: 150 },
		);
	});

	test('what cannot be read of a list is handed on to be refused', () => {
		for (const broken of ['0a 05 61', '0f', '08', '0b 08', '0b 14', '00 01', '888080808000 01', '80', '09 00', '0d 00', '80808080808080808080 01']) {
			const bytes = joined([write(hex(`0a 01 78 ${broken}`)), write(hex('0a 01 79'))]);
			for (const cuts of [[], [1], [3]]) expect(framed(framing({ items: 1 }), bytes, { cuts })).toEqual(['x', latin1(hex(broken)), 'y']);
		}
	});

	test('too long a message is dropped up to its end', () => {
		const bytes = joined([write(hex('61')), write(new Uint8Array(400).fill(0x62)), write(hex('63'))]);
		for (const cuts of [[], [1], [7], [30]]) expect(framed(framing(), bytes, { cuts, longest: 20 })).toEqual(['a', 'dropped: 400', 'c']);
	});

	test('what the end cuts is refused, though it may be a whole message', () => {
		const bytes = joined([write(hex('0801')), write(hex('0801 1002'))]);
		for (let length = write(hex('0801')).length + 1; length < bytes.length; length++) {
			for (const cuts of [[], [1], [3]]) {
				const [first, second, ...more] = framed(framing(), bytes.subarray(0, length), { cuts });
				expect([first, second?.replace(/\d+/, ''), more]).toEqual(['\b\x01', 'dropped: ', []]);
			}
		}
	});

	test('damaged bytes are gone through in the end', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.uint8Array({ maxLength: 200 }),
					fc.array(fc.constantFrom(0, 0, 1, 2, 5, 8, 0x0a, 0x0b, 0x0c, 0x12, 0x80, 0xff, 0x7f), { maxLength: 80 }).map((values) => Uint8Array.from(values)),
				),
				pieces,
				fc.constantFrom(1, 5, 20, 1000),
				fc.constantFrom(0, 1),
				(bytes, cuts, longest, field) => {
					const run = both(framing(field === 0 ? {} : { items: field }), bytes, { cuts, longest });
					expect(run.framed.reduce((sum, one) => sum + one.length, 0)).toBeLessThanOrEqual(bytes.length);
				},
			),
			{ numRuns: 400 },
		);
	});
});

describe('lengths', () => {
	test('of a varint may be longer than needed', () => {
		expect(framed(varintDelimited(), joined([delimited(hex('61'), 3), delimited(hex('62'), 10)]), { cuts: [1] })).toEqual(['a', 'b']);
	});

	test('up to 2^64 are not believed', () => {
		for (const forged of ['ffffffff0f', '8080808010', 'ffffffffffffffffff01', 'ffffffffffffffffff7f', 'ffffffffffffffff7f']) {
			// With more to come, it is too long as soon as more than the longest message is there.
			expect(framed(varintDelimited(), joined([hex(forged), new Uint8Array(40)]), { cuts: [9], longest: 20 })).toEqual(['dropped: 40']);
			expect(framed(varintDelimited(), hex(`${forged} 61`))).toEqual(['dropped: 1']);
		}
		expect(framed(grpcMessages(), joined([hex('00 ffffffff'), new Uint8Array(40)]), { longest: 20 })).toEqual(['dropped: 40']);
		// Without an end: ten bytes are dropped, and what follows is a length again.
		expect(framed(varintDelimited(), hex('ffffffffffffffffffff 01 61'), { cuts: [1] })).toEqual(['dropped: 10', 'a']);
	});
});

test('compressed messages of gRPC are refused and counted; a flag that is none is refused', () => {
	const bytes = joined([prefixed(hex('61')), prefixed(hex('62'), 1), prefixed(hex('63'), 2), prefixed(hex('64'))]);
	for (const cuts of [[], [1], [4]]) {
		const run = both(grpcMessages(), bytes, { cuts });
		expect(run.framed.map((one) => (one.kind === 'message' ? one.text : `dropped: ${one.length}`))).toEqual(['a', 'dropped: 6', 'dropped: 6', 'd']);
	}
	const memory = new WebAssembly.Memory({ initial: 2 });
	const framing = grpcMessages();
	const scan = framing.reference(memory);
	const view = new DataView(memory.buffer);
	new Uint8Array(memory.buffer).set(bytes, 4096);
	const context = 1024;
	for (const [field, value] of [
		[SCAN.descriptors, 8192],
		[SCAN.limit, 8],
		[SCAN.longest, 1000],
		[SCAN.start, 4096],
		[SCAN.end, 4096 + bytes.length],
		[SCAN.final, 1],
	] as const)
		view.setUint32(context + field, value, true);
	expect(scan(context)).toBe(1);
	expect(view.getUint32(context + SCAN.stop, true)).toBe(SCAN_STOP.refused);
	expect(view.getUint32(context + SCAN.mode, true)).toBe(ERROR_CATEGORIES.syntax);
	expect(framing.counts?.(memory, context)).toEqual({ compressed: 1 });
	expect(contextBytes(framing)).toBeGreaterThan(SCAN.size);
	expect(view.getUint32(8192 + DESCRIPTOR.length, true)).toBe(1);
});

test('misuse is told', () => {
	expect(() => varintDelimited({ items: 0.5 })).toThrow("tickforge: the items' field number 0.5 is not one of 1 to 536870911");
});
