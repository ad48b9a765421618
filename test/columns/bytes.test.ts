/** Columns of bytes from end to end: accessors, cursors, copies, Arrow out and in, CSV, DuckDB, two parsers, types. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC as flechetteTable } from '@uwdata/flechette';
import { tableFromIPC as apacheTable, Binary, RecordBatchStreamWriter, Table, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { createArrowWriter, readArrow } from '../../src/columns/arrow/index.ts';
import { batchFromRows, createCursor, createNameTable, type RowInput, sliceBatch } from '../../src/columns/index.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { binary, compile, createEncoder, decodeMessagePack, encodeMessagePack, json, msgpack, shadow, wire } from '../../src/index.ts';
import { bytes, compareSchemas, type FieldsOf, integer, list, message, object, oneOf, type Row, readSchema, SchemaError, text } from '../../src/schema/index.ts';
import { openSink } from '../../src/sinks/index.ts';
import { describeMessages } from '../pipeline/messages.ts';

const order = message('order', {
	id: integer(),
	hash: bytes(),
	memo: bytes().nullable(),
	proofs: list(bytes()),
	inner: object({ key: bytes().nullable() }).nullable(),
});
const schema = oneOf('orders', { version: 1 }, order);
const layout = layoutSchema(schema, { rows: 64, items: 128 });
const of = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (first + index * 37) & 0xff);
const ROWS = Array.from({ length: 40 }, (_, index) => ({
	id: BigInt(index),
	// No text: 0xff stands in no UTF-8, and 12 bytes lie in the view where 13 lie in the heap.
	hash: of([0, 1, 12, 13, 40][index % 5] as number, 0xff),
	memo: index % 3 === 0 ? null : of(index, index),
	proofs: Array.from({ length: index % 4 }, (_, item) => of(item * 9, 0x80 + index)),
	inner: index % 7 === 0 ? null : { key: index % 2 === 0 ? null : of(index, 1) },
}));
const batch = batchFromRows(layout, ROWS as RowInput[]);
const joined = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(chunks));

let folder = '';
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'tickforge-bytes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('columns of bytes', () => {
	it('are views of the batch, copies, and hex', () => {
		const hash = batch.column('hash', 'bytes');
		expect([hash.byteLength(3), hash.hex(2), hash.hex(0)]).toEqual([13, Buffer.from(of(12, 0xff)).toString('hex'), '']);
		expect(hash.bytes(3).buffer).toBe(batch.memory.buffer);
		const own = hash.copy(3);
		expect(own).toEqual(of(13, 0xff));
		expect(own.buffer).not.toBe(batch.memory.buffer);
		expect(batch.column('memo', 'bytes').isNull(0)).toBe(true);
		expect(() => batch.column('hash', 'text')).toThrow(/"hash" of "order" is of kind bytes, not text/);
	});

	it('come in rows, cursors and slices', () => {
		expect(batch.toRows()).toEqual(ROWS);
		expect(sliceBatch(batch, 7, 30).toRows()).toEqual(ROWS.slice(7, 30));
		const cursor = createCursor<FieldsOf<typeof order>>(batch);
		const seen: unknown[] = [];
		for (cursor.rewind(); cursor.next(); ) {
			const proofs: Uint8Array[] = [];
			for (const items = cursor.proofs.items(); items.next(); ) proofs.push(items.value.copy());
			seen.push([cursor.hash.byteLength(), cursor.hash.hex(), cursor.memo.isNull() ? null : [...cursor.memo.bytes()], proofs]);
		}
		expect(seen).toEqual(ROWS.map(({ hash, memo, proofs }) => [hash.length, Buffer.from(hash).toString('hex'), memo === null ? null : [...memo], proofs]));
	});

	it('refuse what is no Uint8Array', () => {
		expect(() => batchFromRows(layout, [{ id: 1n, hash: 'ff', proofs: [] }])).toThrow(/"hash" is bytes \(a Uint8Array\), not "ff" \(string\)/);
		expect(() => batchFromRows(layout, [{ id: new Uint8Array(3), hash: new Uint8Array(), proofs: [] }])).toThrow(/"id" is an integer, not 3 bytes/);
		expect(() => batchFromRows(layout, [{ id: 1n, hash: new Uint8Array(), proofs: [], inner: new Uint8Array(1) }])).toThrow(/"inner" is an object, not 1 bytes/);
	});
});

describe('bytes in Arrow', () => {
	const names = layout.symbolTables.map(({ values }) => createNameTable(values));
	const written = (options: Partial<Parameters<typeof createArrowWriter>[2]>): Uint8Array<ArrayBuffer> => {
		const writer = createArrowWriter(batch.layout, names, { format: 'file', ...options });
		return joined([...writer.write(batch).map((chunk) => chunk.slice()), ...writer.finish()]);
	};

	it.each([{ format: 'file' }, { format: 'stream' }, { format: 'file', utf8View: true }, { format: 'stream', compression: 'zstd' }] as const)('come back as they were: %o', (options) => {
		const { batches, layout: back } = readArrow(written(options));
		expect(batches.flatMap((one) => one.toRows())).toEqual(ROWS);
		expect(back.schema.variants[0]?.type.fields.find(({ name }) => name === 'memo')).toMatchObject({ type: { kind: 'bytes' }, nullable: true });
	});

	it('open in apache-arrow and flechette as Binary', () => {
		const file = written({});
		const apache = apacheTable(file);
		expect(apache.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual(['id: Int64', 'hash: Binary', 'memo: Binary', 'proofs: List<Binary>', 'inner: Struct<{key:Binary}>']);
		const flechette = flechetteTable(file);
		ROWS.forEach(({ hash, memo }, row) => {
			expect(apache.get(row)?.hash).toEqual(hash);
			expect(apache.get(row)?.memo).toEqual(memo);
			expect(flechette.getChild('hash').at(row)).toEqual(hash);
		});
	});

	it('of other writers are read', () => {
		const values = ROWS.map(({ memo }) => memo);
		const stream = RecordBatchStreamWriter.writeAll(new Table({ raw: vectorFromArray(values, new Binary()) })).toUint8Array(true);
		expect(readArrow(stream).batches.flatMap((one) => one.toRows())).toEqual(values.map((raw) => ({ raw })));
	});
});

describe('bytes in sinks', () => {
	it('are hex in CSV', async () => {
		const path = join(folder, 'x.csv');
		const sink = await openSink(path, layout);
		await sink.write(batch);
		await sink.close();
		const [head, first, second] = readFileSync(path, 'utf8').split('\r\n');
		expect(head).toBe('id,hash,memo,proofs,inner.key');
		expect(first).toBe('0,"",,[],');
		expect(second).toBe('1,ff,01,"[""""]",01');
	});

	it('are BLOB in DuckDB and Parquet', async () => {
		const database = join(folder, 'x.duckdb');
		const parquet = join(folder, 'x.parquet');
		for (const target of [`duckdb:${database}`, parquet]) {
			const sink = await openSink(target, layout);
			await sink.write(batch);
			await sink.close();
		}
		for (const [path, from] of [
			[database, '"order"'],
			[':memory:', `'${parquet}'`],
		] as const) {
			const instance = await DuckDBInstance.create(path);
			const connection = await instance.connect();
			const rows = (await connection.runAndReadAll(`SELECT typeof(hash) AS type, lower(hex(hash)) AS hash, lower(hex(memo)) AS memo, list_transform(proofs, x -> lower(hex(x))) AS proofs FROM ${from} ORDER BY id`)).getRowObjectsJson();
			const hex = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString('hex'));
			expect(rows).toEqual(ROWS.map(({ hash, memo, proofs }) => ({ type: 'BLOB', hash: hex(hash), memo: hex(memo), proofs: proofs.map(hex) })));
			connection.closeSync();
			instance.closeSync();
		}
	});
});

describe('bytes in schemas', () => {
	it('have a type of their own', () => {
		expectTypeOf<Row<typeof order>['hash']>().toEqualTypeOf<Uint8Array>();
		expectTypeOf<Row<typeof order>['memo']>().toEqualTypeOf<Uint8Array | null>();
		expect(readSchema(JSON.stringify(schema))).toEqual(schema);
		const before = oneOf('orders', { version: 1 }, message('order', { hash: text() }));
		const after = oneOf('orders', { version: 2 }, message('order', { hash: bytes() }));
		expect(compareSchemas(before, after).map(({ kind, message: words }) => `${kind}: ${words}`)).toEqual(['breaking: the column was a text and is bytes; values read with the old type are wrong']);
	});

	it('are refused by JSON, with what to do', () => {
		expect(() => json(schema)).toThrow(SchemaError);
		expect(() => json(schema)).toThrow(/order\.proofs\[\]: JSON has no bytes, only texts that stand for them \(base64, hex\); read them as text\(\)/);
	});

	it('hold unknown keys, where objects keep them so', () => {
		const keeping = message('m', { a: integer(), in: object({ b: integer() }, { unknownKeys: 'keep-bytes' }) }, { unknownKeys: 'keep-bytes' });
		expectTypeOf<Row<typeof keeping>>().toEqualTypeOf<{ readonly a: bigint; readonly in: { readonly b: bigint; readonly unknownKeys: Uint8Array | null }; readonly unknownKeys: Uint8Array | null }>();
		const rows: unknown[] = [];
		const parser = compile(msgpack(keeping), { onBatch: (all) => rows.push(...all.toRows()) });
		parser.parse(encodeMessagePack({ a: 1, in: { b: 2, c: [3] }, d: 'four' }));
		parser.flush();
		const [row] = rows as [Row<typeof keeping>];
		expect([row.unknownKeys, row.in.unknownKeys].map((kept) => ({ ...(decodeMessagePack(kept as Uint8Array) as object) }))).toEqual([{ d: 'four' }, { c: [3] }]);
		expect(() => json(keeping)).toThrow(/m\.in: unknownKeys: 'keep-bytes' is for formats that have bytes; use 'keep'/);
		const text = oneOf('f', { version: 1 }, message('m', { a: integer() }, { unknownKeys: 'keep' }));
		const raw = oneOf('f', { version: 2 }, message('m', { a: integer() }, { unknownKeys: 'keep-bytes' }));
		expect(compareSchemas(text, raw).map(({ kind, message: words }) => `${kind}: ${words}`)).toContain('breaking: the column of unknown keys was text and is bytes');
	});

	it('are compared by two parsers', () => {
		const format = (trim: number) => wire.format('f', { endian: 'big', trailing: 'skip' }, wire.message('m', null, { id: wire.uint(8), hash: trim === 0 ? wire.bytes(14) : wire.bytesData(wire.uint(8)) }));
		const encoder = createEncoder(binary(format(0)));
		const messages = [encoder.encode('m', { id: 1, hash: of(14, 13) }), encoder.encode('m', { id: 2, hash: of(14, 2) })];
		const comparison = (candidate: ReturnType<typeof format>) => {
			const parser = shadow({ protocol: binary(format(0)) }, { protocol: binary(candidate), tier: 'reference' });
			const { descriptors, count } = describeMessages(parser.arena, messages);
			parser.parseMany(descriptors, count);
			parser.flush();
			parser.dispose();
			return parser.statistics().comparison;
		};
		expect(comparison(format(0))).toMatchObject({ messages: 2, different: 0 });
		// Read as data after its length, the first byte, the hash is one byte shorter or cut.
		const other = comparison(format(1));
		expect(other.different).toBe(2);
		expect(other.kept[0]).toMatchObject({ kind: 'value', column: 'hash', primary: Buffer.from(of(14, 13)).toString('hex'), candidate: Buffer.from(of(14, 13).subarray(1)).toString('hex') });
	});
});
