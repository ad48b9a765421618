/** Readers of files in plain TypeScript: whatever the bytes are, there is an answer or the documented error, and it is no larger than the bytes allow. */
import { isDeepStrictEqual } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decode as decodeOtherwise } from '@msgpack/msgpack';
import { encodeLz4Frame, encodeSnappyFrames } from '../../src/codecs/index.ts';
import { ArrowError, type ArrowWriterOptions, createArrowWriter, readArrow } from '../../src/columns/arrow/index.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { createBranchProfile, parseBranchProfile } from '../../src/compiler/branch-profile.ts';
import { createProfile, mergeProfiles, parseProfile, schemaFingerprint } from '../../src/compiler/layout-profile.ts';
import { detect } from '../../src/detect/index.ts';
import { readBytesLiteral } from '../../src/framing/payloads.ts';
import { encodeQuarantineHeader, encodeQuarantineRecord, QuarantineError, readQuarantine } from '../../src/integrity/quarantine.ts';
import { json } from '../../src/protocols/json/index.ts';
import { decodeMessagePack, encodeMessagePack, extension, MessagePackError } from '../../src/protocols/msgpack/index.ts';
import { sbe } from '../../src/protocols/sbe/index.ts';
import { decimal, enumeration, flag, float, integer, list, message, object, oneOf, SchemaError, symbol, text, timestamp } from '../../src/schema/index.ts';
import { iterableSource } from '../../src/sources/bytes.ts';
import { openCompressed } from '../../src/sources/compressed.ts';
import { InputError } from '../../src/sources/source.ts';
import { createFrameSplitter } from '../../src/sources/zstd-frames.ts';
import { loadSymbolMapping, SymbolMappingError } from '../../src/symbols/index.ts';
import { testTable } from '../../test/columns/batches.ts';
import { samples } from '../../test/detect/samples.ts';
import { EXAMPLES, everything } from '../../test/protocols/sbe/schemas.ts';
import { sourceCoverage } from '../coverage.ts';
import type { OpenTarget, Target } from '../target.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const wordsOf = (words: readonly string[]): Uint8Array[] => words.map((word) => encoder.encode(word));
const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Reader {
	readonly name: string;
	readonly about: string;
	/** Paths of what is looked at. */
	readonly sources: readonly string[];
	seeds(): readonly Uint8Array[];
	readonly words: readonly Uint8Array[];
	readonly longest?: number;
	/** See `OpenTarget.run`. */
	run(bytes: Uint8Array): string | null | Promise<string | null>;
}

const reader = ({ name, about, sources, seeds, words, longest, run }: Reader): Target => ({
	name,
	about,
	parts: 'one',
	open: (): OpenTarget => ({ seeds: seeds().map((seed) => [seed]), words, ...(longest === undefined ? {} : { longest }), coverage: sourceCoverage(...sources), run: ([bytes = new Uint8Array(0)]) => run(bytes) }),
});

const feed = oneOf(
	'feed',
	{ version: 1 },
	message('row', {
		at: timestamp('ms'),
		symbol: symbol(),
		side: enumeration(['buy', 'sell']),
		price: decimal(4).nullable(),
		ratio: float(),
		count: integer(),
		ok: flag().optional(),
		note: text(),
		levels: list(object({ price: decimal(2), size: decimal(2) })),
	}),
);
const ROWS = [0, 1, 2, 3, 4].map((row) =>
	JSON.stringify({ at: 1_717_200_000_000 + row, symbol: `S${row % 2}`, side: row % 2 === 0 ? 'buy' : 'sell', price: row === 2 ? null : `${row}.5`, ratio: row / 3, count: row, ...(row === 1 ? {} : { ok: true }), note: 'x'.repeat(row * 7), levels: Array.from({ length: row }, () => ({ price: '1.25', size: '2' })) }),
);

function arrowBytes(options: Partial<ArrowWriterOptions>): Uint8Array {
	const table = testTable(feed, ROWS, { rows: 64, items: 64, received: true });
	const writer = createArrowWriter(table.batch.layout, table.symbols, { format: 'stream', ...options });
	return joined([...writer.write(table.batch).map((chunk) => chunk.slice()), ...writer.finish()]);
}

/** Bytes of memory for each byte of an Arrow file: bits become rows of eight bytes, with what a column takes at least; compressed ones more. */
const ARROW_MEMORY = { each: 4096, least: 2 ** 22 } as const;

const small = json(oneOf('quotes', { version: 1 }, message('bid', { price: decimal(2).key('p'), kind: enumeration(['a', 'b']).key('k') })));
const smallLayout = layoutSchema(small.schema, { rows: 64 });
const PROFILE_WORDS = wordsOf(['{', '}', '[', ']', ',', ':', '"', 'null', '-1', '1e400', '9007199254740993', '"format"', '"version"', '"schema"', '"messages"', '"functions"', '"sites"', '"counts"', '"key"', '"name"', '"text"', '"variant"', '"met"', '"fingerprint"', '"__proto__"', '"program"']);

/** Errors of these readers say whose they are. */
function isOurs(error: unknown): boolean {
	return error instanceof Error && error.message.startsWith('tickforge: ');
}

const quarantineSeed = (): Uint8Array => {
	const header = encodeQuarantineHeader({ schema: { name: 's', version: 1, variants: ['a'] }, protocol: 'json', created: '2026-01-01T00:00:00Z', writer: 'fuzz', inputs: ['x'] });
	const record = (bytes: string, length = bytes.length): Uint8Array => encodeQuarantineRecord({ category: 'syntax', offset: 3, sequence: 7, variant: -1, received: 5n, position: 9, length, bytes: encoder.encode(bytes) });
	return joined([header, record('{"a":'), record('TFQR', 100), record('')]);
};

const READERS: readonly Reader[] = [
	{
		name: 'detect',
		about: 'any bytes are some format',
		sources: ['/src/detect/', '/src/framing/'],
		seeds: () => samples.map(({ bytes }) => bytes.subarray(0, 4096)),
		words: wordsOf(['\n', '{', '}', '[', ']', '"', '1.5: ', 'x <-> ', '\0', 'TFQUAR\r\n', 'ARROW1', 'PAR1', '8=FIX']).concat([Uint8Array.of(0x1f, 0x8b), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a), Uint8Array.of(0x81, 0xa1), Uint8Array.of(0xdf)]),
		run(bytes) {
			for (const complete of [true, false]) {
				// Presets take as long as all the rest; some inputs are enough.
				const { candidates } = detect(bytes, { complete, presets: bytes.length % 16 === 0 });
				for (const { protocol, confidence, evidence, format, framing } of candidates) {
					if (!(confidence >= 0 && confidence <= 1)) return `${protocol} has a confidence of ${confidence}`;
					if (evidence.length === 0 || evidence.some((line) => line === '')) return `${protocol} has no evidence`;
					if (format !== null && framing !== null && framing.name === '') return `${protocol} has a framing without a name`;
				}
			}
			return null;
		},
	},
	{
		name: 'quarantine',
		about: 'records that check out, or a QuarantineError',
		sources: ['/src/integrity/quarantine.ts'],
		seeds: () => [quarantineSeed()],
		words: wordsOf(['TFQR', 'TFQUAR\r\n', '{"schema":{"name":"","version":1,"variants":[]},"protocol":"","created":"","writer":""}']),
		run(bytes) {
			try {
				const file = readQuarantine(bytes);
				let kept = 0;
				for (const record of file.records()) {
					kept += record.bytes.length;
					const [again] = [...readQuarantine(joined([encodeQuarantineHeader(file.header), encodeQuarantineRecord(record)])).records()];
					// The number of a record is 64 bits wide; beyond 2^53 it is not exact, and does not come back.
					if (record.sequence <= Number.MAX_SAFE_INTEGER && Math.abs(record.position) <= Number.MAX_SAFE_INTEGER && !isDeepStrictEqual(again, record)) return 'a record that was read is not read again as it was';
				}
				if (kept + file.damagedBytes > bytes.length) return `${kept} bytes were kept and ${file.damagedBytes} damaged, of ${bytes.length}`;
				return null;
			} catch (error) {
				if (error instanceof QuarantineError) return null;
				throw error;
			}
		},
	},
	{
		name: 'arrow',
		about: 'rows, or an ArrowError; memory in proportion to the bytes',
		sources: ['/src/columns/'],
		seeds: () => [arrowBytes({}), arrowBytes({ format: 'file' }), arrowBytes({ compression: 'lz4' }), arrowBytes({ compression: 'zstd', format: 'file' })],
		words: [Uint8Array.of(0xff, 0xff, 0xff, 0xff), encoder.encode('ARROW1'), Uint8Array.of(4, 0, 0, 0), Uint8Array.of(12, 0, 0, 0)],
		longest: 8192,
		run(bytes) {
			try {
				const { batches } = readArrow(bytes);
				for (const { rows, layout } of batches) {
					if (layout.size > ARROW_MEMORY.least + bytes.length * ARROW_MEMORY.each) return `a batch of ${rows} rows takes ${layout.size} bytes, and the data have ${bytes.length}`;
				}
				for (const batch of batches) if (batch.rows <= 256) batch.toRows();
				return null;
			} catch (error) {
				if (error instanceof ArrowError) return null;
				throw error;
			}
		},
	},
	{
		name: 'layout-profile',
		about: 'a profile, or an Error that says why not',
		sources: ['/src/compiler/layout-profile.ts'],
		seeds: () => [encoder.encode(JSON.stringify(createProfile(small.schema, [{ variant: 'bid', text: '{"p":"1.5","k":"a"}', met: 3 }])))],
		words: PROFILE_WORDS,
		run(bytes) {
			try {
				const profile = parseProfile(decoder.decode(bytes));
				if (JSON.stringify(parseProfile(JSON.stringify(profile))) !== JSON.stringify(profile)) return 'a profile that was read is not read again as it was';
				mergeProfiles([profile, profile]);
				return null;
			} catch (error) {
				if (isOurs(error)) return null;
				throw error;
			}
		},
	},
	{
		name: 'branch-profile',
		about: 'a profile that a valid module follows, or an Error that says why not',
		sources: ['/src/compiler/branch-profile.ts'],
		seeds() {
			const site = { function: 'accept bid', kind: 'if', key: 'if 1', instruction: 0, likely: null, counter: 0, counters: 2 } as const;
			return [
				encoder.encode(
					JSON.stringify(
						createBranchProfile(small.schema, [
							{ ...site, counts: [100, 3] },
							{ ...site, key: "'fast path tried'", counts: [9, 9] },
						]),
					),
				),
			];
		},
		words: PROFILE_WORDS,
		run(bytes) {
			try {
				const profile = parseBranchProfile(decoder.decode(bytes));
				if (profile.schema.fingerprint === schemaFingerprint(small.schema) && !WebAssembly.validate(small.generate(smallLayout, { branchProfile: profile }))) return 'the module that follows it is not valid';
				return null;
			} catch (error) {
				if (isOurs(error)) return null;
				throw error;
			}
		},
	},
	{
		name: 'sbe-xml',
		about: 'a format whose module is valid, or an error that says what is wrong',
		sources: ['/src/protocols/sbe/', '/src/protocols/binary/format.ts'],
		seeds: () => wordsOf([EXAMPLES, everything('littleEndian', 1)]),
		words: wordsOf([
			'<',
			'>',
			'/>',
			'</',
			'"',
			'&amp;',
			'&#0;',
			'<!--',
			'-->',
			'<![CDATA[',
			']]>',
			'<!DOCTYPE x [<!ENTITY a "b">]>',
			'presence="constant"',
			'presence="optional"',
			'length="0"',
			'length="4294967296"',
			'offset="0"',
			'offset="65536"',
			'blockLength="1"',
			'sinceVersion="9"',
			'primitiveType="uint64"',
			'type="head"',
			'valueRef="a.b"',
			'<group name="g" id="1">',
			'</group>',
			'<ref name="r" type="Booster"/>',
		]),
		longest: 12_288,
		async run(bytes) {
			try {
				const protocol = await sbe(decoder.decode(bytes));
				const module = protocol.generate(layoutSchema(protocol.schema, { rows: 64, items: 64, textBytes: 1024 }));
				return WebAssembly.validate(module) ? null : 'the module that was generated is not valid';
			} catch (error) {
				if (error instanceof SchemaError || isOurs(error)) return null;
				throw error;
			}
		},
	},
	{
		name: 'symbol-mapping',
		about: 'a mapping, or a SymbolMappingError',
		sources: ['/src/symbols/mapping.ts'],
		seeds: () => wordsOf(['venue,symbol,canonical,from,until\nbinance,BTCUSDT,BTC-USDT,2020-01-01,2021-01-01\n*,XBT,BTC,,\n', '[{"venue":"okx","symbol":"A","canonical":"B","from":"2020-01-01"}]', 'symbol,canonical\n"a ""b"",c",d\n']),
		words: wordsOf(['\n', '\r\n', ',', '"', '""', '*', '2020-02-30', '2020-01-01T00:00:00Z', '[', ']', '{', '}', '"venue"', 'venue', 'symbol', 'canonical', 'from', 'until', '#']),
		run(bytes) {
			try {
				const mapping = loadSymbolMapping(decoder.decode(bytes));
				mapping.rename('binance', ['BTCUSDT', 'XBT', '']);
				return null;
			} catch (error) {
				if (error instanceof SymbolMappingError) return null;
				throw error;
			}
		},
	},
	{
		name: 'msgpack-decode',
		about: 'decodeMessagePack: a value that comes back when it is written and read, and that another decoder reads, or a MessagePackError',
		sources: ['/src/protocols/msgpack/decode.ts', '/src/protocols/msgpack/encode.ts', '/src/protocols/msgpack/writer.ts'],
		seeds: () => [[1, -1, 'a', null, true, 1.5], { a: { b: [new Uint8Array(3), 'x'.repeat(40)] } }, new Map<unknown, unknown>([[1, 2]]), extension(5, Uint8Array.of(1, 2)), new Date(1_717_200_000_123), [2n ** 63n, -(2n ** 63n), 2 ** 40]].map((value) => encodeMessagePack(value)),
		words: [[0xc0], [0xc1], [0x81, 0xa1, 0x61], [0x91], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0, 0, 0, 1], [0xc7, 12, 0xff], [0xd6, 0xff], [0xd7, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff], [0xcb], [0xca]].map((word) => Uint8Array.from(word)),
		run(bytes) {
			let value: unknown;
			try {
				value = decodeMessagePack(bytes);
			} catch (error) {
				if (error instanceof MessagePackError) return error.offset > bytes.length ? `the error is at byte ${error.offset} of ${bytes.length}` : null;
				throw error;
			}
			// Times are read as integers, so only what was written once comes back as it is.
			try {
				const written = encodeMessagePack(value);
				if (Buffer.compare(encodeMessagePack(decodeMessagePack(written)), written) !== 0) return 'what was read, written, read and written again differs';
			} catch (error) {
				// A time and an integer may be one key now; and a time may have more than 64 bits.
				if (!(error instanceof RangeError) && (!(error instanceof MessagePackError) || error.category !== 'duplicate-key')) throw error;
			}
			try {
				decodeOtherwise(bytes, { mapKeyConverter: String });
			} catch (error) {
				return `@msgpack/msgpack refuses it: ${messageOf(error)}`;
			}
			return null;
		},
	},
	{
		name: 'payloads',
		about: 'bytes literals of captures: in place as apart, never longer than their text',
		sources: ['/src/framing/payloads.ts'],
		seeds: () => wordsOf(["b'abc'", 'b"\\x00\\n\\\\"', "b'\\''", "b'", "b''"]),
		words: wordsOf(['\\', '\\x', "'", '"', "b'", '\\x0', '\\n']),
		run(bytes) {
			const apart = new Uint8Array(bytes.length);
			const length = readBytesLiteral(bytes, apart);
			const inPlace = bytes.slice();
			const other = readBytesLiteral(inPlace, inPlace);
			if (length !== other || length > bytes.length) return `${length} bytes apart, ${other} in place, of ${bytes.length}`;
			return length >= 0 && Buffer.compare(apart.subarray(0, length), inPlace.subarray(0, length)) !== 0 ? 'in place there are other bytes than apart' : null;
		},
	},
	{
		name: 'zstd-frames',
		about: 'where frames end: in pieces as in one, and no byte is lost',
		sources: ['/src/sources/zstd-frames.ts'],
		seeds: () => [joined([zstdCompressSync(Buffer.from('{"a":1}'.repeat(40))), Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9), zstdCompressSync(Buffer.from(''))])],
		words: [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18), Uint8Array.of(1, 0, 0), Uint8Array.of(3, 0, 0)],
		run(bytes) {
			const split = (size: number): string => {
				const splitter = createFrameSplitter();
				let frames = '';
				let seen = 0;
				for (let at = 0; at < bytes.length; at += size) {
					for (const piece of splitter(bytes.subarray(at, at + size))) {
						seen += piece.bytes.length;
						if (piece.ends) frames += `${seen} ${piece.skippable}, `;
					}
				}
				return `${frames}${seen} in all`;
			};
			const whole = split(Math.max(1, bytes.length));
			if (!whole.endsWith(` ${bytes.length} in all`) && whole !== `${bytes.length} in all`) return `bytes are lost: ${whole}, of ${bytes.length}`;
			for (const size of [1, 3, 7]) if (split(size) !== whole) return `in pieces of ${size}: ${split(size)}, and as a whole ${whole}`;
			return null;
		},
	},
	{
		name: 'compressed-input',
		about: 'gzip, Zstandard, LZ4, Snappy and plain input: in chunks as in one, never more than is allowed, or an InputError',
		sources: ['/src/sources/', '/src/codecs/'],
		seeds() {
			const content = Buffer.from('{"a":1}\n'.repeat(60));
			return [gzipSync(content), joined([gzipSync(content), gzipSync(content)]), zstdCompressSync(content), joined([zstdCompressSync(content), zstdCompressSync(content)]), encodeLz4Frame(content), encodeSnappyFrames(content), new Uint8Array(content)].map((bytes) => new Uint8Array(bytes));
		},
		words: [Uint8Array.of(0x1f, 0x8b, 8, 0), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), Uint8Array.of(0x04, 0x22, 0x4d, 0x18), Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0)],
		async run(bytes) {
			const most = 65536;
			const whole = await unpack(bytes, Math.max(1, bytes.length), most);
			if (whole !== null && whole.length > most) return `${whole.length} bytes came out, and ${most} are allowed`;
			const pieces = await unpack(bytes, 1 + (bytes.length % 9), most);
			if ((whole === null) !== (pieces === null)) return `as a whole it ${whole === null ? 'is refused' : 'is unpacked'}, in pieces it is not`;
			return whole !== null && Buffer.compare(whole, pieces as Uint8Array) !== 0 ? 'in pieces other bytes come out' : null;
		},
	},
];

/** All that is in a source that brings its bytes in chunks; null where it ends with an InputError. */
async function unpack(bytes: Uint8Array, chunk: number, most: number): Promise<Uint8Array | null> {
	const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) => bytes.slice(index * chunk, (index + 1) * chunk));
	const parts: Uint8Array[] = [];
	const into = new Uint8Array(4096);
	try {
		const { source } = await openCompressed(iterableSource(chunks, 'fuzz'), 64, { most });
		try {
			for (;;) {
				const count = await source.read(into);
				if (count === 0) return joined(parts);
				parts.push(into.slice(0, count));
			}
		} finally {
			source.close();
		}
	} catch (error) {
		if (error instanceof InputError) return null;
		throw error;
	}
}

export const readerTargets: readonly Target[] = READERS.map(reader);
