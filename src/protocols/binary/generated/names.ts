/** Text of fixed length and text after its length, in generated code. */
import type { ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { I32, V128 } from '../../../wasm/index.ts';
import { inlineView } from '../../json/schema-tier/store.ts';
import type { TextNode } from '../wire.ts';
import { FULL } from './environment.ts';
import { markValid, type Scope, storeNull, storeValue } from './scope.ts';

/** An Utf8View holds texts up to this long itself. */
const INLINE_TEXT = 12;

/** Emits a text node at an address, all of which is there. */
export function emitText(scope: Scope, node: TextNode, column: ScalarColumn | null, p: I32): void {
	const { f, e } = scope;
	const { bytes, pad } = node;
	const at = f.local(I32, p, 'text');
	if (bytes > 16) {
		const length = f.local(I32, pad === 'space' ? e.trimSpaces.call(at, I32.of(bytes)) : e.findNul.call(at, I32.of(bytes)), 'textLength');
		emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes }, column, at, length);
		return;
	}
	const all = V128.load(at);
	const vector = f.local(V128, all, 'textBytes');
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
	emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes, vector }, column, at, length);
}

export interface NameKind {
	readonly kind: 'symbol' | 'text';
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

function emitPresentName(scope: Scope, { kind, most, vector }: NameKind, column: ScalarColumn | null, at: I32, length: I32): void {
	const { f, e, rows } = scope;
	if (kind === 'symbol' && most > SYMBOL_LIMIT) f.if(length.gtU(SYMBOL_LIMIT), () => scope.fail('too-large', at), undefined, { likely: false });
	const checkSlowly = (): void => {
		const wrong = f.local(I32, e.wrongUtf8.call(at, at.add(length)), 'wrong');
		f.if(wrong, () => scope.fail('utf8', wrong));
	};
	// ASCII, up to 16 bytes, is seen at a glance.
	const first = vector ?? V128.load(at);
	const notAscii = first.i8x16.bitmask().and(I32.of(1).shl(length).sub(1));
	const suspicious = most > 16 ? length.gtU(16).or(notAscii) : most === 16 ? first.i8x16.bitmask() : notAscii;
	f.if(suspicious, checkSlowly, undefined, { likely: false });
	if (column === null || rows === null) return;
	if (kind === 'symbol') {
		const id = emitFindInline(f, { table: I32.load(e.symbolTables, column.symbolTable * 4), p: at, length, otherwise: e.symbols.intern });
		f.if(id.eq(-1), () => scope.fail('too-large', at), undefined, { likely: false });
		storeValue(scope, column, id);
	} else {
		const table = scope.table as TableLayout;
		const inline = (): void => f.store(rows.at16, inlineView(at, length), column.values);
		if (most <= INLINE_TEXT) inline();
		else {
			f.if(length.leU(INLINE_TEXT), inline, () => {
				if (scope.text === null) throw new Error('tickforge: a table with texts has a text heap');
				const used = f.local(I32, e.putText.call(scope.batch.add(table.textOffset), scope.text, I32.of(table.textCapacity), rows.at16.add(column.values), at, length), 'used');
				f.if(used.eq(-1), () => scope.fail(FULL, at), undefined, { likely: false });
				scope.text.set(used);
			});
		}
	}
	markValid(scope, column);
}
