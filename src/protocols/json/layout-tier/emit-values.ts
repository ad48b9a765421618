/** What becomes of values: into the row's columns. */
import type { ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { type Func, I32, I64, type Label, type Local } from '../../../wasm/index.ts';
import type { Rows } from '../../rows/row-addresses.ts';
import { heapOf, storeNull } from '../../rows/store.ts';
import type { StrictValues } from '../schema-tier/strict-values.ts';
import { type Conversions, type FoundNumber, isFixed, type NumberScope, takeNumber } from './emit-numbers.ts';
import { emitText } from './emit-text.ts';
import { CACHE_ENTRY, type CachedName } from './name-cache.ts';
import { addressOf, moved, type Position, placeOf } from './positions.ts';
import { numberMode, type Shape } from './shapes.ts';
import type { ClockToken, FlagToken, Mark, NameToken, NumberToken, StringToken, Token } from './tokens.ts';

export interface ValueScope extends NumberScope {
	readonly s: StrictValues;
	readonly rows: Rows;
	readonly symbolTables: Local<I32>;
	/** The message is none of the shapes. */
	readonly failed: Label;
	table(shape: Shape): TableLayout | null;
}

/** Something that was found while it was not known yet which variant's it is. */
export type Found =
	| { readonly kind: 'number'; readonly found: FoundNumber }
	| { readonly kind: 'string'; readonly start: Position; readonly length: Local<I32>; readonly end: Position }
	| { readonly kind: 'name'; readonly name: CachedName }
	| { readonly kind: 'clock'; readonly nanoseconds: Local<I64> }
	| { readonly kind: 'flag'; readonly isTrue: Local<I32> };
const WORDS = { true: 0x65757274, fals: 0x736c6166, alse: 0x65736c61 } as const;

/** Emits: `true` or `false` at (up to) a place. */
export function findFlag({ f, fault }: NumberScope, at: Position, direction: 'forward' | 'backward'): { isTrue: Local<I32>; after: Position } {
	const word = f.local(I32, placeOf(direction === 'forward' ? at : moved(at, -4), I32.load), 'word');
	const isTrue = f.local(I32, word.eq(WORDS.true), 'isTrue');
	// One of four letters, and the fifth where there is one.
	fault.set(fault.or(word.xor(I32.select(isTrue, I32.of(WORDS.true), I32.of(direction === 'forward' ? WORDS.fals : WORDS.alse)))));
	if (direction === 'forward') {
		const base = f.local(I32, at.base.sub(isTrue), 'at');
		const after = { base, offset: at.offset + 5 };
		fault.set(fault.or(placeOf(moved(after, -1), I32.load8U).xor(0x65)));
		return { isTrue, after };
	}
	const after = { base: f.local(I32, at.base.add(isTrue), 'at'), offset: at.offset - 5 };
	fault.set(fault.or(I32.select(isTrue, I32.of(0), placeOf(moved(at, -5), I32.load8U).xor(0x66))));
	return { isTrue, after };
}

/** Emits: the value of a shape's token is stored, or waits among the conversions. */
export function takeFound(scope: ValueScope, conversions: Conversions, shape: Shape, token: Token, found: Found): void {
	const { f } = scope;
	const { column } = token as NumberToken | NameToken | StringToken | FlagToken | ClockToken;
	switch (found.kind) {
		case 'number':
			takeNumber({ ...scope, at8: scope.rows.at8, at4: scope.rows.at4, at1: scope.rows.at1 }, conversions, found.found, token as NumberToken, isIntegral(shape, token));
			break;
		case 'flag':
			if (column !== null) storeBit(scope, column.values, I32.of(0).sub(found.isTrue));
			break;
		case 'name':
			f.store(scope.rows.at4, I32.load(found.name.entry, CACHE_ENTRY.id), (column as ScalarColumn).values);
			break;
		case 'clock':
			if (column !== null) f.store(scope.rows.at8, found.nanoseconds, column.values);
			break;
		case 'string':
			takeString(scope, shape, token as NameToken | StringToken, found);
	}
	if (column !== null && column.validity >= 0) storeBit(scope, column.validity);
}

function takeString(scope: ValueScope, shape: Shape, token: NameToken | StringToken, { start, length: whole, end }: Found & { readonly kind: 'string' }): void {
	const { f, rows, s, fault, failed, symbolTables } = scope;
	const { suffix, column } = token;
	let length = whole;
	if (suffix.length > 0) {
		const tooShort = f.local(I32, whole.ltU(suffix.length), 'tooShort');
		fault.set(fault.or(tooShort));
		emitText(scope, moved(end, -suffix.length), suffix, suffix.length);
		length = f.local(I32, I32.select(tooShort, I32.of(0), whole.sub(suffix.length)), 'length');
	}
	if (column === null) return;
	if (token.kind === 'name') {
		const id = emitFindInline(f, { table: I32.load(symbolTables, column.symbolTable * 4), p: addressOf(start), length, otherwise: s.kernels.find as Func<I32> });
		fault.set(fault.or(id.shrU(31)));
		f.store(rows.at4, id, column.values);
		return;
	}
	const table = scope.table(shape) as TableLayout;
	const fits = s.stores.putText.call(heapOf(rows.batch, table), I32.of(table.textCapacity), rows.at16.add(column.values), addressOf(start), length) as I32;
	failed.branchIf(fits.eqz(), { likely: false });
}

/** Emits: what follows from the shape alone. */
export function emitMark({ f, s, rows }: ValueScope, mark: Mark): void {
	const { batch, row } = rows;
	switch (mark.kind) {
		case 'null':
			storeNull(f, s.stores, mark.column, batch, row);
			return;
		case 'valid':
			storeBit({ f, rows }, mark.column.validity);
			return;
		case 'constant': {
			const { column, value } = mark;
			if (column.storage === 'bits') storeBit({ f, rows }, column.values, I32.of(value === 1n ? -1 : 0));
			else if (column.storage === 'f64') f.store(rows.at8, I64.of(new BigInt64Array(Float64Array.of(Number(value)).buffer)[0] as bigint), column.values);
			else if (column.storage === 'i64' || column.storage === 'u64') f.store(rows.at8, I64.of(BigInt.asIntN(64, value as bigint)), column.values);
			else f.store(rows.at4, I32.of(Number(BigInt.asIntN(32, value as bigint))), column.values);
			if (column.validity >= 0) storeBit({ f, rows }, column.validity);
		}
	}
}

/** Emits a bit: always 1, or that of `mask`, which is 0 or -1. */
function storeBit({ f, rows }: Pick<ValueScope, 'f' | 'rows'>, bitmap: number, mask?: I32): void {
	const loaded = I32.load8U(rows.bitByte, bitmap);
	if (mask === undefined) f.store8(rows.bitByte, loaded.or(rows.bit), bitmap);
	else {
		const byte = f.local(I32, loaded, 'byte');
		f.store8(rows.bitByte, byte.xor(mask).and(rows.bit).xor(byte), bitmap);
	}
}

/** The shape's own numbers at this place have no point. */
function isIntegral(shape: Shape, token: Token): boolean {
	const mode = numberMode(shape, shape.tokens.indexOf(token));
	return isFixed(mode) || mode === 'whole';
}
