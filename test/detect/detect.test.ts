/** What bytes are taken for: each format from its first bytes on, nothing from noise, and no bytes that do harm. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binary, type Candidate, createEncoder, type Detection, detect, encodeMessagePack, json, parseProto, protobuf, sbe, wire } from '../../src/index.ts';
import { integer, literal, message, oneOf } from '../../src/schema/index.ts';
import { describeInterface, packetBlock, pcap, section } from '../framing/captured-packets.ts';
import { createRandom, damage } from '../protocols/binary/random-formats.ts';
import { fixMessage, frame, itchMessages, mold, prefixed, samples, sbeMessage, text } from './samples.ts';

const best = (bytes: Uint8Array, options: Parameters<typeof detect>[1] = {}): Candidate => {
	const [first] = detect(bytes, options).candidates;
	if (first === undefined) throw new Error('nothing was recognised');
	return first;
};
const LIKELY = 0.5;
const SURE = 0.95;

describe('each format', () => {
	for (const { name, bytes, protocol, format, preset, version } of samples) {
		it(name, () => {
			const found = best(bytes, { complete: true });
			expect(found).toMatchObject({ protocol, ...(format === undefined ? {} : { format }), ...(preset === undefined ? {} : { preset }), ...(version === undefined ? {} : { version }) });
			expect(found.confidence).toBeGreaterThanOrEqual(SURE);
			expect(found.evidence.length).toBeGreaterThan(0);
			for (const reason of found.evidence) expect(reason).toMatch(/^\S.*\S$/);
		});
	}
	it('is told from a prefix of it, and stays so with every further byte', () => {
		for (const { name, bytes, protocol } of samples) {
			let since = -1;
			for (let length = 0; length <= bytes.length; length += length < 48 ? 1 : 17) {
				const { candidates, needsMore } = detect(bytes.subarray(0, length));
				const [first] = candidates;
				if (length === 0) expect(first).toBe(undefined);
				const isRight = first !== undefined && first.protocol === protocol;
				// Until then nothing else is believed.
				if (since < 0 && !isRight && first !== undefined && !MAY_BE[name]?.includes(first.protocol)) expect(first.confidence, `${name} is ${first.protocol} at ${length}: ${first.evidence.join(', ')}`).toBeLessThan(SURE);
				if (since < 0 && (first === undefined || first.confidence < SURE)) expect(needsMore, `${name} at ${length}`).toBe(true);
				if (isRight && first.confidence >= SURE && since < 0) since = length;
				if (since >= 0) expect(first?.protocol, `${name} at ${length}: ${first?.evidence.join(', ')}`).toBe(protocol);
			}
			expect(since, name).toBeGreaterThanOrEqual(0);
		}
	});
});

/** What a prefix really is, before more of it says otherwise. */
const MAY_BE: Readonly<Record<string, readonly string[]>> = { 'a capture': ['capture'], 'an upgrade': ['http'], 'ITCH in SoupBinTCP': ['soupbintcp'] };

describe('noise', () => {
	it('random bytes are believed to be something less than once in five hundred times', () => {
		const random = createRandom(2026);
		let likely = 0;
		let hints = 0;
		const rounds = 2000;
		for (let round = 0; round < rounds; round++) {
			const length = random.pick([4, 16, 64, 256, 1500]);
			const [first] = detect(
				Uint8Array.from({ length }, () => random.below(256)),
				{ complete: random.chance(0.5) },
			).candidates;
			if (first !== undefined && first.confidence >= LIKELY) likely++;
			if (first !== undefined && first.confidence >= 0.1) hints++;
		}
		expect(likely / rounds).toBeLessThan(0.002);
		expect(hints / rounds).toBeLessThan(0.02);
	});
	it('neither are zeros, ones, and counters', () => {
		for (const length of [1, 7, 64, 1000]) {
			for (const fill of [0x00, 0x01, 0x20, 0x0a, 0x7f, 0x80, 0x90, 0xa0, 0xc0, 0xfe]) for (const { protocol, confidence } of detect(new Uint8Array(length).fill(fill)).candidates) expect(confidence, `${length} times ${fill}: ${protocol}`).toBeLessThan(LIKELY);
			for (const { protocol, confidence } of detect(Uint8Array.from({ length }, (_, index) => index)).candidates) expect(confidence, `0 to ${length}: ${protocol}`).toBeLessThan(LIKELY);
		}
	});
	it('prose, code, tables and logs are not believed to be anything', () => {
		const root = resolve(import.meta.dirname, '../..');
		const files = [...['docs', 'src/framing', 'src/protocols/json', 'test/framing'].flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(root, folder, file))), join(root, 'README.md'), join(root, 'LICENSE')].filter((file) => /\.(?:md|ts)$|LICENSE$/.test(file));
		const random = createRandom(7);
		const words = ['the', 'price', 'of', '8=FIX', 'order', '[1]', '{x}', '12.5', 'Größe', '価格', '"quoted"', '- item', '# title', 'a,b,c', '2026-01-01'];
		const made = Array.from({ length: 200 }, () => text(Array.from({ length: 3 + random.below(60) }, () => random.pick(words)).join(random.pick([' ', '\n', ', ', '\t']))));
		let looked = 0;
		for (const bytes of [...files.map((file) => readFileSync(file)), ...made]) {
			for (const length of [5, 50, 400, 4000]) {
				looked++;
				for (const { protocol, confidence, evidence } of detect(bytes.subarray(0, length)).candidates) if (protocol !== 'fix' && !isJsonLike(bytes)) expect(confidence, `${protocol} in ${Buffer.from(bytes.subarray(0, 30)).toString()}: ${evidence.join(', ')}`).toBeLessThan(LIKELY);
			}
		}
		expect(looked).toBeGreaterThan(900);
	});
});

/** Text that does start as JSON, or as FIX, may be taken for it until it does not go on so. */
const isJsonLike = (bytes: Uint8Array): boolean => /^\s*(?:\[1\]|\[\s*$)/.test(Buffer.from(bytes.subarray(0, 4)).toString());

describe('no bytes do harm', () => {
	it('whatever is done to each format', () => {
		const random = createRandom(99);
		for (let round = 0; round < 1500; round++) {
			const { bytes } = random.pick(samples);
			const damaged = damage(random, Uint8Array.from(bytes.subarray(0, 1 + random.below(bytes.length))));
			check(detect(damaged, { complete: random.chance(0.5) }));
		}
	});
	it('nor any bytes behind the start of any format', () => {
		const starts = samples.map(({ bytes }) => bytes.subarray(0, 12));
		fc.assert(
			fc.property(fc.constantFrom(...starts), fc.nat(12), fc.uint8Array({ maxLength: 300 }), fc.boolean(), (start, keep, rest, complete) => check(detect(Uint8Array.from([...start.subarray(0, keep), ...rest]), { complete }))),
			{ numRuns: 600 },
		);
	});
	it('what is long, deep, or unpacks to very much is only looked at in part', () => {
		const bomb = gzipSync(new Uint8Array(2 ** 26));
		const long = [
			bomb,
			gzipSync(gzipSync(gzipSync(gzipSync(gzipSync(text('{"a":1}\n')))))),
			new Uint8Array(2 ** 22),
			text('['.repeat(2 ** 20)),
			text('{"a":'.repeat(2 ** 17)),
			text('8=FIX.4.4\x01'.repeat(2 ** 16)),
			text('8=FIX.4.4\x019=5\x01'.repeat(2 ** 16)),
			Uint8Array.from({ length: 2 ** 20 }, (_, index) => [0x81, 0x00][index & 1] as number),
			Uint8Array.from({ length: 2 ** 20 }, () => 0x91),
			Uint8Array.from({ length: 2 ** 20 }, (_, index) => [0x0a, 0x7f][index & 1] as number),
			text('"\\'.repeat(2 ** 19)),
			text('\n'.repeat(2 ** 20)),
			Buffer.concat([pcap([]), Buffer.alloc(2 ** 20)]),
			Buffer.concat([section(), ...Array.from({ length: 3000 }, () => describeInterface(false, {}))]),
		];
		for (const bytes of long) check(detect(bytes));
		expect(best(bomb).inside?.candidates ?? []).toEqual([]);
	});
	it('what is no bytes is told', () => {
		expect(() => detect('{"a":1}' as never)).toThrow('tickforge: detect takes the bytes of a file or stream as a Uint8Array');
		expect(detect(new Uint8Array(0))).toEqual({ candidates: [], needsMore: true, bytes: 0 });
		expect(detect(new Uint8Array(0), { complete: true }).needsMore).toBe(false);
		expect(best(Buffer.from('{"e":"trade","p":"1"}\n')).protocol).toBe('json');
	});
});

function check({ candidates }: Detection): void {
	let last = 1;
	for (const { confidence, evidence, inside } of candidates) {
		expect(confidence).toBeGreaterThan(0);
		expect(confidence).toBeLessThanOrEqual(last);
		expect(evidence.length).toBeGreaterThan(0);
		last = confidence;
		if (inside !== null) check(inside);
	}
}

describe('presets and given protocols', () => {
	const own = oneOf('own', { version: 1 }, message('tick', { e: literal('tick'), n: integer() }));
	it('the given schema is named, others are listed behind it', () => {
		const bytes = text('{"e":"tick","n":1}\n{"e":"tick","n":2}\n{"broken\n');
		expect(best(bytes)).toMatchObject({ protocol: 'json', preset: null });
		const protocol = json(own);
		const found = best(bytes, { protocols: [protocol] });
		expect(found).toMatchObject({ protocol: 'json', preset: 'own', presets: [{ preset: 'own', messages: 3, tables: ['tick'] }] });
		expect(found.presets[0]?.accepted).toBeCloseTo(2 / 3);
		expect(found.parser).toBe(protocol);
		expect(found.confidence).toBeCloseTo(2 / 3, 2);
		expect(found.evidence).toEqual(['2 of its first 3 lines are JSON values', '2 of 3 are messages of own: tick']);
	});
	it('a broken line more than whole ones is no NDJSON', () => expect(detect(text('{"e":"tick","n":1}\n{"broken\nnothing\n')).candidates).toEqual([]));

	const xml = (version: number, more: string): string => `<messageSchema package="venue" id="21" version="${version}" byteOrder="littleEndian"><types>
		<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
		</types><message name="Trade" id="5"><field name="price" id="1" type="int64"/>${more}</message></messageSchema>`;
	it('SBE of a given schema is told with the version that the messages announce', async () => {
		const protocol = await sbe(xml(1, '<field name="size" id="2" type="int64" sinceVersion="1"/>').replace(/type="int64"/g, 'type="int64"'));
		const trade = createEncoder(protocol).encode('Trade', { price: 5n, size: 6n } as never);
		const bytes = prefixed([trade, trade, trade], 2, 'little');
		expect(best(bytes)).toMatchObject({ protocol: 'sbe', version: '1', format: 'length-16-little', preset: null, advice: expect.stringContaining('no schema 21 is known here') });
		expect(best(bytes, { protocols: [protocol] })).toMatchObject({ protocol: 'sbe', version: '1', format: 'length-16-little', preset: 'venue' });
		expect(best(trade, { protocols: [protocol], complete: true })).toMatchObject({ protocol: 'sbe', version: '1', format: null, preset: 'venue' });
	});
	it('SBE of an unknown schema: both byte orders, and the long header', () => {
		const big = (template: number, body: number): Uint8Array => Uint8Array.from([0, body, 0, template, 0, 99, 0, 4, ...Array.from({ length: body }, (_, index) => index + 1)]);
		expect(best(prefixed([big(1, 20), big(2, 12), big(1, 20)], 2, 'big')).evidence.at(-1)).toContain('SBE headers (big endian): schema 99, version 4, templates 1, 2');
		const long = (template: number): Uint8Array => Uint8Array.from([16, 0, template, 0, 99, 0, 4, 0, 0, 0, 0, 0, ...Array.from({ length: 16 }, (_, index) => 200 - index)]);
		expect(best(prefixed([long(1), long(2), long(1)], 4, 'little')).evidence.at(-1)).toContain('long SBE headers (little endian)');
	});
	it('Protobuf of a given message is told by its name, delimited or single', async () => {
		const types = await parseProto('syntax = "proto3"; package feed; message Tick { string symbol = 1; uint64 size = 2; double price = 3; }');
		const protocol = protobuf(types, 'feed.Tick');
		const tick = Uint8Array.from([0x0a, 7, ...text('BTCUSDT'), 0x10, 0x96, 0x01, 0x19, 0, 0, 0, 0, 0, 0xd0, 0xe4, 0x40]);
		const name = protocol.schema.name;
		expect(best(tick, { protocols: [protocol], complete: true })).toMatchObject({ protocol: 'protobuf', preset: name });
		expect(best(Buffer.concat([Buffer.from([tick.length]), tick, Buffer.from([tick.length]), tick]), { protocols: [protocol] })).toMatchObject({ protocol: 'protobuf', preset: name });
	});
	it('a binary format of the user is tried in every framing', () => {
		const protocol = binary(wire.format('own', { endian: 'big', header: [wire.typeField(wire.uint(8))] }, wire.message('a', 1, { a: wire.uint(16) }), wire.message('b', 2, { b: wire.uint(32) })));
		const messages = [Uint8Array.from([1, 0, 5]), Uint8Array.from([2, 0, 0, 0, 9]), Uint8Array.from([1, 1, 1])];
		expect(best(prefixed(messages, 4, 'big'), { protocols: [protocol] })).toMatchObject({ protocol: 'binary', format: 'length-32-big', preset: 'own' });
		expect(best(mold(1, messages), { protocols: [protocol] })).toMatchObject({ format: 'moldudp64', preset: 'own' });
	});
});

describe('inside', () => {
	it('of compressed bytes, cut short, too', () => {
		const found = best(gzipSync(Buffer.from('{"e":"trade","p":"1"}\n'.repeat(500))).subarray(0, 60));
		expect(found.inside?.candidates[0]).toMatchObject({ protocol: 'json', format: 'ndjson' });
		expect(best(gzipSync(prefixed(itchMessages, 2, 'big'))).inside?.candidates[0]).toMatchObject({ protocol: 'itch', preset: 'nasdaq-itch-5.0' });
	});
	it('of packet captures: each destination has its own answer', () => {
		const time = 1_700_000_000_000_000_000n;
		const packets = [
			...[0, 1, 2].map((index) => ({ time, port: 1000, payload: mold(1 + index * 4, itchMessages.slice(index * 4, index * 4 + 4)) })),
			...[0, 1].map((index) => ({ time, port: 1001, address: 'ff3e::1:2', payload: sbeMessage(index) })),
			{ time, port: 1002, payload: text('{"a":1}\n{"a":2}\n') },
			{ time, port: 1003, payload: Uint8Array.from(encodeMessagePack({ name: 'value', n: 1 })) },
			{ time, port: 1004, payload: fixMessage('FIX.4.2', '35=0|34=1|') },
			{ time, port: 1005, payload: Uint8Array.from([9, 8, 7]) },
			{ time, port: 1000, protocol: 6, payload: new Uint8Array(30) },
		];
		for (const bytes of [pcap(packets), Buffer.concat([section(), describeInterface(false, {}), ...packets.map((packet) => packetBlock(false, 'enhanced', packet, 0n))])]) {
			const found = best(bytes);
			expect(found.streams.map(({ address, port, packets: count, detection: { candidates } }) => [address, port, count, candidates[0]?.protocol, candidates[0]?.format, candidates[0]?.preset])).toEqual([
				['233.54.12.111', 1000, 3, 'itch', 'moldudp64', 'nasdaq-itch-5.0'],
				['ff3e::1:2', 1001, 2, 'sbe', 'datagrams', 'binance-spot-sbe'],
				['233.54.12.111', 1002, 1, 'json', 'ndjson', null],
				['233.54.12.111', 1003, 1, 'msgpack', 'datagrams', null],
				['233.54.12.111', 1004, 1, 'fix', 'datagrams', null],
				['233.54.12.111', 1005, 1, undefined, undefined, undefined],
			]);
			expect(found.evidence.join()).toContain('of its first 10 packets 9 are UDP, to 6 destinations,1 is TCP, whose streams are not read');
		}
	});
	it('of WebSocket frames: fragments, control frames between them, compressed messages', () => {
		const whole = text('{"e":"trade","p":"1.5"}');
		const fragments = Buffer.concat([frame(0x01, whole.subarray(0, 5)), frame(0x89, text('ping')), frame(0x80, whole.subarray(5)), frame(0x88, Uint8Array.from([0x03, 0xe8]))]);
		expect(best(fragments)).toMatchObject({ protocol: 'websocket', inside: { candidates: [{ protocol: 'json' }] } });
		for (const broken of [
			[0x91, 1, 0x61],
			[0xa1, 1, 0x61],
			[0x83, 1, 0x61],
			[0x09, 0],
			[0x89, 126, 0, 200],
			[0x80, 1, 0x61],
			[0x81, 126, 0, 100],
			[0x88, 1, 0x61],
			[0x88, 2, 0, 5],
			[0x81, 2, 0xc3, 0x28],
		])
			expect(detect(Uint8Array.from([...broken, ...new Uint8Array(200)])).candidates.filter(({ protocol, confidence }) => protocol === 'websocket' && confidence > 0.01)).toEqual([]);
	});
});

describe('evidence', () => {
	it('is checked, not only looked for', () => {
		const good = Buffer.concat([fixMessage('FIX.4.2', '35=D|34=1|'), fixMessage('FIX.4.2', '35=D|34=2|')]);
		const bad = Buffer.from(good);
		bad[bad.length - 3] = 0x39;
		expect(best(good)).toMatchObject({ confidence: 1 });
		expect(best(bad).confidence).toBeLessThan(0.6);
		expect(best(bad).evidence).toContain('body length and checksum of 1 of its first 2 messages are right (MsgType D)');
		for (const bytes of [
			[0x1f, 0x8b, 9, 0],
			[0xd4, 0xc3, 0xb2, 0xa1, 9, 0, 4, 0],
		])
			for (const { protocol, confidence } of detect(Uint8Array.from(bytes)).candidates) expect(confidence, protocol).toBeLessThan(0.1);
		expect(best(text('PAR1 and no end'), { complete: true }).confidence).toBeGreaterThan(0.9);
	});
	it('says what is recognised and not read', () => {
		const unread = samples.flatMap(({ bytes }) => detect(bytes).candidates.slice(0, 1)).filter(({ isSupported }) => !isSupported);
		expect([...new Set(unread.map(({ protocol }) => protocol))].sort()).toEqual(['arrow-file', 'arrow-stream', 'bzip2', 'parquet', 'wasm', 'websocket', 'websocket-upgrade', 'xz', 'zlib']);
		for (const { advice } of unread) expect(advice).not.toBe(null);
	});
});
