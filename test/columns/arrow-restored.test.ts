import { type Data, Dictionary, Field, Int32, List, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct, tableFromIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { describe, expect, it, vi } from 'vitest';
import { decodeLz4Frame, encodeLz4Frame } from '../../src/codecs/lz4-frame.ts';
import { createArrowWriter, readArrow } from '../../src/columns/arrow/index.ts';
import { batchFromRows } from '../../src/columns/index.ts';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { decimal, enumeration, integer, list, message, object, oneOf, type Schema as TickSchema, tuple } from '../../src/schema/index.ts';
import { testTable } from './batches.ts';

const join = (chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(chunks.map((chunk) => chunk.slice())));

function roundTrip(schema: TickSchema, messages: readonly string[], format: 'stream' | 'file' = 'file') {
	const table = testTable(schema, messages, { rows: 64, items: 256, received: true });
	const writer = createArrowWriter(table.batch.layout, table.symbols, { format });
	const bytes = join([...writer.write(table.batch), ...writer.finish()]);
	const [back] = readArrow(bytes).batches;
	if (back === undefined) throw new Error('no batch came back');
	return { written: table.batch, bytes, back };
}

describe('text scales in Arrow', () => {
	const nested = oneOf(
		'feed',
		{ version: 1 },
		message('book', {
			price: decimal(4).keepScale().nullable().key('p'),
			prices: list(decimal(4).keepScale()).key('l'),
			sides: list(list(decimal(4).keepScale())).key('s'),
			bids: list(tuple({ price: decimal(4).keepScale(), size: decimal(2) })).key('b'),
			best: object({ price: decimal(4).keepScale() })
				.key('x')
				.optional(),
		}),
	);
	const messages = ['{"p":"1.50","l":["1.5","2.250"],"s":[["1.0"],[],["2.00","3"]],"b":[["7.10","1"],["8","2"]],"x":{"price":"9.000"}}', '{"p":null,"l":[],"s":[],"b":[]}', '{"p":"-3","l":["4.1234"],"s":[["5.1"]],"b":[["1.1","3"]]}'];

	it('come back wherever a decimal is, and are written again', () => {
		for (const format of ['file', 'stream'] as const) {
			const { written, back } = roundTrip(nested, messages, format);
			const { received: _, ...first } = back.toRows()[0] ?? {};
			expect(Object.keys(first)).toEqual(['price', 'prices', 'sides', 'bids', 'best']);
			expect(back.toRows()).toEqual(written.toRows());
			const writer = createArrowWriter(back.layout, back.symbols, { format });
			const [again] = readArrow(join([...writer.write(back), ...writer.finish()])).batches;
			for (const path of ['price', 'prices', 'sides', 'bids.price', 'best.price']) {
				const texts = (batch: typeof back | undefined): string[] => {
					if (batch === undefined) throw new Error('no batch');
					let column = batch.column(path);
					while (column.kind === 'list') column = column.items;
					if (column.kind !== 'decimal') throw new Error(`${path} is ${column.kind}`);
					const decimals = column;
					return Array.from({ length: decimals.length }, (_, row) => `${decimals.originalText(row)} ${decimals.textScale(row)}`);
				};
				expect(texts(back), path).toEqual(texts(written));
				expect(texts(again), path).toEqual(texts(written));
			}
		}
	});

	it('never take the name of a field', () => {
		const schema = oneOf('feed', { version: 1 }, message('odd', { price: decimal(2).keepScale(), price_scale: integer(), Price_Scale_: integer(), in: object({ size: decimal(2).keepScale(), size_scale: decimal(1).keepScale() }) }));
		const { bytes, back } = roundTrip(schema, ['{"price":"1.5","price_scale":7,"Price_Scale_":8,"in":{"size":"2","size_scale":"3.0"}}']);
		const fields = tableFromIPC(bytes).schema.fields;
		expect(fields.map(({ name }) => name)).toEqual(['received', 'price', 'price_scale__', 'price_scale', 'Price_Scale_', 'in']);
		expect(fields[5]?.type.children.map(({ name }: Field) => name)).toEqual(['size', 'size_scale_', 'size_scale', 'size_scale_scale']);
		expect(back.toRows()[0]).toEqual({ received: 0n, price: 150n, price_scale: 7n, Price_Scale_: 8n, in: { size: 200n, size_scale: 30n } });
		expect([back.column('price', 'decimal').originalText(0), back.column('in.size', 'decimal').originalText(0), back.column('in.size_scale', 'decimal').originalText(0)]).toEqual(['1.5', '2', '3.0']);
	});
});

/** A stream of one batch, as another program would write it. */
function foreign(fields: readonly Field[], children: readonly Data[], length: number): Uint8Array {
	const schema = new Schema([...fields]);
	const data = makeData({ type: new Struct([...fields]), length, nullCount: 0, children: [...children] });
	return RecordBatchStreamWriter.writeAll([new RecordBatch(schema, data)]).toUint8Array(true);
}

describe('foreign Arrow files', () => {
	it('have no items in null lists, whatever lies there', () => {
		// Each with buffers of its own: apache-arrow's writer would join shared ones.
		const items = () => makeData({ type: new Int32(), data: Int32Array.of(1, 2, 3, 4, 5, 6) });
		const inner = new List(new Field('item', new Int32(), false));
		const lists = () => makeData({ type: inner, length: 5, nullCount: 2, nullBitmap: Uint8Array.of(0b10110), valueOffsets: Int32Array.of(0, 2, 3, 3, 5, 6), child: items() });
		const outer = new List(new Field('item', inner, true));
		const nested = makeData({ type: outer, length: 5, nullCount: 1, nullBitmap: Uint8Array.of(0b11101), valueOffsets: Int32Array.of(1, 2, 3, 4, 5, 5), child: lists() });
		const struct = new Struct([new Field('values', inner, true)]);
		const structs = makeData({ type: struct, length: 5, nullCount: 2, nullBitmap: Uint8Array.of(0b00111), children: [lists()] });
		const [batch] = readArrow(foreign([new Field('lists', inner, true), new Field('nested', outer, true), new Field('structs', struct, true)], [lists(), nested, structs], 5)).batches;
		expect(batch?.toRows()).toEqual([
			{ lists: null, nested: [[3]], structs: { values: null } },
			{ lists: [3], nested: null, structs: { values: [3] } },
			{ lists: [], nested: [null], structs: { values: [] } },
			{ lists: null, nested: [[6]], structs: null },
			{ lists: [6], nested: [], structs: null },
		]);
		const column = batch?.column('lists', 'list');
		expect([0, 1, 2, 3, 4].map((row) => column?.count(row))).toEqual([0, 1, 0, 0, 1]);
		expect(column?.items.length).toBe(2);
	});

	it('have symbols where the dictionary is not the enumeration’s', () => {
		const metadata = new Map([['tickforge.enumeration', JSON.stringify({ values: ['buy', 'sell'], unknown: 'reject' })]]);
		const read = (values: readonly string[], also = metadata) => {
			const vector = vectorFromArray(values, new Dictionary(new Utf8(), new Int32()));
			const [data] = vector.data;
			if (data === undefined) throw new Error('no data');
			const [batch] = readArrow(foreign([new Field('side', vector.type, true, also)], [data], values.length)).batches;
			return { kind: batch?.column('side').kind, sides: batch?.toRows().map(({ side }) => side) };
		};
		expect(read(['buy', 'sell', 'buy'])).toEqual({ kind: 'enumeration', sides: ['buy', 'sell', 'buy'] });
		expect(read(['sell', 'buy', 'sell'])).toEqual({ kind: 'symbol', sides: ['sell', 'buy', 'sell'] });
		for (const text of ['', '{', 'null', '{"values":["buy"]}', '{"values":["buy","buy"],"unknown":"intern"}', '{"values":[1],"unknown":"intern"}', '{"values":["buy"],"unknown":"x"}']) {
			expect(read(['buy', 'sell'], new Map([['tickforge.enumeration', text]])), text).toEqual({ kind: 'symbol', sides: ['buy', 'sell'] });
		}
	});

	it('keep a column that only says to hold text scales', () => {
		const scales = () => makeData({ type: new Int32(), data: Int32Array.of(1, 2) });
		const fields = [new Field('price', new Int32(), false), new Field('price_scale', new Int32(), false, new Map([['tickforge.textScalesOf', 'price']])), new Field('lost', new Int32(), false, new Map([['tickforge.textScalesOf', 'nothing']]))];
		expect(readArrow(foreign(fields, [scales(), scales(), scales()], 2)).batches[0]?.toRows()).toEqual([
			{ price: 1, price_scale: 1, lost: 1 },
			{ price: 2, price_scale: 2, lost: 2 },
		]);
	});
});

describe('an Arrow writer', () => {
	const schema = oneOf('feed', { version: 1 }, message('trade', { price: decimal(2).keepScale(), id: integer() }));
	it('takes batches with room for other numbers of rows, and refuses other columns', () => {
		const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ price: `${id}.5`, id: BigInt(id) }));
		const small = batchFromRows(layoutSchema(schema, { rows: 64 }), rows(3));
		const large = batchFromRows(layoutSchema(schema, { rows: 512 }), rows(300));
		const writer = createArrowWriter(small.layout, small.symbols, { format: 'file' });
		const chunks = [small, large].flatMap((batch) => writer.write(batch).map((chunk) => chunk.slice()));
		const back = readArrow(join([...chunks, ...writer.finish()])).batches;
		expect(back.map((batch) => batch.toRows())).toEqual([small.toRows(), large.toRows()]);
		const other = oneOf('feed', { version: 1 }, message('trade', { price: decimal(3).keepScale(), id: integer() }));
		expect(() => writer.write(batchFromRows(layoutSchema(other, { rows: 64 }), rows(1)))).toThrow(/other columns/);
	});
});

describe('enumerations in Arrow', () => {
	it('come back with their values and rule, in lists and structs, too', () => {
		const side = (rule: 'intern' | 'reject') => enumeration(['buy', 'sell']).unknown(rule as 'reject');
		const schema = oneOf('feed', { version: 1 }, message('trade', { side: side('intern').key('s'), other: side('reject').key('o'), sides: list(side('reject')).key('l'), in: object({ side: side('intern') }).key('x') }));
		for (const format of ['file', 'stream'] as const) {
			const { written, back } = roundTrip(schema, ['{"s":"sell","o":"buy","l":["sell","buy"],"x":{"side":"none"}}', '{"s":"other","o":"sell","l":[],"x":{"side":"buy"}}'], format);
			expect(back.toRows()).toEqual(written.toRows());
			for (const path of ['side', 'other', 'sides', 'in.side']) {
				const types = [written, back].map(({ layout }) => {
					let column = layout.columns.find(({ name }) => name === path.split('.')[0]);
					while (column?.kind !== 'scalar') column = column?.kind === 'list' ? column.item : column?.children[0];
					return column.type;
				});
				expect(types[1], path).toEqual(types[0]);
			}
			expect(back.column('in.side', 'enumeration').id(0)).toBe(2);
		}
	});
});

describe('the LZ4 reader', () => {
	const noise = new Uint8Array(3 << 20).map((_, index) => Math.imul(index ^ (index >>> 7), 2654435761) >>> 23);

	it('takes no more memory than the bytes can expand to', () => {
		const frame = encodeLz4Frame(Uint8Array.of(1, 2, 3));
		expect(() => decodeLz4Frame(frame, 2 ** 31)).toThrow(/cannot hold 2147483648/);
		const zeros = encodeLz4Frame(new Uint8Array(9 << 20));
		expect(zeros.length * 255).toBeGreaterThan(9 << 20);
		expect(decodeLz4Frame(zeros, 9 << 20)).toEqual(new Uint8Array(9 << 20));
	});

	it('takes memory as the content comes, not as it is claimed', () => {
		const frame = encodeLz4Frame(noise);
		const claimed = 500 << 20;
		expect(frame.length * 255).toBeGreaterThan(claimed);
		let largest = 0;
		const watched = new Proxy(Uint8Array, {
			construct(target, args, self) {
				if (typeof args[0] === 'number') largest = Math.max(largest, args[0]);
				return Reflect.construct(target, args, self);
			},
		});
		vi.stubGlobal('Uint8Array', watched);
		try {
			expect(() => decodeLz4Frame(frame, claimed)).toThrow(/instead of 524288000/);
		} finally {
			vi.unstubAllGlobals();
		}
		expect(largest).toBeGreaterThanOrEqual(noise.length);
		expect(largest).toBeLessThan(32 << 20);
		expect(Buffer.compare(decodeLz4Frame(frame, noise.length), noise)).toBe(0);
	});

	it('grows over many blocks', () => {
		const content = new Uint8Array(Buffer.concat([noise, new Uint8Array(6 << 20), noise, noise]));
		expect(Buffer.compare(decodeLz4Frame(encodeLz4Frame(content), content.length), content)).toBe(0);
		expect(() => decodeLz4Frame(encodeLz4Frame(content), content.length - 1)).toThrow(/leave|more content/);
	});

	it('refuses a block that is larger than the frame allows', () => {
		const frame = encodeLz4Frame(noise);
		// Blocks of 64 KiB are announced, with the header's checksum to match; the block has more.
		const header = encodeLz4Frame(new Uint8Array(0));
		expect(header.length).toBe(19);
		const view = new DataView(frame.buffer);
		view.setUint8(5, 0b01000000);
		for (let check = 0; check < 256; check++) {
			view.setUint8(14, check);
			let why = '';
			try {
				decodeLz4Frame(frame, noise.length);
			} catch (error) {
				why = String(error);
			}
			if (!why.includes('damaged')) {
				expect(why).toMatch(/where 65536 are the most/);
				return;
			}
		}
		throw new Error('no checksum fits');
	});
});
