import { tableFromIPC as flechetteTable } from '@uwdata/flechette';
import { tableFromIPC as apacheTable } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLz4Frame, encodeLz4Frame } from '../../src/codecs/lz4-frame.ts';
import { ArrowError, createArrowWriter, readArrow } from '../../src/columns/arrow/index.ts';
import { decimal, enumeration, flag, float, integer, list, literal, message, object, oneOf, type Schema, symbol, text, timestamp, tuple } from '../../src/schema/index.ts';
import { testTable } from './batches.ts';

const schema = oneOf(
	'feed',
	{ version: 3 },
	message('book', {
		symbol: symbol().key('s'),
		price: decimal(8).keepScale().key('p'),
		size: decimal(2).key('q').optional().nullable(),
		time: timestamp('ms').key('T'),
		count: integer().key('c'),
		ratio: float().key('r').nullable(),
		maker: flag().key('m').optional(),
		side: enumeration(['buy', 'sell']).key('S'),
		note: text().key('n').optional(),
		extra: object({ a: integer(), b: text() }).key('x').optional(),
		bids: list(tuple({ price: decimal(1), size: decimal(3) })).key('b'),
	}),
);
const messages = Array.from({ length: 150 }, (_, index) =>
	JSON.stringify({
		s: `SYM${index % 7}`,
		p: `${index - 75}.${String(index).padStart(3, '0')}`,
		...(index % 3 === 0 ? {} : { q: index % 5 === 0 ? null : `${index}.5` }),
		T: 1626992741017 + index,
		c: index * 1e12,
		r: index % 4 === 0 ? null : index / 3,
		...(index % 2 === 0 ? { m: index % 4 === 0 } : {}),
		S: ['buy', 'sell', 'liquidation'][index % 3],
		...(index % 3 === 1 ? { n: 'x'.repeat(index) } : {}),
		...(index % 6 === 2 ? { x: { a: -index, b: `é${index}` } } : {}),
		b: Array.from({ length: index % 5 }, (_, level) => [`${level}.5`, `${index}.125`]),
	}),
);
const concatenate = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));

/** Writes the messages in two batches, so that dictionaries grow between them. */
function written(options: Partial<Parameters<typeof createArrowWriter>[2]> = {}): { bytes: Uint8Array<ArrayBuffer>; rows: unknown[] } {
	const table = testTable(schema, messages.slice(0, 4), { rows: 192, items: 1024, received: true });
	const writer = createArrowWriter(table.batch.layout, table.symbols, { format: 'stream', metadata: { origin: 'test' }, ...options });
	const rows: unknown[] = table.batch.toRows();
	const parts: Uint8Array[] = writer.write(table.batch).map((chunk) => chunk.slice());
	table.clear();
	table.add(messages.slice(4));
	rows.push(...table.batch.toRows());
	parts.push(...writer.write(table.batch).map((chunk) => chunk.slice()), ...writer.finish());
	return { bytes: concatenate(parts), rows };
}

interface Expected {
	readonly [name: string]: unknown;
	readonly price: bigint;
	readonly bids: readonly { price: bigint }[];
}

const formats = [
	{ format: 'stream' as const, compression: 'none' as const },
	{ format: 'file' as const, compression: 'none' as const },
	{ format: 'stream' as const, compression: 'zstd' as const },
	{ format: 'file' as const, compression: 'lz4' as const },
];

describe.each(formats)('Arrow $format, compression $compression', (options) => {
	const { bytes, rows } = written(options);

	it('comes back as the same rows', () => {
		const table = readArrow(bytes);
		const back = table.batches.flatMap((batch) => batch.toRows() as Record<string, unknown>[]);
		expect(back.length).toBe(150);
		expect(table.metadata).toMatchObject({ 'tickforge.table': 'book', origin: 'test' });
		expect(back).toEqual(rows);
		for (const batch of table.batches) {
			const price = batch.column('price', 'decimal');
			batch.visit((row) => {
				expect(price.textScale(row)).toBe(3);
				expect(price.originalText(row)).toMatch(/^-?\d+\.\d{3}$/);
			});
		}
	});

	it('comes back with its enumerations', () => {
		const table = readArrow(bytes);
		const side = table.layout.schema.variants[0]?.type.fields.find(({ name }) => name === 'side');
		expect(side?.type).toEqual({ kind: 'enumeration', values: ['buy', 'sell'], unknown: 'intern' });
		expect(table.layout.symbolTables.map(({ values }) => values)).toContainEqual(['buy', 'sell']);
		const column = table.batches[1]?.column('side', 'enumeration');
		expect(column?.text(1)).toBe('liquidation');
		expect(column?.id(1)).toBe(2);
	});

	// apache-arrow's reader has no codecs of its own.
	it.runIf(options.compression === 'none')('opens in apache-arrow', () => {
		const table = apacheTable(bytes);
		expect(table.numRows).toBe(150);
		expect(table.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual([
			'received: Timestamp<NANOSECOND, UTC>',
			'symbol: Dictionary<Int32, Utf8>',
			'price: Decimal[19e+8]',
			'price_scale: Int8',
			'size: Decimal[19e+2]',
			'time: Timestamp<NANOSECOND, UTC>',
			'count: Int64',
			'ratio: Float64',
			'maker: Bool',
			'side: Dictionary<Int32, Utf8>',
			'note: Utf8',
			'extra: Struct<{a:Int64, b:Utf8}>',
			'bids: List<Struct<{price:Decimal[19e+1], size:Decimal[19e+3]}>>',
		]);
		rows.forEach((row, index) => {
			const expected = row as unknown as Expected;
			const actual = table.get(index);
			expect(actual?.symbol).toBe(expected.symbol);
			expect(actual?.side).toBe(expected.side);
			expect(actual?.count).toBe(expected.count);
			expect(actual?.ratio).toBe(expected.ratio);
			expect(actual?.maker).toBe(expected.maker);
			expect(actual?.note).toBe(expected.note);
			// Four 32-bit words, least first.
			const price = actual?.price as unknown as Uint32Array;
			const words = new Int32Array(price.buffer, price.byteOffset, 4);
			expect((BigInt(words[1] as number) << 32n) + BigInt((words[0] as number) >>> 0)).toBe(expected.price);
			expect(words[3]).toBe(expected.price < 0n ? -1 : 0);
			expect(actual?.bids.length).toBe(expected.bids.length);
		});
	});

	it.runIf(options.compression === 'none')('opens in flechette', () => {
		const table = flechetteTable(bytes, { useDecimalInt: true, useBigInt: true });
		expect(table.numRows).toBe(150);
		rows.forEach((row, index) => {
			const expected = row as unknown as Expected;
			const actual = table.at(index) as Record<string, unknown>;
			expect(actual.symbol).toBe(expected.symbol);
			expect(actual.side).toBe(expected.side);
			expect(actual.price).toBe(expected.price);
			expect(actual.count).toBe(expected.count);
			expect(actual.size ?? null).toBe(expected.size);
			expect(actual.note ?? null).toBe(expected.note);
			expect((actual.bids as { price: bigint }[]).map(({ price }) => price)).toEqual(expected.bids.map(({ price }) => price));
		});
	});

	it('refuses damaged bytes in words, without running away', () => {
		fc.assert(
			fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
				const damaged = cut ? bytes.slice(0, at) : bytes.slice();
				if (!cut) damaged[at] = byte;
				try {
					for (const batch of readArrow(damaged).batches) batch.toRows();
				} catch (error) {
					// Rows may hold texts that are out of what was damaged; anything else is the reader's own error.
					expect(error).toBeInstanceOf(ArrowError);
				}
			}),
			{ numRuns: 300 },
		);
	});
});

describe('Arrow', () => {
	it('writes texts as views where asked', () => {
		const { bytes, rows } = written({ format: 'stream', utf8View: true });
		const back = readArrow(bytes).batches.flatMap((batch) => batch.toRows() as Record<string, unknown>[]);
		expect(back.map((row) => row.note)).toEqual(rows.map((row) => (row as Record<string, unknown>).note));
	});

	it('writes a table without rows', () => {
		const table = testTable(schema, [], { rows: 64, items: 64 });
		for (const format of ['stream', 'file'] as const) {
			const writer = createArrowWriter(table.batch.layout, table.symbols, { format });
			const bytes = concatenate([...writer.write(table.batch), ...writer.finish()]);
			expect(apacheTable(bytes).numRows).toBe(0);
			expect(flechetteTable(bytes).numRows).toBe(0);
			expect(readArrow(bytes).batches.flatMap((batch) => batch.toRows())).toEqual([]);
		}
	});
});

describe('LZ4 frames', () => {
	it('come back as they were', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.oneof(
						fc.uint8Array({ maxLength: 40 }),
						fc.tuple(fc.nat(255), fc.nat(400)).map(([byte, count]) => new Uint8Array(count).fill(byte)),
					),
					{ maxLength: 20 },
				),
				(parts) => {
					const input = concatenate(parts);
					expect(decodeLz4Frame(encodeLz4Frame(input), input.length)).toEqual(input);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('forged sizes', () => {
	/** Writes a 64-bit integer wherever another one stands. */
	const forge = (bytes: Uint8Array, from: bigint, to: bigint): number => {
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		let found = 0;
		for (let at = 0; at + 8 <= bytes.length; at += 4) {
			if (view.getBigInt64(at, true) !== from) continue;
			view.setBigInt64(at, to, true);
			found++;
		}
		return found;
	};
	const bytesOf = (of: Schema, rows: readonly unknown[], utf8View: boolean): Uint8Array => {
		const table = testTable(
			of,
			rows.map((row) => JSON.stringify(row)),
			{ rows: 4096, textBytes: 2 ** 21 },
		);
		const writer = createArrowWriter(table.batch.layout, table.symbols, { format: 'stream', utf8View });
		return concatenate([...writer.write(table.batch), ...writer.finish()]);
	};

	it('structs without fields, more than anybody has, are refused at once', () => {
		const bytes = bytesOf(
			oneOf('feed', { version: 1 }, message('row', { empty: object({ kind: literal('x') }) })),
			Array.from({ length: 37 }, () => ({ empty: { kind: 'x' } })),
			false,
		);
		expect(readArrow(bytes).batches[0]?.rows).toBe(37);
		// The record batch and its node.
		expect(forge(bytes, 37n, 2n ** 30n)).toBe(2);
		expect(() => readArrow(bytes)).toThrow('"empty" has 1073741824 structs without fields');
	});
	it('texts that many rows share are refused where they are too much', () => {
		const bytes = bytesOf(oneOf('feed', { version: 1 }, message('row', { note: text() })), [{ note: 'x'.repeat(2 ** 20) }, ...Array.from({ length: 2999 }, () => ({ note: '' }))], true);
		expect(readArrow(bytes).batches[0]?.rows).toBe(3000);
		const first = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Uint8Array.of(0, 0, 16, 0, 0x78, 0x78, 0x78, 0x78));
		for (let row = 1; row < 3000; row++) bytes.copyWithin(first + row * 16, first, first + 16);
		expect(() => readArrow(bytes)).toThrow(/takes \d+ bytes of memory, and at most 2147483648 are read/);
	});
	it('a block that the footer names again and again is refused', () => {
		const counts = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => JSON.stringify({ count: from + index }));
		const table = testTable(oneOf('feed', { version: 1 }, message('row', { count: integer() })), counts(0, 2000), { rows: 4096 });
		const writer = createArrowWriter(table.batch.layout, table.symbols, { format: 'file' });
		const parts = writer.write(table.batch).map((chunk) => chunk.slice());
		for (let small = 0; small < 20; small++) {
			table.clear();
			table.add(counts(small, small + 1));
			parts.push(...writer.write(table.batch).map((chunk) => chunk.slice()));
		}
		const bytes = concatenate([...parts, ...writer.finish()]);
		expect(readArrow(bytes).batches.map(({ rows }) => rows)).toEqual([2000, ...Array.from({ length: 20 }, () => 1)]);
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const footer = bytes.length - 10 - view.getInt32(bytes.length - 10, true);
		// Blocks are 24 bytes: where a message begins, how long its head is, how long its body is.
		const blocks = Array.from({ length: bytes.length - 24 - footer }, (_, index) => footer + index).filter((at) => {
			const offset = view.getBigInt64(at, true);
			return offset >= 8n && offset < BigInt(footer) && view.getInt32(Number(offset), true) === -1 && view.getInt32(at + 8, true) === view.getInt32(Number(offset) + 4, true) + 8;
		});
		expect(blocks).toHaveLength(21);
		const first = blocks[0] as number;
		for (const at of blocks) bytes.copyWithin(at, first, first + 24);
		expect(() => readArrow(bytes)).toThrow('its blocks lie over each other');
	});
});
