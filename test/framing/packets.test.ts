/** Packets with several messages and a sequence number: what is in them, what is missing, however the stream is cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryFile, lengthPrefixed, simpleOpenFraming } from '../../src/framing/length-prefixed.ts';
import { moldUdp64, sequencedUnits } from '../../src/framing/packets.ts';
import { type Framing, SCAN } from '../../src/framing/scan-abi.ts';
import { soupBinTcp } from '../../src/framing/soup-bin-tcp.ts';
import { createRandom, damage, type Random } from '../protocols/binary/random-formats.ts';
import { bytesOf, drive, generated, reference } from './harness.ts';

/** A MoldUDP64 packet: session, sequence, and messages; or a count where there are none. */
function mold(session: string, sequence: number, messages: readonly string[] | number): Buffer {
	const head = Buffer.alloc(20);
	head.write(session.padEnd(10), 0, 'latin1');
	head.writeBigUInt64BE(BigInt(sequence), 10);
	head.writeUInt16BE(typeof messages === 'number' ? messages : messages.length, 18);
	const blocks = typeof messages === 'number' ? [] : messages.flatMap((text) => [Buffer.from([text.length >> 8, text.length & 255]), bytesOf(text)]);
	return Buffer.concat([head, ...blocks]);
}

function unit(number: number, sequence: number, messages: readonly string[]): Buffer {
	const body = Buffer.concat(messages.map((text) => Buffer.concat([Buffer.from([text.length + 1]), bytesOf(text)])));
	const head = Buffer.alloc(8);
	head.writeUInt16LE(8 + body.length, 0);
	head.writeUInt8(messages.length, 2);
	head.writeUInt8(number, 3);
	head.writeUInt32LE(sequence, 4);
	return Buffer.concat([head, body]);
}

const soup = (type: string, payload = ''): Buffer => Buffer.concat([Buffer.from([(payload.length + 1) >> 8, (payload.length + 1) & 255]), bytesOf(type + payload)]);

const login = (sequence: number): Buffer => soup('A', `${'SESSION'.padStart(10)}${String(sequence).padStart(20)}`);

/** What a framing made of a stream, and its counters of sequence numbers. */
function read(framing: Framing, stream: Uint8Array, cuts: readonly number[] = []): { texts: string[]; gaps: number; missing: number; repeated: number; skipped: number } {
	const { framed, skipped, trace } = drive(reference, framing, stream, { cuts });
	const context = Buffer.from((trace.at(-1) ?? '').split(' ')[1] ?? '', 'hex');
	return { texts: framed.map(({ text }) => text), gaps: context.readUInt32LE(SCAN.gaps), missing: context.readDoubleLE(SCAN.missing), repeated: context.readDoubleLE(SCAN.repeated), skipped };
}

const CUTS = [[], [1], [3, 7], [19], [64]];

describe('MoldUDP64', () => {
	it('messages, heartbeats, gaps, repeats, another session, the end', () => {
		const stream = Buffer.concat([mold('S1', 1, ['one', 'two']), mold('S1', 3, 0), mold('S1', 5, ['five']), mold('S1', 3, ['three', 'four', 'five', 'six']), mold('S2', 1, ['new']), mold('S2', 2, 0xffff)]);
		for (const cuts of CUTS) expect(read(moldUdp64(), stream, cuts)).toEqual({ texts: ['one', 'two', 'five', 'six', 'new'], gaps: 1, missing: 2, repeated: 3, skipped: 0 });
	});
	it('sequence numbers beyond 2^32', () => {
		const stream = Buffer.concat([mold('S', 2 ** 40, ['a']), mold('S', 2 ** 40 + 4, ['b'])]);
		expect(read(moldUdp64(), stream)).toMatchObject({ texts: ['a', 'b'], gaps: 1, missing: 3 });
	});
	it('whatever was written is read, however it is cut', () => {
		fc.assert(
			fc.property(fc.array(fc.array(fc.string({ maxLength: 9 }), { maxLength: 4 }), { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }), (given, cuts) => {
				let next = 1;
				const stream = Buffer.concat(
					given.map((messages) => {
						const packet = mold('S', next, messages);
						next += messages.length;
						return packet;
					}),
				);
				const texts = given.flat().map((text) => Buffer.from(bytesOf(text)).toString('latin1'));
				expect(read(moldUdp64(), stream, cuts)).toEqual({ texts, gaps: 0, missing: 0, repeated: 0, skipped: 0 });
			}),
		);
	});
});

it('Cboe units: messages with their length, gaps', () => {
	const stream = Buffer.concat([unit(1, 10, ['ab', 'c']), unit(1, 13, ['d']), unit(2, 1, ['e'])]);
	for (const cuts of CUTS) expect(read(sequencedUnits(), stream, cuts)).toEqual({ texts: ['\x03ab', '\x02c', '\x02d', '\x02e'], gaps: 1, missing: 1, repeated: 0, skipped: 0 });
});

it('SoupBinTCP: data packets are messages, a new login shows what was lost', () => {
	const stream = Buffer.concat([soup('+', 'debug'), login(1), soup('S', 'one'), soup('H'), soup('U', 'not numbered'), soup('S', 'two'), login(5), soup('S', 'five'), soup('Z')]);
	for (const cuts of CUTS) expect(read(soupBinTcp(), stream, cuts)).toEqual({ texts: ['one', 'not numbered', 'two', 'five'], gaps: 1, missing: 2, repeated: 0, skipped: 5 });
});

it('BinaryFILE: a length of 0 ends a session', () => {
	const stream = Buffer.concat([Buffer.from([0, 3]), bytesOf('abc'), Buffer.from([0, 0, 0, 1]), bytesOf('d'), Buffer.from([0, 0])]);
	for (const cuts of CUTS) expect(read(binaryFile(), stream, cuts)).toMatchObject({ texts: ['abc', 'd'], skipped: 2 });
});

it("FIX's Simple Open Framing Header: the length counts the header", () => {
	const stream = Buffer.concat([Buffer.from([0, 0, 0, 9, 0xeb, 0x50]), bytesOf('abc'), Buffer.from([0, 0, 0, 6, 0xeb, 0x50]), Buffer.from([0, 0, 0, 2, 0xeb, 0x50]), Buffer.from([0, 0, 0, 7, 0xeb, 0x50]), bytesOf('d')]);
	for (const cuts of CUTS) expect(read(simpleOpenFraming(), stream, cuts).texts).toEqual(['abc', '', '', 'd']);
});

/** Streams of a framing, sound ones: other lengths, other types, numbers that jump. */
const streams: readonly (readonly [Framing, (random: Random) => Buffer])[] = [
	...[binaryFile(), ...([2, 4] as const).flatMap((bytes) => (['big', 'little'] as const).flatMap((endian) => [false, true].map((stamped) => lengthPrefixed({ bytes, endian, stamped })))), simpleOpenFraming()].map((framing): readonly [Framing, (random: Random) => Buffer] => [
		framing,
		(random) => {
			const isSofh = framing.name === 'sofh';
			const bytes = isSofh || framing.name.includes('32') ? 4 : 2;
			const more = Buffer.from(isSofh ? [0xeb, 0x50] : framing.received ? [1, 2, 3, 4, 5, 6, 7, 8] : []);
			return several(random, 12, () => {
				const body = Buffer.alloc(random.pick([0, 1, 5, 30]), 0x61);
				const length = Buffer.alloc(bytes);
				if (framing.name.includes('little')) length.writeUIntLE(body.length, 0, bytes);
				else length.writeUIntBE(isSofh ? body.length + 6 : body.length, 0, bytes);
				return Buffer.concat([length, more, body]);
			});
		},
	]),
	[moldUdp64(), (random) => several(random, 6, () => mold(random.pick(['S1', 'S1', 'S2']), random.pick([1, 2, 3, 5, 2 ** 40]), random.pick([0, 0xffff, ['one'], ['', 'two', 'x'.repeat(30)]])))],
	[sequencedUnits(), (random) => several(random, 6, () => unit(random.pick([1, 1, 2]), random.pick([1, 2, 3, 5, 2 ** 32 - 1]), random.pick([[], ['one'], ['', 'two', 'x'.repeat(30)]])))],
	[soupBinTcp(), (random) => several(random, 12, () => random.pick([soup('S', 'one'), soup('S', 'x'.repeat(30)), soup('U'), soup('H'), soup('+', 'debug'), Buffer.from([0, 0]), login(random.pick([0, 1, 5, 9_999_999_999]))]))],
];
const several = (random: Random, below: number, one: () => Buffer): Buffer => Buffer.concat(Array.from({ length: random.below(below) }, one));

it.each(streams.map(([framing, make]) => ({ name: framing.name, framing, make })))('$name: generated code does what the reference does, call by call', ({ framing, make }) => {
	const random = createRandom(5);
	for (let count = 0; count < 200; count++) {
		const stream = Uint8Array.from(make(random));
		const given = random.chance(0.4) ? damage(random, stream) : stream;
		const options = { cuts: random.pick([...CUTS, [random.below(40) + 1, random.below(9) + 1]]), longest: random.pick([1, 4, 20, 1000]), limit: random.pick([1, 2, 7]) };
		expect(drive(generated, framing, given, options).trace).toEqual(drive(reference, framing, given, options).trace);
	}
});

it('damaged streams end, and give no byte that is not theirs', () => {
	const random = createRandom(3);
	for (const [framing, stream] of [
		[moldUdp64(), Buffer.concat([mold('S1', 1, ['one', 'two']), mold('S1', 3, ['three'])])],
		[sequencedUnits(), Buffer.concat([unit(1, 1, ['ab', 'c']), unit(1, 3, ['d'])])],
		[soupBinTcp(), Buffer.concat([soup('S', 'one'), soup('H'), soup('S', 'two')])],
		[binaryFile(), Buffer.from([0, 1, 0x61, 0, 0])],
	] as const) {
		for (let count = 0; count < 400; count++) {
			const damaged = damage(random, Uint8Array.from(stream));
			const { framed } = drive(reference, framing, damaged, { cuts: random.pick(CUTS), longest: 100 });
			expect(framed.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(damaged.length + 65535);
		}
	}
});
