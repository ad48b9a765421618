/** Packet captures: what was written is read, whatever the link layer, byte order and cut; what is no datagram is counted. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lines } from '../../src/framing/lines.ts';
import { datagrams, nanosecondsOf, packetCapture, readAddress } from '../../src/framing/packet-capture.ts';
import { moldUdp64, sequencedUnits } from '../../src/framing/packets.ts';
import { sbePackets } from '../../src/framing/sbe-packets.ts';
import { json, parseFeed } from '../../src/index.ts';
import { integer, literal, message, oneOf } from '../../src/schema/index.ts';
import { bytesSource } from '../../src/sources/bytes.ts';
import { openCompressed } from '../../src/sources/compressed.ts';
import { createRandom, damage } from '../protocols/binary/random-formats.ts';
import { block, describeInterface, type LinkType, type Packet, packetBlock, pcap, section, text } from './captured-packets.ts';
import { type DriveOptions, drive, reference } from './harness.ts';

const TIME = 1_700_000_000_123_456_789n;
const MICROSECOND_TIME = 1_700_000_000_123_456_000n;
const each = datagrams();
const read = (bytes: Uint8Array, options: DriveOptions = {}, framing = packetCapture({ each })) => {
	const { framed, counts, gaps, missing, repeated, skipped } = drive(reference, framing, bytes, options);
	return { texts: framed.map(({ kind, text: found }) => (kind === 'message' ? found : `too long: ${found}`)), times: framed.map(({ received }) => received), counts, gaps, missing, repeated, skipped };
};
const LINKS: readonly LinkType[] = ['null', 'null-big', 'ethernet', 'vlan', 'qinq', 'raw', 'loop', 'cooked', 'cooked2', 'cooked2-vlan', 'ipv4-or-6'];

describe('pcap', () => {
	for (const link of LINKS) {
		it(`${link}: IPv4 and IPv6, in both byte orders, with micro- and nanoseconds, and modified`, () => {
			for (const bigEndian of [false, true]) {
				for (const kind of ['microseconds', 'nanoseconds', 'modified'] as const) {
					const packets: Packet[] = [
						{ time: TIME, payload: text('four') },
						{ time: TIME + 1_000_000_000n, payload: text('options'), extra: 3 },
						...(link === 'ipv4-or-6'
							? []
							: [
									{ time: TIME, payload: text('six'), address: 'ff3e::8000:1' },
									{ time: TIME, payload: text('six with headers'), address: 'ff3e::8000:1', extra: 5 },
								]),
					];
					const got = read(pcap(packets, { bigEndian, kind, link }));
					expect(got.texts).toEqual(packets.map(({ payload }) => Buffer.from(payload).toString()));
					expect(got.times).toEqual(packets.map(({ time }) => (kind === 'nanoseconds' ? time : (time / 1000n) * 1000n)));
					expect(got.counts).toEqual({ taken: packets.length });
				}
			}
		});
	}
	it('times up to the last second that the format has', () => {
		const last = 4294967295_999_999_999n;
		expect(read(pcap([{ time: last, payload: text('x') }], { kind: 'nanoseconds' })).times).toEqual([last]);
		expect(read(pcap([{ time: 0n, payload: text('x') }])).times).toEqual([0n]);
	});
	it('what is no whole UDP datagram is passed over, and counted by its reason', () => {
		const payload = text('payload');
		const arp = Uint8Array.from([...new Uint8Array(12), 8, 6, ...new Uint8Array(46)]);
		const capture = pcap([
			{ time: TIME, payload },
			{ time: TIME, payload: new Uint8Array(20), protocol: 6 },
			{ time: TIME, payload: new Uint8Array(20), protocol: 1 },
			{ time: TIME, payload, fragment: 0x2000 },
			{ time: TIME, payload, fragment: 0x0001 },
			{ time: TIME, payload, address: 'ff02::1', fragment: 0x0001 },
			{ time: TIME, payload: text('whole in a fragment header'), address: 'ff02::1', fragment: 0 },
			{ time: TIME, payload, keep: 30 },
			{ time: TIME, payload, address: 'ff02::1', extra: 2, keep: 60 },
		]);
		const record = Buffer.alloc(16);
		record.writeUInt32LE(arp.length, 8);
		const got = read(Buffer.concat([capture, record, arp]));
		expect(got.texts).toEqual(['payload', 'whole in a fragment header']);
		expect(got.counts).toEqual({ taken: 2, tcp: 1, 'not-udp': 1, fragment: 3, 'not-ip': 1, 'cut-off': 2 });
		expect(got.skipped).toBe(8);
		expect(read(pcap([{ time: TIME, payload }]).fill(147, 20, 21)).counts).toEqual({ 'link-type': 1 });
	});
	it('lengths that contradict each other are damage; one not filled in yet is not', () => {
		const at = 24 + 16 + 14;
		const with_ = (change: (bytes: Uint8Array) => void): ReturnType<typeof read> => {
			const bytes = pcap([{ time: TIME, payload: text('long enough not to be padded') }]);
			change(bytes);
			return read(bytes);
		};
		expect(with_((bytes) => bytes.fill(0, at + 2, at + 4)).texts).toEqual(['long enough not to be padded']);
		expect(with_((bytes) => bytes.fill(0, at + 24, at + 26)).texts).toEqual(['long enough not to be padded']);
		expect(with_((bytes) => (bytes[at + 3] = 19)).counts).toEqual({ damaged: 1 });
		expect(with_((bytes) => (bytes[at + 25] = 7)).counts).toEqual({ damaged: 1 });
		expect(with_((bytes) => (bytes[at + 24] = 1)).counts).toEqual({ damaged: 1 });
		expect(with_((bytes) => (bytes[at] = 0x44)).counts).toEqual({ damaged: 1 });
		expect(with_((bytes) => (bytes[at] = 0x65)).counts).toEqual({ damaged: 1 });
	});
	it('a packet cut by the snap length gives what is there of it', () => {
		const got = read(
			pcap([
				{ time: TIME, payload: text('0123456789'.repeat(10)), keep: 14 + 28 + 25 },
				{ time: TIME, payload: text('next') },
			]),
		);
		expect(got.texts).toEqual(['0123456789012345678901234', 'next']);
		expect(got.counts).toEqual({ taken: 2, shortened: 1 });
	});
	it('files one after the other, in other byte orders', () => {
		const parts = [pcap([{ time: TIME, payload: text('a') }]), pcap([{ time: TIME, payload: text('b') }], { bigEndian: true, kind: 'nanoseconds', link: 'cooked' }), pcap([{ time: TIME, payload: text('c') }])];
		for (const cuts of [[], [1], [7]]) expect(read(Buffer.concat(parts), { cuts })).toMatchObject({ texts: ['a', 'b', 'c'], times: [MICROSECOND_TIME, TIME, MICROSECOND_TIME] });
	});
	it('a length beyond reason ends the file: the rest counts as one message that is too long', () => {
		const good = pcap([{ time: TIME, payload: text('good') }]);
		const forged = Uint8Array.from(Buffer.concat([good, good.subarray(24)]));
		new DataView(forged.buffer).setUint32(good.length + 8, 0xffffffff, true);
		for (const cuts of [[], [1], [13]]) {
			const { framed } = drive(reference, packetCapture({ each }), forged, { cuts, longest: 1000 });
			expect(framed.map(({ kind, length }) => [kind, length])).toEqual([
				['message', 4],
				['too-long', good.length - 24],
			]);
		}
		const other = drive(reference, packetCapture({ each }), text('this is no capture'), {});
		expect(other.framed.map(({ kind, length }) => [kind, length])).toEqual([['too-long', 18]]);
	});
	it('a message longer than allowed is dropped, and the next datagram is read', () => {
		for (const cuts of [[], [1], [50]])
			expect(
				read(
					pcap([
						{ time: TIME, payload: text('x'.repeat(40)) },
						{ time: TIME, payload: text('next') },
					]),
					{ longest: 20, cuts },
				).texts,
			).toEqual([`too long: ${'x'.repeat(20)}`, 'next']);
	});
	it('only the ports and addresses asked for', () => {
		const capture = pcap([
			{ time: TIME, payload: text('a'), port: 1 },
			{ time: TIME, payload: text('b'), port: 2 },
			{ time: TIME, payload: text('c'), port: 2, address: '233.54.12.112' },
			{ time: TIME, payload: text('d'), port: 2, address: 'ff3e::1' },
		]);
		expect(read(capture, {}, packetCapture({ each, ports: [2] }))).toMatchObject({ texts: ['b', 'c', 'd'], counts: { taken: 3, filtered: 1 } });
		expect(read(capture, {}, packetCapture({ each, ports: [2], addresses: ['233.54.12.111', 'ff3e:0::1'] })).texts).toEqual(['b', 'd']);
	});
});

describe('pcapng', () => {
	const units = (time: bigint, resolution: number): bigint => ((resolution & 128) !== 0 ? (time << BigInt(resolution & 127)) / 1_000_000_000n : resolution <= 9 ? time / 10n ** BigInt(9 - resolution) : time * 10n ** BigInt(resolution - 9));
	it('interfaces with resolutions and offsets of their own, all kinds of packet blocks, several sections', () => {
		for (const bigEndian of [false, true]) {
			const parts = [section(bigEndian)];
			const expected: [string, bigint][] = [];
			const faces = [
				{ link: 'ethernet', resolution: undefined, offset: undefined },
				{ link: 'raw', resolution: 9, offset: undefined },
				{ link: 'cooked', resolution: 3, offset: undefined },
				{ link: 'cooked2', resolution: 0x80 | 20, offset: undefined },
				{ link: 'loop', resolution: 9, offset: 1_000_000_000n },
				{ link: 'vlan', resolution: 10, offset: 5n },
			] as const;
			for (const { link, resolution, offset } of faces) parts.push(describeInterface(bigEndian, { link, ...(resolution === undefined ? {} : { resolution }), ...(offset === undefined ? {} : { offset }) }));
			parts.push(block(bigEndian, 5, new Uint8Array(16)), block(bigEndian, 0x0bad, new Uint8Array(3)));
			faces.forEach(({ link, resolution = 6, offset = 0n }, index) => {
				for (const kind of ['enhanced', 'old'] as const) {
					const payload = `${link} ${kind}`;
					const counted = units(TIME - offset * 1_000_000_000n, resolution);
					parts.push(packetBlock(bigEndian, kind, { time: TIME, payload: text(payload), link, interface: index }, counted));
					expected.push([payload, nanosecondsOf(counted, resolution, offset)]);
				}
			});
			parts.push(packetBlock(bigEndian, 'simple', { time: 0n, payload: text('simple') }, 0n));
			expected.push(['simple', 0n]);
			parts.push(section(!bigEndian), describeInterface(!bigEndian, { link: 'raw' }), packetBlock(!bigEndian, 'enhanced', { time: TIME, payload: text('another section'), link: 'raw' }, TIME / 1000n));
			expected.push(['another section', MICROSECOND_TIME]);
			for (const cuts of [[], [1], [5, 64]]) {
				const got = read(Buffer.concat(parts), { cuts });
				expect(got.texts.map((one, index) => [one, got.times[index]])).toEqual(expected);
				expect(got.counts).toEqual({ taken: expected.length });
			}
			for (const [, time] of expected.slice(0, 4)) expect(time / 1_000_000n).toBe(TIME / 1_000_000n);
		}
	});
	it('simple packets are cut by the snap length', () => {
		const packet: Packet = { time: 0n, payload: text('0123456789'.repeat(10)), keep: 70 };
		expect(read(Buffer.concat([section(), describeInterface(false, { snapLength: 70 }), packetBlock(false, 'simple', packet, 0n)]))).toMatchObject({ texts: ['0123456789012345678901234567'], counts: { taken: 1, shortened: 1 } });
	});
	it('packets of an interface that was not described, and blocks that contradict themselves', () => {
		const payload = text('payload');
		const wrong = packetBlock(false, 'enhanced', { time: 0n, payload }, 0n);
		new DataView(wrong.buffer, wrong.byteOffset).setUint32(20, 0x7fffffff, true);
		const got = read(
			Buffer.concat([
				section(),
				describeInterface(false, {}),
				packetBlock(false, 'enhanced', { time: 0n, payload, interface: 1 }, 0n),
				packetBlock(false, 'old', { time: 0n, payload, interface: 9000 }, 0n),
				wrong,
				block(false, 6, new Uint8Array(8)),
				packetBlock(false, 'enhanced', { time: 0n, payload: text('good') }, 5n),
			]),
		);
		expect(got).toMatchObject({ texts: ['good'], times: [5000n], counts: { taken: 1, 'no-interface': 2, damaged: 2 } });
	});
	it('long blocks without packets need no room; a block length that cannot be ends the file', () => {
		const start = Buffer.concat([section(), describeInterface(false, {})]);
		const good = packetBlock(false, 'enhanced', { time: 0n, payload: text('good') }, 0n);
		expect(read(Buffer.concat([start, block(false, 10, new Uint8Array(500_000)), good]), { cuts: [1000] }).texts).toEqual(['good']);
		for (const length of [0, 8, 13, 0xfffffffc]) {
			const forged = Buffer.from(good);
			forged.writeUInt32LE(length, 4);
			const { framed } = drive(reference, packetCapture({ each }), Buffer.concat([start, good, forged, good]), { longest: 8, cuts: [11] });
			expect(framed.map(({ kind, length: bytes }) => [kind, bytes])).toEqual([
				['message', 4],
				['too-long', good.length * 2],
			]);
		}
	});
});

describe('datagrams', () => {
	const mold = (session: string, sequence: number, messages: readonly string[]): Uint8Array => {
		const head = Buffer.alloc(20, ' ');
		head.write(session, 0, 'latin1');
		head.writeBigUInt64BE(BigInt(sequence), 10);
		head.writeUInt16BE(messages.length, 18);
		return Buffer.concat([head, ...messages.map((one) => Buffer.concat([Buffer.from([0, one.length]), text(one)]))]);
	};
	it('are cut as MoldUDP64, each destination with numbers of its own, however the file is cut', () => {
		fc.assert(
			fc.property(
				fc.array(fc.record({ stream: fc.integer({ min: 0, max: 3 }), messages: fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 9 }), { maxLength: 4 }), lost: fc.boolean(), ng: fc.boolean() }), { maxLength: 12 }),
				fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 4 }),
				fc.boolean(),
				fc.integer({ min: 1, max: 7 }),
				(given, cuts, isNg, limit) => {
					const next = [1, 1, 1, 1];
					const started = [false, false, false, false];
					const texts: string[] = [];
					const packets: Packet[] = [];
					let gaps = 0;
					let missing = 0;
					let pending = [0, 0, 0, 0];
					for (const { stream, messages, lost } of given) {
						const sequence = next[stream] as number;
						next[stream] = sequence + messages.length;
						if (lost) {
							if (started[stream] === true) pending = pending.map((count, index) => (index === stream ? count + messages.length : count));
							continue;
						}
						started[stream] = true;
						if ((pending[stream] as number) > 0) {
							gaps++;
							missing += pending[stream] as number;
							pending[stream] = 0;
						}
						texts.push(...messages);
						// Two ports, and two addresses, of which one is IPv6.
						packets.push({ time: TIME, payload: mold('S', sequence, messages), port: stream < 2 ? 100 + stream : 102, address: stream === 3 ? 'ff3e::1' : '224.0.0.1' });
					}
					const file = isNg ? Buffer.concat([section(), describeInterface(false, {}), ...packets.map((packet) => packetBlock(false, 'enhanced', packet, TIME / 1000n))]) : pcap(packets);
					const got = read(file, { cuts, limit }, packetCapture({ each: moldUdp64() }));
					expect(got).toMatchObject({ texts, gaps, missing, repeated: 0 });
					for (const time of got.times) expect(time).toBe(MICROSECOND_TIME);
				},
			),
		);
	});
	it('what one datagram lacks is not looked for in the next', () => {
		const first = mold('S', 1, ['one', 'two', 'three']);
		const got = read(
			pcap([
				{ time: TIME, payload: first, keep: 14 + 28 + 20 + 2 + 3 + 2 + 1 },
				{ time: TIME, payload: mold('S', 4, ['four']) },
			]),
			{},
			packetCapture({ each: moldUdp64() }),
		);
		expect(got).toMatchObject({ texts: ['one', 't', 'four'], gaps: 0, counts: { taken: 2, shortened: 1 } });
	});
	it("are cut as Cboe's units, lines, and packets of SBE messages", () => {
		const unit = (sequence: number, messages: readonly string[]): Uint8Array => {
			const body = Buffer.concat(messages.map((one) => Buffer.concat([Buffer.from([one.length + 1]), text(one)])));
			const head = Buffer.alloc(8);
			head.writeUInt16LE(8 + body.length, 0);
			head.writeUInt8(messages.length, 2);
			head.writeUInt32LE(sequence, 4);
			return Buffer.concat([head, body]);
		};
		expect(
			read(
				pcap([
					{ time: TIME, payload: unit(1, ['a', 'bc']) },
					{ time: TIME, payload: unit(5, ['d']) },
				]),
				{ limit: 1 },
				packetCapture({ each: sequencedUnits() }),
			),
		).toMatchObject({ texts: ['\x02a', '\x03bc', '\x02d'], gaps: 1, missing: 2 });
		expect(
			read(
				pcap([
					{ time: TIME, payload: text('{"a":1}\r\n\n{"a":2}') },
					{ time: TIME, payload: text('{"a":3}\n') },
				]),
				{ cuts: [9], limit: 1 },
				packetCapture({ each: lines() }),
			).texts,
		).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
		const packet = (number: number, messages: readonly string[]): Uint8Array => {
			const head = Buffer.alloc(12);
			head.writeUInt32LE(number, 0);
			return Buffer.concat([head, ...messages.map((one) => Buffer.concat([Buffer.from([one.length + 2, 0]), text(one)]))]);
		};
		const sbe = packetCapture({ each: sbePackets() });
		const stream = pcap([7, 8, 11, 8, 11, 12, 1].map((number) => ({ time: TIME, payload: packet(number, [`a${number}`, `b${number}`]) })));
		for (const options of [{}, { limit: 1 }, { cuts: [1] }]) expect(read(stream, options, sbe)).toMatchObject({ texts: ['a7', 'b7', 'a8', 'b8', 'a11', 'b11', 'a12', 'b12', 'a1', 'b1'], gaps: 1, missing: 2, repeated: 2 });
		const short = packet(1, ['whole', 'cut']);
		expect(
			read(
				pcap([
					{ time: TIME, payload: short.subarray(0, -1) },
					{ time: TIME, payload: short.subarray(0, 5) },
					{ time: TIME, payload: packet(2, ['x'.repeat(30), 'y']) },
				]),
				{ longest: 20 },
				sbe,
			).texts,
		).toEqual(['whole', 'cu', Buffer.from(short.subarray(0, 5)).toString('latin1'), `too long: ${'x'.repeat(20)}`, 'y']);
	});
	it('of more destinations than are kept apart are read, and told', () => {
		const packets = Array.from({ length: 600 }, (_, index): Packet => ({ time: TIME, payload: mold('S', 1 + index, ['m']), port: 1000 + index }));
		const got = read(pcap([...packets, ...packets]), {}, packetCapture({ each: moldUdp64() }));
		expect(got.texts.length).toBe(600 + 216);
		expect(got).toMatchObject({ gaps: 0, repeated: 384, counts: { taken: 1200, untracked: 432 } });
	});
	it('cannot be cut as captures within captures', () => {
		expect(() => packetCapture({ each: packetCapture({ each }) })).toThrow('datagrams cannot be cut as packets captured');
		expect(() => packetCapture({ each, ports: [70000] })).toThrow('a port is a whole number from 0 to 65535, not 70000');
	});
});

it('addresses', () => {
	expect([...readAddress('1.2.3.255')]).toEqual([1, 2, 3, 255]);
	expect(Buffer.from(readAddress('ff3e::8000:1')).toString('hex')).toBe('ff3e0000000000000000000080000001');
	expect(Buffer.from(readAddress('::')).toString('hex')).toBe('0'.repeat(32));
	expect(Buffer.from(readAddress('::ffff:1.2.3.4')).toString('hex')).toBe('00000000000000000000ffff01020304');
	expect(Buffer.from(readAddress('1:2:3:4:5:6:7:8')).toString('hex')).toBe('00010002000300040005000600070008');
	for (const wrong of ['', '1.2.3', '1.2.3.256', '1.2.3.x', '1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::1', '12345::', '1:2:3:4:5:6:7::8', '1.2.3.4:80']) expect(() => readAddress(wrong)).toThrow('is no IPv4 or IPv6 address');
});

it('times without BigInt are those with it', () => {
	fc.assert(
		fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom(6, 9), (units, resolution) => {
			const file = Buffer.concat([section(), describeInterface(false, { resolution }), packetBlock(false, 'enhanced', { time: 0n, payload: text('x') }, units)]);
			expect(read(file).times).toEqual([nanosecondsOf(units, resolution, 0n)]);
		}),
	);
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, fraction) => {
			const time = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
			expect(read(pcap([{ time, payload: text('x') }], { kind: 'nanoseconds' })).times).toEqual([time]);
		}),
	);
});

it('damaged captures end, give no byte that is not theirs, and are read alike however they are cut', () => {
	const random = createRandom(11);
	const packets: Packet[] = [
		{ time: TIME, payload: text('one') },
		{ time: TIME, payload: text('two'), address: 'ff3e::1', extra: 3 },
		{ time: TIME, payload: text('three'), link: 'ethernet' },
		{ time: TIME, payload: text('four') },
	];
	const files = [
		pcap(packets),
		pcap(packets, { bigEndian: true, kind: 'modified', link: 'qinq' }),
		Uint8Array.from(Buffer.concat([section(), describeInterface(false, { resolution: 0x8a, offset: 3n }), block(false, 5, new Uint8Array(8)), ...packets.map((packet) => packetBlock(false, 'enhanced', packet, 5n)), packetBlock(false, 'simple', packets[0] as Packet, 0n)])),
	];
	for (let count = 0; count < 1500; count++) {
		const damaged = damage(random, Uint8Array.from(random.pick(files)));
		const framing = packetCapture({ each: random.pick([each, moldUdp64(), sbePackets(), lines()]) });
		const all = drive(reference, framing, damaged, { longest: 64 });
		expect(all.framed.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(damaged.length + 65535);
		const cut = drive(reference, framing, damaged, { longest: 64, cuts: [random.pick([1, 3, 17, 64])], limit: random.pick([1, 2, 7]) });
		const kept = ({ kind, text: found, received, length }: (typeof all.framed)[number]): unknown => [kind, kind === 'message' ? found : length, received];
		expect(cut.framed.map(kept)).toEqual(all.framed.map(kept));
		expect(cut.counts).toEqual(all.counts);
		expect([cut.gaps, cut.missing, cut.repeated]).toEqual([all.gaps, all.missing, all.repeated]);
	}
});

it('a compressed capture is parsed as a feed, with receive times and counts', async () => {
	const protocol = json(oneOf('ticks', { version: 1 }, message('tick', { e: literal('tick'), n: integer() })));
	const packets = Array.from({ length: 3000 }, (_, index): Packet => ({ time: TIME + BigInt(index), payload: text(JSON.stringify({ e: 'tick', n: index })), ...(index % 10 === 0 ? { protocol: 6 } : {}) }));
	const { source } = await openCompressed(bytesSource(gzipSync(pcap(packets, { kind: 'nanoseconds' }))));
	const times: bigint[] = [];
	const summary = await parseFeed(protocol, source, packetCapture({ each }), {
		received: true,
		window: 1000,
		longest: 500,
		onBatch(batch) {
			const { received } = batch;
			if (received?.kind === 'timestamp') batch.visit((row) => times.push(received.bigint(row)));
		},
	});
	expect(summary).toMatchObject({ skipped: 300, counts: { taken: 2700, tcp: 300 }, statistics: { messages: 2700, refused: 0 } });
	expect(times).toEqual(packets.flatMap(({ time, protocol: other }) => (other === 6 ? [] : [time])));
});
