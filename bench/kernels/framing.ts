/** What finding the lines costs: framing and parsing against parsing alone, over the same bytes in the same memory. And framers of packets, generated against plain TypeScript. */
import { binaryFile } from '../../src/framing/length-prefixed.ts';
import { lines } from '../../src/framing/lines.ts';
import { moldUdp64 } from '../../src/framing/packets.ts';
import { type Framing, SCAN, SCAN_STOP, type ScanFunction } from '../../src/framing/scan-abi.ts';
import { soupBinTcp } from '../../src/framing/soup-bin-tcp.ts';
import { compile, createArena, DESCRIPTOR, json } from '../../src/index.ts';
import type { Measurement } from '../measure.ts';
import { type MessageType, messageTypes } from '../messages/index.ts';
import { writeMessages } from '../parsers.ts';
import { estimateMedian } from '../statistics.ts';
import { createTouch } from '../touch.ts';
import type { KernelCase } from './kernel-case.ts';
import { mustAgree, timed } from './timed.ts';

/** Lines that a call of the framer finds, and of the parser takes. */
const PART = 400;
const FRAMED = 'framing + parsing';
const ALONE = 'parsing';

export function framingCases(): KernelCase[] {
	const [type] = messageTypes;
	if (type === undefined) return [];
	return [framingCase(type, 'window', 2 ** 16, 40_000), framingCase(type, 'streaming', 33 * 10 ** 6, 1), ...PACKETS.map(packetCase)];
}

/** @param least messages a round; the bytes are gone through as often as that takes */
function framingCase(type: MessageType, name: string, bytes: number, least: number): KernelCase {
	const encoded = writeMessages(type, 'realistic', 32, { bytes });
	const count = encoded.length;
	const size = encoded.reduce((sum, { length }) => sum + length + 1, 0);
	const arena = createArena({ ceiling: 2 ** 30 });
	const text = arena.allocate('lines', size, { guard: 4096 });
	const all = arena.allocate('all descriptors', count * DESCRIPTOR.size);
	const table = arena.allocate('descriptors', PART * DESCRIPTOR.size);
	const context = arena.allocate('framing', SCAN.size).address;
	const parser = compile(json(type.schema), { arena, rows: 4096 });
	const words = arena.u32();
	let at = text.address;
	encoded.forEach((message, index) => {
		arena.u8().set(message, at);
		arena.u8()[at + message.length] = 0x0a;
		words[(all.address + index * DESCRIPTOR.size + DESCRIPTOR.offset) >>> 2] = at;
		words[(all.address + index * DESCRIPTOR.size + DESCRIPTOR.length) >>> 2] = message.length;
		at += message.length + 1;
	});
	const scan = generated(lines(), arena.memory);
	const passes = Math.ceil(least / count);
	const touch = createTouch(arena, { address: text.address, bytes: size, messages: count });
	// The memory may have grown for the batches and the touched places.
	const put = (field: number, value: number): void => {
		arena.u32()[(context + field) >>> 2] = value;
	};
	const frame = (take: (found: number) => void): number => {
		let lines = 0;
		for (let pass = 0; pass < passes; pass++) {
			put(SCAN.start, text.address);
			put(SCAN.scanned, text.address);
			put(SCAN.end, text.address + size);
			put(SCAN.final, 1);
			put(SCAN.descriptors, table.address);
			put(SCAN.limit, PART);
			put(SCAN.longest, 2 ** 20);
			do {
				const found = scan(context);
				take(found);
				lines += found;
			} while (arena.u32()[(context + SCAN.stop) >>> 2] === SCAN_STOP.full);
		}
		return lines;
	};
	const parse = (): void => {
		for (let pass = 0; pass < passes; pass++) {
			for (let first = 0; first < count; first += PART) parser.parseMany(all.address + first * DESCRIPTOR.size, Math.min(PART, count - first));
		}
	};
	const nothing = (): void => undefined;
	const parseFound = (found: number): void => {
		if (found > 0) parser.parseMany(table.address, found);
	};
	mustAgree('the framer', count * passes, frame(nothing));
	parse();
	frame(parseFound);
	mustAgree('framing and parsing', 2 * count * passes, parser.statistics().messages - parser.statistics().refused);
	// What there is to learn is learned before anything is measured.
	for (let message = 0; message < 2_000_000; message += count * passes) parse();
	const messages = count * passes;
	return {
		name: `lines framed and parsed, ${type.name}, ${name}`,
		unit: 'message',
		bytes: size / count,
		candidates: [
			timed('touch', messages, () => {
				for (let pass = 0; pass < passes; pass++) for (let first = 0; first < count; first += PART) touch.run(first, Math.min(PART, count - first));
			}),
			timed('framing', messages, () => frame(nothing)),
			timed(ALONE, messages, parse),
			timed(FRAMED, messages, () => frame(parseFound)),
		],
		notes: [`${parser.tier} tier; parsing alone has descriptors of all lines ready`],
		found: (measurements) => [differenceOf(measurements)],
	};
}

function generated(framing: Framing, memory: WebAssembly.Memory): ScanFunction {
	if (framing.generate === null) throw new Error(`tickforge bench: ${framing.name} is not generated`);
	return new WebAssembly.Instance(new WebAssembly.Module(framing.generate()), { env: { memory } }).exports.scan as ScanFunction;
}

/** A message of as many bytes as an order of ITCH. */
const MESSAGE = 36;
const PACKED = 10_000;
/** Messages of a MoldUDP64 packet. */
const EACH = 10;

const PACKETS: readonly { readonly framing: Framing; readonly head: (index: number) => Buffer }[] = [
	{ framing: binaryFile(), head: () => Buffer.from([0, MESSAGE]) },
	{ framing: soupBinTcp(), head: () => Buffer.from([0, MESSAGE + 1, 0x53]) },
	{
		framing: moldUdp64(),
		head(index) {
			const length = Buffer.from([0, MESSAGE]);
			if (index % EACH !== 0) return length;
			const packet = Buffer.alloc(20);
			packet.writeUInt32BE(index, 14);
			packet.writeUInt16BE(EACH, 18);
			return Buffer.concat([packet, length]);
		},
	},
];

function packetCase({ framing, head }: (typeof PACKETS)[number]): KernelCase {
	const stream = Buffer.concat(Array.from({ length: PACKED }, (_, index) => Buffer.concat([head(index), Buffer.alloc(MESSAGE, 0x61)])));
	const arena = createArena();
	const region = arena.allocate('packets', stream.length, { guard: 4096 });
	const table = arena.allocate('descriptors', PART * DESCRIPTOR.size);
	const context = arena.allocate('framing', SCAN.size).address;
	arena.u8().set(stream, region.address);
	const words = arena.u32();
	const frameWith = (scan: ScanFunction) => (): number => {
		words.fill(0, context >>> 2, (context + SCAN.size) >>> 2);
		for (const [field, value] of [
			[SCAN.start, region.address],
			[SCAN.scanned, region.address],
			[SCAN.end, region.address + stream.length],
			[SCAN.final, 1],
			[SCAN.descriptors, table.address],
			[SCAN.limit, PART],
			[SCAN.longest, 2 ** 16],
		] as const) {
			words[(context + field) >>> 2] = value;
		}
		let found = 0;
		do found += scan(context);
		while (words[(context + SCAN.stop) >>> 2] === SCAN_STOP.full);
		return found;
	};
	const tiers = { kernel: frameWith(generated(framing, arena.memory)), 'plain TypeScript': frameWith(framing.reference(arena.memory)) };
	for (const [tier, frame] of Object.entries(tiers)) mustAgree(`${framing.name}, ${tier}`, PACKED, frame());
	return { name: `${framing.description} framed`, unit: 'message', bytes: stream.length / PACKED, candidates: Object.entries(tiers).map(([tier, frame]) => timed(tier, PACKED, frame)), notes: [] };
}

/** In words: what the framed runs took more than those of the same round that only parsed. */
function differenceOf(measurements: readonly Measurement[]): string {
	const timesOf = (name: string): readonly (number | null)[] => measurements.find((one) => one.name === name)?.times ?? [];
	const alone = timesOf(ALONE);
	const more = timesOf(FRAMED).flatMap((time, round) => (time === null || typeof alone[round] !== 'number' ? [] : [time - (alone[round] as number)]));
	const { median, low, high } = estimateMedian(more);
	return `framing included: ${median.toFixed(1)} ns a message more [${low.toFixed(1)}, ${high.toFixed(1)}]`;
}
