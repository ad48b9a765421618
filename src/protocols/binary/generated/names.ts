/** Text of fixed length and text after its length, in generated code. */
import type { ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { type Func, type FunctionBuilder, I32, type Local, V128 } from '../../../wasm/index.ts';
import { FULL } from '../../rows/faults.ts';
import { isSameKind, LONGEST_REMEMBERED, type NameKind, type RememberedNames } from '../../rows/remembered-names.ts';
import { inlineView } from '../../rows/store.ts';
import type { MessagePlan, Plan } from '../plan.ts';
import type { TextNode } from '../wire.ts';
import { type Foundation, type KnownNames, noteFault } from './environment.ts';
import { markValid, type Scope, storeNull, storeValue } from './scope.ts';

/** An Utf8View holds texts up to this long itself. */
const INLINE_TEXT = 12;

/** Emits a text node at an address, all of which is there. */
export function emitText(scope: Scope, node: TextNode, column: ScalarColumn | null, p: I32): void {
	const { f, e } = scope;
	const { bytes, pad } = node;
	const at = f.local(I32, p, 'text');
	if (bytes <= 8 && node.type.kind === 'symbol' && !node.nullable && column !== null && scope.rows !== null) {
		emitKnownName(scope, { symbolTable: column.symbolTable, bytes, pad }, column, at, null);
		return;
	}
	if (pad === 'none') {
		emitName(scope, { kind: node.type.kind, nullable: false, most: bytes }, column, at, f.local(I32, bytes, 'textLength'));
		return;
	}
	if (bytes > 16) {
		const length = f.local(I32, pad === 'space' ? e.trimSpaces.call(at, I32.of(bytes)) : e.findNul.call(at, I32.of(bytes)), 'textLength');
		emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes }, column, at, length);
		return;
	}
	const vector = f.local(V128, V128.load(at), 'textBytes');
	const length = emitTrimmedLength(f, node, vector);
	emitName(scope, { kind: node.type.kind, nullable: node.nullable, most: bytes, vector }, column, at, length);
}

/** Emits a name of a kind that is remembered. */
function emitKnownName(scope: Scope, kind: NameKind, column: ScalarColumn, at: I32, length: Local<I32> | null): void {
	const { f, e, base, finding } = scope;
	const known = e.names.kindOf(kind);
	const id = known.look(f, base, at, length, (found) => {
		found.set((finding ? known.find : known.intern).call(at, length ?? I32.of(kind.bytes)));
		f.if(found.eqz(), () => scope.fail(e.category, e.at));
	});
	storeValue(scope, column, id);
	markValid(scope, column);
}

/** The kinds of names of a format's tables that can be remembered. */
export function rememberedKinds(plans: readonly MessagePlan[]): NameKind[] {
	const found: NameKind[] = [];
	const visit = (plan: Plan): void => {
		if (plan.kind === 'struct' || plan.kind === 'group') {
			for (const segment of plan.body.segments) {
				if (segment.kind === 'single') visit(segment.plan);
				else for (const entry of segment.entries) visit(entry.plan);
			}
			return;
		}
		if ((plan.kind !== 'text' && plan.kind !== 'data') || plan.column === null) return;
		const { node } = plan;
		if (node.type?.kind !== 'symbol' || node.nullable || (node.kind === 'text' && node.bytes > 8)) return;
		const kind: NameKind = { symbolTable: plan.column.symbolTable, bytes: node.kind === 'text' ? node.bytes : 0, pad: node.kind === 'text' ? node.pad : 'nul' };
		if (!found.some((known) => isSameKind(known, kind))) found.push(kind);
	};
	for (const { body } of plans) {
		for (const segment of body.segments) {
			if (segment.kind === 'single') visit(segment.plan);
			else for (const entry of segment.entries) visit(entry.plan);
		}
	}
	return found;
}

/** Emits the functions for names that are not remembered. */
export function emitNames(e: Foundation, remembered: RememberedNames, kinds: readonly NameKind[]): KnownNames {
	const known = kinds.map((kind) => ({ kind, name: { ...remembered.kindOf(kind), find: emitNameFunction(e, remembered, kind, true), intern: emitNameFunction(e, remembered, kind, false) } }));
	return {
		kindOf(wanted) {
			const found = known.find(({ kind }) => isSameKind(kind, wanted));
			if (found === undefined) throw new Error('tickforge: names of a kind that is not remembered');
			return found.name;
		},
	};
}

function emitNameFunction(e: Foundation, remembered: RememberedNames, kind: NameKind, finding: boolean): Func<I32> {
	const places = remembered.kindOf(kind);
	return e.m.func(`${finding ? 'find' : 'intern'} names ${kind.symbolTable}.${kind.bytes}${kind.pad}`, { params: { at: I32, bytes: I32 }, results: [I32] }, (f, { at, bytes }) => {
		const fail: Scope['fail'] = (category, where) => {
			noteFault(f, e, category, where);
			f.return(I32.of(0));
		};
		const vector = kind.bytes === 0 ? undefined : f.local(V128, V128.load(at), 'textBytes');
		const length = vector === undefined ? bytes : emitTrimmedLength(f, kind, vector);
		const scope = { e, f, finding, fail };
		const id = f.local(I32, emitSymbolId(scope, { kind: 'symbol', nullable: false, most: kind.bytes === 0 ? Number.MAX_SAFE_INTEGER : kind.bytes, ...(vector === undefined ? {} : { vector }) }, kind.symbolTable, at, length).add(1), 'id');
		const keep = (): void => places.keep(f, e.pool.base, at, kind.bytes === 0 ? length : null, id);
		if (kind.bytes === 0) f.if(length.leU(LONGEST_REMEMBERED), keep);
		else keep();
		f.return(id);
	});
}

/** Bytes of a padded text of up to 16 that are not padding. */
function emitTrimmedLength(f: FunctionBuilder, { bytes, pad }: NameKind | TextNode, vector: V128): Local<I32> {
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

/** What checking and finding a name needs. */
type NameScope = Pick<Scope, 'f' | 'finding' | 'fail'> & { readonly e: Foundation };

export interface NameTraits {
	readonly kind: TextNode['type']['kind'];
	/** No bytes are null. */
	readonly nullable: boolean;
	/** Most bytes that it can have. */
	readonly most: number;
	/** It stands after its length, so that it can be remembered. */
	readonly afterLength?: boolean;
	/** Its first 16 bytes, where they are loaded. */
	readonly vector?: V128;
}

/** Emits a name or text of `length` bytes at an address, all of which is there. */
export function emitName(scope: Scope, name: NameTraits, column: ScalarColumn | null, at: I32, length: Local<I32>): void {
	const { f } = scope;
	if (name.kind === 'symbol' && !name.nullable && name.vector === undefined && column !== null && scope.rows !== null && name.afterLength) {
		emitKnownName(scope, { symbolTable: column.symbolTable, bytes: 0, pad: 'nul' }, column, at, length);
		return;
	}
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

function emitPresentName(scope: Scope, name: NameTraits, column: ScalarColumn | null, at: I32, length: I32): void {
	const { f, e, rows } = scope;
	if (name.kind === 'symbol') {
		if (column === null || rows === null) emitNameChecks(scope, name, at, length);
		else {
			storeValue(scope, column, emitSymbolId(scope, name, column.symbolTable, at, length));
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
function emitNameChecks(scope: NameScope, { kind, most, vector }: NameTraits, at: I32, length: I32): void {
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
function emitSymbolId(scope: NameScope, name: NameTraits, symbolTable: number, at: I32, length: I32): I32 {
	const { f, e } = scope;
	emitNameChecks(scope, name, at, length);
	const id = emitFindInline(f, { table: I32.load(e.symbolTables, symbolTable * 4), p: at, length, otherwise: scope.finding ? e.symbols.find : e.symbols.intern });
	f.if(id.eq(-1), () => scope.fail('too-large', at), undefined, { likely: false });
	return id;
}
