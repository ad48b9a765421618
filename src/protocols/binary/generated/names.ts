/** Text of fixed length and text after its length, in generated code. */
import type { ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { I32, I64, V128 } from '../../../wasm/index.ts';
import { FULL } from '../../rows/faults.ts';
import { inlineView } from '../../rows/store.ts';
import type { TextNode } from '../wire.ts';
import { markValid, type Scope, storeNull, storeValue } from './scope.ts';

/**
 * Names of up to eight bytes that were seen lately, with their ids, so that most need neither be trimmed nor checked nor
 * looked up: one place a name, where a newer one replaces it. Ids of a parser's names never change.
 * ```
 *  | the bytes as they stand (u64) | id + 1 (u32), 0 where empty | kind (u32) |
 * ```
 * The kind is what the same bytes must have in common to be the same name: symbol table, width and padding.
 */
const REMEMBERED = { bytes: 0, id: 8, kind: 12, size: 16 } as const;
const PLACES_BITS = 12;
/** Bytes that remembered names take. */
export const REMEMBERED_BYTES = 2 ** PLACES_BITS * REMEMBERED.size;

/** An Utf8View holds texts up to this long itself. */
const INLINE_TEXT = 12;

/** Emits a text node at an address, all of which is there. */
export function emitText(scope: Scope, node: TextNode, column: ScalarColumn | null, p: I32): void {
	const { f, e } = scope;
	const { bytes, pad } = node;
	const at = f.local(I32, p, 'text');
	if (bytes <= 8 && node.type.kind === 'symbol' && !node.nullable && column !== null && scope.rows !== null) {
		emitShortSymbol(scope, node, column, at);
		return;
	}
	if (pad === 'none') {
		emitName(scope, { kind: node.type.kind, nullable: false, most: bytes }, column, at, I32.of(bytes));
		return;
	}
	if (bytes > 16) {
		const length = f.local(I32, pad === 'space' ? e.trimSpaces.call(at, I32.of(bytes)) : e.findNul.call(at, I32.of(bytes)), 'textLength');
		emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes }, column, at, length);
		return;
	}
	const vector = f.local(V128, V128.load(at), 'textBytes');
	const length = emitTrimmedLength(scope, node, vector);
	emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes, vector }, column, at, length);
}

function emitShortSymbol(scope: Scope, node: TextNode, column: ScalarColumn, at: I32): void {
	const { f, e } = scope;
	const { bytes, pad } = node;
	const kind = column.symbolTable | (bytes << 20) | (pad === 'nul' ? 1 << 24 : 0);
	const loaded = I64.load(at);
	const raw = f.local(I64, bytes === 8 ? loaded : loaded.and(2n ** BigInt(bytes * 8) - 1n), 'rawName');
	const place = f.local(
		I32,
		e.pool.base.add(
			raw
				.mul(0x9e3779b97f4a7c15n)
				.shrU(BigInt(64 - PLACES_BITS))
				.wrap()
				.shl(4),
		),
		'rememberedAt',
	);
	const id = f.local(I32, I32.load(place, e.remembered + REMEMBERED.id), 'rememberedId');
	f.if(
		I64.load(place, e.remembered + REMEMBERED.bytes)
			.ne(raw)
			.or(I32.load(place, e.remembered + REMEMBERED.kind).ne(kind))
			.or(id.eqz()),
		() => {
			const vector = f.local(V128, V128.load(at), 'textBytes');
			const name: NameKind = { kind: 'symbol', nullable: false, most: bytes, vector };
			const found = emitSymbolId(scope, name, column, at, emitTrimmedLength(scope, node, vector));
			id.set(found.add(1));
			f.store(place, raw, e.remembered + REMEMBERED.bytes);
			f.store(place, id, e.remembered + REMEMBERED.id);
			f.store(place, I32.of(kind), e.remembered + REMEMBERED.kind);
		},
		undefined,
		{ likely: false },
	);
	storeValue(scope, column, id.sub(1));
	markValid(scope, column);
}

/** Bytes of a padded text of up to 16 that are not padding. */
function emitTrimmedLength({ f }: Scope, { bytes, pad }: TextNode, vector: V128): I32 {
	const length = f.local(I32, undefined, 'textLength');
	if (pad === 'space') {
		const kept = vector.i8x16.ne(V128.splat8(0x20)).i8x16.bitmask();
		// The highest bit that is set is of the last byte that is no space.
		length.set(I32.of(32).sub((bytes === 16 ? kept : kept.and(2 ** bytes - 1)).clz()));
	} else {
		length.set(
			vector.i8x16
				.eq(V128.splat8(0))
				.i8x16.bitmask()
				.or(2 ** bytes)
				.ctz(),
		);
	}
	return length;
}

export interface NameKind {
	readonly kind: TextNode['type']['kind'];
	/** No bytes are null. */
	readonly nullable: boolean;
	/** Most bytes that it can have. */
	readonly most: number;
	/** Its first 16 bytes, where they are loaded. */
	readonly vector?: V128;
}

/** Emits a name or text of `length` bytes at an address, all of which is there. */
export function emitName(scope: Scope, name: NameKind, column: ScalarColumn | null, at: I32, length: I32): void {
	const { f } = scope;
	if (!name.nullable) {
		emitPresentName(scope, name, column, at, length);
		return;
	}
	f.if(
		length.eqz(),
		() => storeNull(scope, column),
		() => emitPresentName(scope, name, column, at, length),
	);
}

function emitPresentName(scope: Scope, name: NameKind, column: ScalarColumn | null, at: I32, length: I32): void {
	const { f, e, rows } = scope;
	if (name.kind === 'symbol') {
		if (column === null || rows === null) emitNameChecks(scope, name, at, length);
		else {
			storeValue(scope, column, emitSymbolId(scope, name, column, at, length));
			markValid(scope, column);
		}
		return;
	}
	if (name.kind === 'text') emitNameChecks(scope, name, at, length);
	if (column === null || rows === null) return;
	const table = scope.table as TableLayout;
	const inline = (): void => f.store(rows.at16, inlineView(at, length), column.values);
	if (name.most <= INLINE_TEXT) inline();
	else {
		f.if(length.leU(INLINE_TEXT), inline, () => {
			if (scope.text === null) throw new Error('tickforge: a table with texts has a text heap');
			const used = f.local(I32, e.putText.call(scope.batch.add(table.textOffset), scope.text, I32.of(table.textCapacity), rows.at16.add(column.values), at, length), 'used');
			f.if(used.eq(-1), () => scope.fail(FULL, at), undefined, { likely: false });
			scope.text.set(used);
		});
	}
	markValid(scope, column);
}

/** Emits: a symbol is not too long, and the bytes are UTF-8. */
function emitNameChecks(scope: Scope, { kind, most, vector }: NameKind, at: I32, length: I32): void {
	const { f, e } = scope;
	if (kind === 'symbol' && most > SYMBOL_LIMIT) f.if(length.gtU(SYMBOL_LIMIT), () => scope.fail('too-large', at), undefined, { likely: false });
	// ASCII, up to 16 bytes, is seen at a glance.
	const first = vector ?? V128.load(at);
	const notAscii = first.i8x16.bitmask().and(I32.of(1).shl(length).sub(1));
	const suspicious = most > 16 ? length.gtU(16).or(notAscii) : most === 16 ? first.i8x16.bitmask() : notAscii;
	f.if(
		suspicious,
		() => {
			const wrong = f.local(I32, e.wrongUtf8.call(at, at.add(length)), 'wrong');
			f.if(wrong, () => scope.fail('utf8', wrong));
		},
		undefined,
		{ likely: false },
	);
}

/** Emits: a name's id, checked. */
function emitSymbolId(scope: Scope, name: NameKind, column: ScalarColumn, at: I32, length: I32): I32 {
	const { f, e } = scope;
	emitNameChecks(scope, name, at, length);
	const id = emitFindInline(f, { table: I32.load(e.symbolTables, column.symbolTable * 4), p: at, length, otherwise: scope.finding ? e.symbols.find : e.symbols.intern });
	f.if(id.eq(-1), () => scope.fail('too-large', at), undefined, { likely: false });
	return id;
}
