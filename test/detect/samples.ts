/** One sample of each format that is told apart, with what it is. */
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeLz4Frame, encodeSnappyFrames } from '../../src/codecs/index.ts';
import { layoutSchema, type TableLayout } from '../../src/compiler/batch-layout.ts';
import { batchFromRows, binanceSpotStreams, binary, createArrowWriter, createEncoder, encodeMessagePack, itch50 } from '../../src/index.ts';
import { encodeQuarantineHeader } from '../../src/integrity/quarantine.ts';
import { integer, literal, message, oneOf } from '../../src/schema/index.ts';
import { describeInterface, packetBlock, pcap, section } from '../framing/captured-packets.ts';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const joined = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

const encoder = createEncoder(binary(itch50()));
export const itchMessages = Array.from({ length: 12 }, (_, index) => {
	const head = { stockLocate: 7, trackingNumber: 0, timestamp: 34_200_000_000_000n + BigInt(index) };
	return index % 2 === 1 ? encoder.encode('orderDelete', { ...head, orderReference: BigInt(index) }) : encoder.encode('addOrder', { ...head, orderReference: BigInt(index), side: 'buy', shares: 100, stock: 'AAPL', price: 1_234_500n });
});
const sbeEncoder = createEncoder(binary(binanceSpotStreams()));
export const sbeMessage = (index: number): Uint8Array => sbeEncoder.encode('bestBidAsk', { eventTime: 1_700_000_000_000_000_000n, bookUpdateId: BigInt(index), bidPrice: '1.5', bidQty: '2', askPrice: '1.6', askQty: '3', symbol: 'BTCUSDT' } as never);

/** Messages behind their length. */
export function prefixed(messages: readonly Uint8Array[], bytes: 2 | 4, endian: 'little' | 'big'): Uint8Array {
	return joined(
		messages.flatMap((one) => {
			const head = Buffer.alloc(bytes);
			if (endian === 'little') head.writeUIntLE(one.length, 0, bytes);
			else head.writeUIntBE(one.length, 0, bytes);
			return [head, one];
		}),
	);
}

export function mold(sequence: number, messages: readonly Uint8Array[]): Uint8Array {
	const head = Buffer.alloc(20);
	head.write('SESSION001', 0, 'latin1');
	head.writeBigUInt64BE(BigInt(sequence), 10);
	head.writeUInt16BE(messages.length, 18);
	return joined([head, prefixed(messages, 2, 'big')]);
}

const soup = (type: string, payload: Uint8Array): Uint8Array => joined([prefixed([joined([text(type), payload])], 2, 'big')]);

/** A FIX message with its body length and checksum. */
export function fixMessage(begin: string, body: string, separator = '\x01'): Uint8Array {
	const fields = body.replace(/\|/g, '\x01');
	const head = `8=${begin}\x019=${fields.length}\x01${fields}`;
	const sum = [...text(head)].reduce((total, byte) => total + byte, 0) % 256;
	return text(`${head}10=${String(sum).padStart(3, '0')}\x01`.replace(/\x01/g, separator));
}

/** A frame of WebSocket, masked where a key is given. */
export function frame(first: number, payload: Uint8Array, key?: readonly number[]): Uint8Array {
	const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
	const [short = 0, ...more] = length;
	return joined([Uint8Array.from([first, short | (key === undefined ? 0 : 128), ...more, ...(key ?? [])]), key === undefined ? payload : payload.map((byte, index) => byte ^ (key[index & 3] ?? 0))]);
}

const trade = (index: number): string => JSON.stringify({ e: 'trade', E: 1_700_000_000_000 + index, s: 'BTCUSDT', p: '43000.10', q: '0.5' });
const trades = Array.from({ length: 8 }, (_, index) => trade(index));
const protobufMessage = Uint8Array.from([0x0a, 7, ...text('BTCUSDT'), 0x10, 0x96, 0x01, 0x19, 0, 0, 0, 0, 0, 0xd0, 0xe4, 0x40, 0x22, 4, 0x08, 1, 0x10, 2]);
const datagramsOf = [mold(1, itchMessages.slice(0, 5)), mold(6, itchMessages.slice(5))].map((payload, index) => ({ time: 1_577_716_200_000_000_000n + BigInt(index), payload }));

const layout = layoutSchema(oneOf('ticks', { version: 1 }, message('tick', { e: literal('tick'), n: integer() })), {});
function arrow(format: 'file' | 'stream'): Uint8Array {
	const writer = createArrowWriter(layout.tables[0] as TableLayout, [], { format });
	return joined([...writer.write(batchFromRows(layout, [{ n: 1n }])), ...writer.finish()]);
}

export interface Sample {
	readonly name: string;
	readonly bytes: Uint8Array;
	readonly protocol: string;
	readonly format?: string;
	readonly preset?: string;
	readonly version?: string;
}

export const samples: readonly Sample[] = [
	{ name: 'NDJSON', bytes: text(`${trades.join('\n')}\n`), protocol: 'json', format: 'ndjson' },
	{ name: 'a capture', bytes: text(`wss://stream.example.com/ws <-> 1700000000.1\n${trades.map((one, index) => `170000000${index}.25: ${one}\n`).join('')}`), protocol: 'json', format: 'capture' },
	{ name: 'JSON over several lines', bytes: text(JSON.stringify({ a: [1, 2, { b: 'x' }] }, null, '\t').repeat(3)), protocol: 'json', format: 'concatenated' },
	...([2, 4] as const).flatMap((bytes) => (['little', 'big'] as const).map((endian): Sample => ({ name: `JSON behind ${bytes} bytes, ${endian} endian`, bytes: prefixed(trades.map(text), bytes, endian), protocol: 'json', format: `length-${bytes * 8}-${endian}` }))),
	{ name: 'MessagePack', bytes: joined(Array.from({ length: 8 }, (_, index) => encodeMessagePack({ e: 'trade', p: 43000.5, id: index, levels: [1, 2, 3] }))), protocol: 'msgpack', format: 'msgpack' },
	{ name: 'FIX 4.4', bytes: joined(Array.from({ length: 5 }, (_, index) => fixMessage('FIX.4.4', `35=X|34=${index}|268=1|279=0|`))), protocol: 'fix', version: 'FIX.4.4' },
	{ name: 'FIXT with |', bytes: joined([fixMessage('FIXT.1.1', '35=A|34=1|1137=9|', '|'), text('\n'), fixMessage('FIXT.1.1', '35=0|34=2|', '|')]), protocol: 'fix', version: 'FIXT.1.1 with FIX.5.0SP2' },
	{ name: 'ITCH in BinaryFILE', bytes: prefixed(itchMessages, 2, 'big'), protocol: 'itch', format: 'binaryfile', preset: 'nasdaq-itch-5.0', version: '5.0' },
	{ name: 'ITCH in SoupBinTCP', bytes: joined([soup('A', text(`${'SESSION'.padStart(10)}${'1'.padStart(20)}`)), ...itchMessages.map((one) => soup('S', one)), soup('H', new Uint8Array(0))]), protocol: 'itch', format: 'soupbintcp', preset: 'nasdaq-itch-5.0' },
	{ name: 'ITCH in MoldUDP64', bytes: joined(datagramsOf.map(({ payload }) => payload)), protocol: 'itch', format: 'moldudp64', preset: 'nasdaq-itch-5.0' },
	{
		name: 'SBE behind its length',
		bytes: prefixed(
			Array.from({ length: 6 }, (_, index) => sbeMessage(index)),
			4,
			'little',
		),
		protocol: 'sbe',
		format: 'length-32-little',
		preset: 'binance-spot-sbe',
		version: '0',
	},
	{ name: "SBE in FIX's framing", bytes: joined(Array.from({ length: 6 }, (_, index) => joined([Uint8Array.from([0, 0, 0, sbeMessage(index).length + 6, 0xeb, 0x50]), sbeMessage(index)]))), protocol: 'sbe', format: 'sofh', preset: 'binance-spot-sbe' },
	{ name: 'Protobuf, delimited', bytes: joined(Array.from({ length: 5 }, () => joined([Uint8Array.of(protobufMessage.length), protobufMessage]))), protocol: 'protobuf' },
	{ name: 'WebSocket of a server', bytes: joined([...trades.map((one) => frame(0x81, text(one))), frame(0x89, new Uint8Array(0))]), protocol: 'websocket' },
	{ name: 'WebSocket of a client', bytes: joined(trades.map((one, index) => frame(0x81, text(one), [1, 2, 3, index]))), protocol: 'websocket' },
	{
		name: 'an upgrade',
		bytes: joined([text('GET /ws HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v2.feed\r\n\r\n'), frame(0x81, text(trade(1)), [1, 2, 3, 4])]),
		protocol: 'websocket-upgrade',
		version: '13',
	},
	{ name: 'gzip', bytes: Uint8Array.from(gzipSync(trades.join('\n'))), protocol: 'gzip' },
	{ name: 'zstd', bytes: Uint8Array.from(zstdCompressSync(trades.join('\n'))), protocol: 'zstd' },
	{ name: 'LZ4', bytes: encodeLz4Frame(text(trades.join('\n'))), protocol: 'lz4' },
	{ name: 'Snappy', bytes: encodeSnappyFrames(text(trades.join('\n'))), protocol: 'snappy' },
	{ name: 'zlib', bytes: Uint8Array.from(deflateSync(trades.join('\n'))), protocol: 'zlib' },
	{ name: 'bzip2', bytes: Uint8Array.from([0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 1, 2, 3, 4]), protocol: 'bzip2' },
	{ name: 'xz', bytes: Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4, 1, 2, 3, 4]), protocol: 'xz' },
	{ name: 'pcap', bytes: pcap(datagramsOf), protocol: 'pcap', format: 'pcap-moldudp64', preset: 'nasdaq-itch-5.0', version: '2.4' },
	{ name: 'pcap, big endian, nanoseconds', bytes: pcap(datagramsOf, { bigEndian: true, kind: 'nanoseconds', link: 'cooked' }), protocol: 'pcap', format: 'pcap-moldudp64' },
	{ name: 'modified pcap', bytes: pcap(datagramsOf, { kind: 'modified' }), protocol: 'pcap', format: 'pcap-moldudp64' },
	{ name: 'pcapng', bytes: joined([section(true), describeInterface(true, {}), ...datagramsOf.map((packet) => packetBlock(true, 'enhanced', packet, packet.time / 1000n))]), protocol: 'pcapng', format: 'pcap-moldudp64', version: '1.0' },
	{ name: 'quarantine', bytes: encodeQuarantineHeader({ schema: { name: 'okx', version: 3, variants: ['book'] }, protocol: 'json', created: '2026-01-01T00:00:00Z', writer: 'tickforge' }), protocol: 'quarantine', version: '1' },
	{ name: 'an Arrow file', bytes: arrow('file'), protocol: 'arrow-file' },
	{ name: 'an Arrow stream', bytes: arrow('stream'), protocol: 'arrow-stream' },
	{ name: 'Parquet', bytes: text('PAR1 and columns PAR1'), protocol: 'parquet' },
	{ name: 'WebAssembly', bytes: Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), protocol: 'wasm', version: '1' },
];
