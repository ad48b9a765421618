/**
 * Code that takes a message (or a list's item) of one of several shapes: a tree. As long as all shapes agree on what comes
 * next, it is read once; where they differ, up to 8 bytes of text decide. At a leaf a single shape is left, whose end is
 * known mostly, so the rest is read from both ends towards the middle: two chains of widths instead of one.
 *
 * Nothing is asked on the way: bytes that do not fit leave a mark in `wrong` or `fault`, and those are asked at the leaf.
 * What was stored by then lies beyond the batch's counters and is nobody's.
 */
import type { ListColumn, ScalarColumn, TableLayout } from '../../../compiler/batch-layout.ts';
import { emitFindInline } from '../../../symbols/index.ts';
import { type Func, type FunctionBuilder, type Global, I32, I64, type Label, type Local, V128 } from '../../../wasm/index.ts';
import type { ListPlan } from '../../rows/plan.ts';
import { heapOf, storeListEnd, storeNull } from '../../rows/store.ts';
import { type StringVectors, stringStops } from '../schema-tier/grammar.ts';
import { type BlockPlan, CELLS_AT } from './block.ts';
import { CLOCK_CELL, CLOCK_CELLS, type ClockCell, clockLength, emitClock, MOST_FRACTION, SECONDS } from './clock.ts';
import type { LayoutCode } from './emit-layouts.ts';
import { type Conversions, covered, type FoundNumber, findNumber, flush, isBounded, isFixed, type NumberPlan, type NumberScope, takeNumber } from './emit-numbers.ts';
import { CACHE_ENTRY, type CachedName, cachedNameExcess, emitCachedName, LONGEST_CACHED, nameMasks } from './name-cache.ts';
import { LANES, LOW_DIGITS, NUMBER_MODES, type NumberFacts, type NumberMode, numberRules } from './number-modes.ts';
import { addressOf, moved, type Position, placeOf } from './positions.ts';
import { numberMode, type Shape, stringWindow } from './shapes.ts';
import type { ClockToken, FlagToken, Mark, NameToken, NumberToken, StringToken, Token } from './tokens.ts';

/** Addresses of one row. */
export interface Row {
	readonly batch: Local<I32>;
	readonly row: Local<I32>;
	readonly at8: Local<I32>;
	readonly at4: Local<I32>;
	readonly at16: Local<I32>;
	readonly at1: Local<I32>;
	readonly bitByte: Local<I32>;
	readonly bit: Local<I32>;
}

export interface TreeScope extends LayoutCode, NumberScope {
	readonly f: FunctionBuilder;
	readonly rows: Row;
	readonly symbolTables: Local<I32>;
	/** Address of the block (block.ts). */
	readonly block: Local<I32>;
	readonly plan: BlockPlan;
	/** Vectors that a string's bytes are compared with. */
	readonly strings: StringVectors;
	/** Look-ups of names on the way to a leaf, by their place on it and their table. */
	readonly names: Map<string, CachedName>;
	/** Times on the way to a leaf, by their place on it and their length. */
	readonly clocks: Map<string, ClockCell>;
	readonly lists: ReadonlyMap<ListPlan, Func>;
	/** Where the message ends; a closed item: where the item ends. */
	readonly end: I32;
	/** Whether `end` is where the shapes end; else they end anywhere before it. */
	readonly endsThere: boolean;
	/** The message is none of these shapes. */
	readonly failed: Label;
	/** The shape's variant is known: rows can be written from now on. */
	begin(variant: number): void;
	/** Everything is read and right; where the end was not known before, `at` is behind it. Leaves the tree. */
	finish(shape: Shape, at: Position): void;
	table(shape: Shape): TableLayout | null;
}

/** A shape, and how far it has been read: a token, and so many bytes of it where it is text. */
interface Cursor {
	readonly shape: Shape;
	readonly index: number;
	readonly skip: number;
}
/** Something that was found while it was not known yet which variant's it is. */
type Found =
	| { readonly kind: 'number'; readonly found: FoundNumber }
	| { readonly kind: 'string'; readonly start: Position; readonly length: Local<I32>; readonly end: Position }
	| { readonly kind: 'name'; readonly name: CachedName }
	| { readonly kind: 'clock'; readonly nanoseconds: Local<I64> }
	| { readonly kind: 'flag'; readonly isTrue: Local<I32> };
interface Progress {
	readonly at: Position;
	/** Found values with the token's place in each cursor's shape. */
	readonly waiting: readonly { readonly found: Found; readonly indexOf: ReadonlyMap<Shape, number> }[];
	readonly begun: boolean;
	readonly conversions: Conversions['waiting'];
	/** Names and times that were looked up. */
	readonly names: number;
	readonly clocks: number;
	/** How far `at` may lie beyond the end at most; negative: so many bytes are certainly there. */
	readonly beyond: number;
}

const EMPTY = new Uint8Array(0);
/** As far as loads may go beyond a message. */
const READABLE = 64;
/** Below a message's start there are at least so many bytes of memory. */
const BELOW = 900;
/** Shapes of so many bytes are read without asking how many are there. */
const SHORT = 32;
/** The widest that a window of a variable token makes it, 32 where it has no end. */
const WIDEST = 34;

const tokenAt = ({ shape, index }: Cursor): Token | undefined => shape.tokens[index];
const restOf = (cursor: Cursor): Uint8Array => {
	const token = tokenAt(cursor);
	return token?.kind === 'text' ? token.bytes.subarray(cursor.skip) : EMPTY;
};
const metOf = (cursors: readonly Cursor[]): number => cursors.reduce((sum, { shape }) => sum + shape.met, 0);
const next = ({ shape, index }: Cursor): Cursor => ({ shape, index: index + 1, skip: 0 });

/** Least bytes of a token. */
function leastOf(token: Token): number {
	switch (token.kind) {
		case 'text':
			return token.bytes.length;
		case 'name':
		case 'string':
			return token.suffix.length;
		case 'flag':
			return 4;
		case 'clock':
			return SECONDS;
		case 'list':
			return 0;
		default:
			return 1;
	}
}
const shapeFraction = ({ shape, index }: Cursor): number | null | undefined => shape.fractions.get(index);
const leastFrom = ({ shape, index, skip }: Cursor): number => shape.tokens.slice(index).reduce((sum, token) => sum + leastOf(token), -skip);

/** @param beyond how far `start` may lie beyond the message's end; negative: so many bytes are there */
export function emitTree(scope: TreeScope, shapes: readonly Shape[], start: Local<I32>, beyond = READABLE): void {
	scope.wrong.set(V128.i32x4(0, 0, 0, 0));
	scope.fault.set(0);
	scope.fault64.set(0n);
	if (shapes.length === 0) {
		scope.failed.branch();
		return;
	}
	const cursors = shapes.map((shape): Cursor => ({ shape, index: 0, skip: 0 }));
	// Where nobody has looked yet, as far beyond the end as can be.
	emitFrom(scope, cursors, { at: { base: start, offset: 0 }, waiting: [], begun: false, conversions: [], names: 0, clocks: 0, beyond });
}

/** Emits: leaves where fewer bytes follow than any of the shapes has. */
function guard(scope: TreeScope, cursors: readonly Cursor[], progress: Progress, bytes: number): Progress {
	if (progress.beyond + bytes <= READABLE) return progress;
	const least = Math.min(...cursors.map(leastFrom));
	scope.failed.branchIf(addressOf(moved(progress.at, least)).gtU(scope.end), { likely: false });
	return { ...progress, beyond: -least };
}
const advance = (progress: Progress, at: Position, by: number): Progress => ({ ...progress, at, beyond: progress.beyond + by });

function emitFrom(scope: TreeScope, given: readonly Cursor[], progress: Progress): void {
	let cursors = given;
	let state = progress;
	for (;;) {
		const { variant } = (cursors[0] as Cursor).shape;
		if (!state.begun && cursors.every(({ shape }) => shape.variant === variant)) {
			scope.begin(variant);
			state = takeWaiting(scope, cursors, { ...state, begun: true });
		}
		if (cursors.length === 1 && scope.endsThere && isPlain(cursors[0] as Cursor)) {
			emitBothEnds(scope, cursors[0] as Cursor, state);
			return;
		}
		const texts = cursors.filter((cursor) => restOf(cursor).length > 0);
		if (texts.length < cursors.length) {
			const group = largestGroup(cursors.filter((cursor) => restOf(cursor).length === 0));
			if (texts.length > 0) state = emitChoice(scope, texts, cursors, state);
			if (group.length < cursors.length) {
				cursors = group;
				continue;
			}
			if (tokenAt(group[0] as Cursor) === undefined) {
				emitLeaf(scope, group[0] as Cursor, state);
				return;
			}
			state = emitToken(scope, group, state);
			cursors = group.map(next);
			continue;
		}
		const common = commonLength(texts.map(restOf));
		if (common > 0) {
			state = emitCommonText(scope, texts, common, state);
			cursors = texts.map((cursor) => (restOf(cursor).length === common ? next(cursor) : { ...cursor, skip: cursor.skip + common }));
			continue;
		}
		emitChoice(scope, texts, texts, state);
		scope.failed.branch();
		return;
	}
}

function commonLength(texts: readonly Uint8Array[]): number {
	const [first, ...others] = texts as readonly [Uint8Array, ...Uint8Array[]];
	let length = 0;
	while (length < first.length && others.every((other) => other[length] === first[length])) length++;
	return length;
}

/** Of values that cannot be told apart by their first bytes, those that were met most. */
function largestGroup(cursors: readonly Cursor[]): readonly Cursor[] {
	const variants = new Set(cursors.map(({ shape }) => shape.variant));
	const keyOf = (cursor: Cursor): string => {
		const token = tokenAt(cursor);
		switch (token?.kind) {
			case undefined:
				// Two shapes that end alike are the same bytes.
				return `end ${cursor.shape.variant}`;
			case 'strict':
			case 'list':
				return `${token.kind} ${token.plan.path}`;
			case 'clock':
				return `clock ${token.zone} ${variants.size === 1 ? token.column?.values : ''}`;
			case 'name':
			case 'string':
				return `string ${String.fromCharCode(...token.suffix)} ${variants.size === 1 ? token.column?.values : ''}`;
			case 'number':
				return `number ${variants.size === 1 ? `${token.column?.values} ${JSON.stringify(token.type)}` : ''}`;
			case 'flag':
				return `flag ${variants.size === 1 ? token.column?.values : ''}`;
			default:
				return token?.kind as string;
		}
	};
	const groups = new Map<string, Cursor[]>();
	for (const cursor of cursors) {
		const key = keyOf(cursor);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [cursor]);
		else group.push(cursor);
	}
	return [...groups.values()].sort((a, b) => metOf(b) - metOf(a))[0] as Cursor[];
}

/** Emits: where the next bytes are those of some of the shapes, the code for these. */
function emitChoice(scope: TreeScope, texts: readonly Cursor[], all: readonly Cursor[], progress: Progress): Progress {
	const { f } = scope;
	const shortest = Math.min(...texts.map((cursor) => restOf(cursor).length));
	const width = shortest >= 8 ? 8 : shortest >= 4 ? 4 : shortest >= 2 ? 2 : 1;
	const state = guard(scope, all, progress, 8);
	const partitions = new Map<string, Cursor[]>();
	for (const cursor of texts) {
		const key = String.fromCharCode(...restOf(cursor).subarray(0, width));
		const partition = partitions.get(key);
		if (partition === undefined) partitions.set(key, [cursor]);
		else partition.push(cursor);
	}
	const word = width === 8 ? f.local(I64, placeOf(state.at, I64.load), 'word') : f.local(I32, placeOf(state.at, width === 4 ? I32.load : width === 2 ? I32.load16U : I32.load8U), 'word');
	for (const partition of [...partitions.values()].sort((a, b) => metOf(b) - metOf(a))) {
		const bytes = restOf(partition[0] as Cursor).subarray(0, width);
		const matches = word instanceof I64 ? word.eq(I64.of(wordOf(bytes))) : (word as Local<I32>).eq(I32.of(Number(BigInt.asIntN(32, wordOf(bytes)))));
		f.if(matches, () => {
			const cursors = partition.map((cursor) => (restOf(cursor).length === width ? next(cursor) : { ...cursor, skip: cursor.skip + width }));
			emitFrom(scope, cursors, advance(state, moved(state.at, width), width));
		});
	}
	return state;
}

/** The bytes as one number, the first the lowest. */
function wordOf(bytes: Uint8Array): bigint {
	return BigInt.asIntN(
		64,
		bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n),
	);
}

/** How the number that follows is looked for, by all of the shapes. */
function numberPlan(cursors: readonly Cursor[], before: Uint8Array): NumberPlan {
	const facts = cursors.map(({ shape, index }) => shape.numbers.get(index) as NumberFacts);
	const digits = (facts[0] as NumberFacts).mostWhole;
	let mode = NUMBER_MODES[Math.max(...cursors.map(({ shape, index }) => NUMBER_MODES.indexOf(numberMode(shape, index))))] as NumberMode;
	const { high } = facts[0] as NumberFacts;
	// Low digits are multiplied in 32 bits.
	const scale = Math.max(...cursors.map((cursor) => numberRules((tokenAt(cursor) as NumberToken).type).scale));
	if (mode === 'low' && (scale > 9 || facts.some((own) => own.high !== high))) mode = 'fixed';
	const most = cursors.reduce((least, cursor) => {
		const rules = numberRules((tokenAt(cursor) as NumberToken).type);
		const own = rules.most / 10n ** BigInt(rules.scale);
		return own < least ? own : least;
	}, 10n ** BigInt(LANES));
	if (mode === 'low' && high !== '' && (BigInt(high ?? '') + 1n) * 10n ** BigInt(LOW_DIGITS) > most) mode = 'whole';
	if (isFixed(mode) && (facts.some(({ mostWhole }) => mostWhole !== digits) || !isBounded(digits, most))) mode = 'whole';
	return { mode, signed: facts.some(({ negative }) => negative), digits, high: high ?? '', direction: 'forward', before, most };
}

/** Emits: text that all shapes have next. A number of fixed width behind it looks at some of it, too. */
function emitCommonText(scope: TreeScope, cursors: readonly Cursor[], length: number, progress: Progress): Progress {
	const bytes = restOf(cursors[0] as Cursor).subarray(0, length);
	const state = guard(scope, cursors, progress, length);
	const left = length - coveredByNumber(cursors, length);
	emitText(scope, state.at, bytes, left);
	return advance(state, moved(state.at, length), length);
}
function coveredByNumber(cursors: readonly Cursor[], length: number): number {
	const behind = cursors.map(next);
	if (!cursors.every((cursor) => restOf(cursor).length === length && tokenAt(next(cursor))?.kind === 'number')) return 0;
	// What others than a number's shapes follow is a choice, which wants the text checked.
	const group = largestGroup(behind);
	if (group.length !== behind.length) return 0;
	const bytes = (cursors[0] as Cursor).shape.tokens[(cursors[0] as Cursor).index];
	const before = bytes?.kind === 'text' ? bytes.bytes : EMPTY;
	const plan = numberPlan(group, before);
	return isFixed(plan.mode) ? Math.min(length, covered(plan.digits, before)) : 0;
}

/** Emits: the first `count` of the bytes must stand there. What more is loaded is compared where it is known, too. */
function emitText({ pool, constants, wrong, fault, fault64 }: TreeScope, at: Position, bytes: Uint8Array, count: number): void {
	let done = 0;
	while (done < count) {
		const left = count - done;
		if (left > 8 && bytes.length >= 16) {
			const from = Math.min(done, bytes.length - 16);
			wrong.set(wrong.or(placeOf(moved(at, from), V128.load).xor(V128.load(constants, pool.add(bytes.slice(from, from + 16))))));
			done = from + 16;
			continue;
		}
		const width = left >= 8 || left > 4 ? 8 : left > 2 ? 4 : left;
		if (width <= bytes.length) {
			const from = Math.min(done, bytes.length - width);
			const word = wordOf(bytes.subarray(from, from + width));
			if (width === 8) fault64.set(fault64.or(I64.of(word).xor(placeOf(moved(at, from), I64.load))));
			else {
				const loaded = placeOf(moved(at, from), width === 4 ? I32.load : width === 2 ? I32.load16U : I32.load8U);
				fault.set(fault.or(loaded.xor(I32.of(Number(BigInt.asIntN(32, word))))));
			}
			done = from + width;
			continue;
		}
		// Shorter than a word: what follows is shifted out.
		const word = wordOf(bytes);
		if (width === 8)
			fault64.set(
				fault64.or(
					placeOf(at, I64.load)
						.xor(I64.of(word))
						.shl(BigInt(64 - bytes.length * 8)),
				),
			);
		else
			fault.set(
				fault.or(
					placeOf(at, I32.load)
						.xor(I32.of(Number(word)))
						.shl(32 - bytes.length * 8),
				),
			);
		done = count;
	}
}

/** Emits: a value that all shapes have next. */
function emitToken(scope: TreeScope, cursors: readonly Cursor[], progress: Progress): Progress {
	const { f, end, failed } = scope;
	const first = cursors[0] as Cursor;
	const token = tokenAt(first) as Token;
	const indexOf = new Map(cursors.map(({ shape, index }) => [shape, index]));
	const found = (value: Found, state: Progress): Progress => {
		if (!state.begun) return { ...state, waiting: [...state.waiting, { found: value, indexOf }] };
		const conversions: Conversions = { waiting: state.conversions };
		takeFound(scope, conversions, first.shape, token, value);
		return { ...state, conversions: conversions.waiting };
	};
	switch (token.kind) {
		case 'number': {
			const before = textBefore(cursors);
			const plan = numberPlan(cursors, before);
			const state = guard(scope, cursors, progress, plan.mode === 'long' ? 48 : 17);
			const result = findNumber(scope, state.at, plan);
			const widest = isFixed(plan.mode) ? plan.digits : plan.mode === 'long' ? 2 * WIDEST : WIDEST;
			return found({ kind: 'number', found: result.found }, advance(state, result.after, widest));
		}
		case 'name':
		case 'string': {
			if (isCached(cursors)) {
				const state = guard(scope, cursors, progress, LONGEST_CACHED + 4);
				const table = (token as NameToken).column.symbolTable;
				const key = `${state.names} ${table}`;
				const name = scope.names.get(key) ?? { entry: f.local(I32, undefined, 'entry'), at: f.local(I32, undefined, 'name'), table };
				scope.names.set(key, name);
				name.at.set(addressOf(state.at));
				emitCachedName(f, scope.plan, scope.block, name);
				scope.wrong.set(scope.wrong.or(cachedNameExcess(name, scope.constants, scope.pool.add(nameMasks()))));
				const after = { base: f.local(I32, state.at.base.add(I32.load(name.entry, CACHE_ENTRY.length)), 'at'), offset: state.at.offset };
				return found({ kind: 'name', name }, { ...advance(state, after, LONGEST_CACHED), names: state.names + 1 });
			}
			const window = Math.max(...cursors.map(({ shape, index }) => stringWindow(shape.strings.get(index) as number) || 99));
			const state = guard(scope, cursors, progress, window === 99 ? 16 : window);
			const length = f.local(I32, undefined, 'length');
			if (window === 99) {
				const from = f.local(I32, addressOf(state.at), 'from');
				length.set(scope.kernels.plainEnd.call(from, end) as I32);
				failed.branchIf(length.eqz(), { likely: false });
				length.set(length.sub(from));
			} else {
				const stops = stringStops(placeOf(state.at, V128.load), scope.strings);
				length.set(window === 16 ? stops.or(0x10000).ctz() : stops.or(stringStops(placeOf(moved(state.at, 16), V128.load), scope.strings).shl(16)).ctz());
			}
			const after = { base: f.local(I32, state.at.base.add(length), 'at'), offset: state.at.offset };
			const next = window === 99 ? { ...state, at: after, beyond: READABLE } : advance(state, after, window);
			return found({ kind: 'string', start: state.at, length, end: after }, next);
		}
		case 'clock': {
			const fractions = new Set(cursors.map(({ shape, index }) => shape.fractions.get(index)));
			const fraction = fractions.size === 1 ? (shapeFraction(first) ?? null) : null;
			const state = guard(scope, cursors, progress, 40);
			const longest = clockLength(MOST_FRACTION) + token.zone;
			const key = `${state.clocks % CLOCK_CELLS} ${token.zone}`;
			const clock = scope.clocks.get(key) ?? { cell: f.local(I32, undefined, 'cell'), at: f.local(I32, undefined, 'time'), zone: token.zone };
			scope.clocks.set(key, clock);
			clock.cell.set(scope.block.add(CELLS_AT + (state.clocks % CLOCK_CELLS) * CLOCK_CELL.size));
			clock.at.set(addressOf(state.at));
			const { nanoseconds, after } = emitClock(scope, { base: clock.at, offset: 0 }, fraction, clock.cell);
			return found({ kind: 'clock', nanoseconds }, { ...advance(state, after, fraction === null ? longest + WIDEST : clockLength(fraction)), clocks: state.clocks + 1 });
		}
		case 'flag': {
			const state = guard(scope, cursors, progress, 8);
			const { isTrue, after } = findFlag(scope, state.at, 'forward');
			return found({ kind: 'flag', isTrue }, advance(state, after, 5));
		}
		case 'strict':
		case 'skip': {
			const state = guard(scope, cursors, progress, 1);
			const from = addressOf(state.at);
			const strict = token.kind === 'strict' ? scope.strict.get(token.plan) : null;
			const after = f.local(I32, (strict == null ? scope.s.grammar.skipValue.call(from, end, I32.of(1)) : strict.value.call(from, end, scope.rows.batch, scope.rows.row)) as I32, 'after');
			failed.branchIf(after.eqz(), { likely: false });
			return { ...state, at: { base: after, offset: 0 }, beyond: READABLE };
		}
		case 'list': {
			const { batch, row } = scope.rows;
			const state = guard(scope, cursors, progress, 1);
			const column = token.plan.column as ListColumn;
			const after = f.local(I32, addressOf(state.at), 'after');
			f.if(
				I32.load8U(after).eq(0x5d),
				() => {
					const items = f.local(I32, scope.s.stores.pending.items[column.itemSpace] as Global<I32>, 'items');
					storeListEnd(f, column.values, batch, row, items, items);
					if (column.validity >= 0) f.call(scope.s.stores.setBit, batch.add(column.validity), row, I32.of(1));
				},
				() => {
					after.set((scope.lists.get(token.plan) as Func).call(after, end, batch, row) as I32);
					failed.branchIf(after.eqz(), { likely: false });
				},
			);
			return { ...state, at: { base: after, offset: 0 }, beyond: READABLE };
		}
		default:
			throw new Error(`tickforge: no code for ${token.kind}`);
	}
}

/** Whether all are short names of one table. */
function isCached(cursors: readonly Cursor[]): boolean {
	const tables = new Set(cursors.map((cursor) => (tokenAt(cursor) as NameToken | StringToken).column?.symbolTable));
	return tables.size === 1 && cursors.every((cursor) => tokenAt(cursor)?.kind === 'name' && (tokenAt(cursor) as NameToken).suffix.length === 0 && (cursor.shape.strings.get(cursor.index) as number) <= LONGEST_CACHED);
}

/** Constant text before the tokens, as far as all have the same. */
function textBefore(cursors: readonly Cursor[]): Uint8Array {
	const texts = cursors.map(({ shape, index }) => {
		const token = shape.tokens[index - 1];
		return token?.kind === 'text' ? token.bytes : EMPTY;
	});
	let length = 0;
	const [first, ...others] = texts as [Uint8Array, ...Uint8Array[]];
	while (length < first.length && others.every((other) => other.length > length && other[other.length - 1 - length] === first[first.length - 1 - length])) length++;
	return first.slice(first.length - length);
}

const WORDS = { true: 0x65757274, fals: 0x736c6166, alse: 0x65736c61 } as const;

/** Emits: `true` or `false` at (up to) a place. */
function findFlag({ f, fault }: NumberScope, at: Position, direction: 'forward' | 'backward'): { isTrue: Local<I32>; after: Position } {
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

/** Emits: takes what was found before the variant was known. */
function takeWaiting(scope: TreeScope, cursors: readonly Cursor[], progress: Progress): Progress {
	const conversions: Conversions = { waiting: progress.conversions };
	const { shape } = cursors[0] as Cursor;
	for (const { found, indexOf } of progress.waiting) takeFound(scope, conversions, shape, shape.tokens[indexOf.get(shape) as number] as Token, found);
	return { ...progress, waiting: [], conversions: conversions.waiting };
}

function takeFound(scope: TreeScope, conversions: Conversions, shape: Shape, token: Token, found: Found): void {
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

function takeString(scope: TreeScope, shape: Shape, token: NameToken | StringToken, { start, length: whole, end }: Found & { readonly kind: 'string' }): void {
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

/** Emits: the shape is through; it is right where nothing was marked. */
function emitLeaf(scope: TreeScope, { shape }: Cursor, progress: Progress): void {
	const { fault, end } = scope;
	if (scope.endsThere) fault.set(fault.or(addressOf(progress.at).xor(end)));
	else scope.failed.branchIf(addressOf(progress.at).gtU(end), { likely: false });
	settle(scope, shape, progress);
}

function settle(scope: TreeScope, shape: Shape, progress: Progress): void {
	const { wrong, fault, fault64, failed } = scope;
	flush({ ...scope, at8: scope.rows.at8, at4: scope.rows.at4, at1: scope.rows.at1 }, { waiting: progress.conversions });
	for (const mark of shape.marks) emitMark(scope, mark);
	failed.branchIf(fault64.or(fault.or(wrong.anyTrue()).extendU()).ne(0n), { likely: false });
	scope.finish(shape, progress.at);
}

function emitMark({ f, s, rows }: TreeScope, mark: Mark): void {
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
export function storeBit({ f, rows }: Pick<TreeScope, 'f' | 'rows'>, bitmap: number, mask?: I32): void {
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

/** Whether nothing in the rest depends on more than its own bytes. */
function isPlain({ shape, index }: Cursor): boolean {
	return shape.tokens.slice(index).every(({ kind }) => kind !== 'list' && kind !== 'strict' && kind !== 'skip');
}
const varies = (shape: Shape, index: number): boolean => {
	const token = shape.tokens[index] as Token;
	return token.kind === 'number' ? !isFixed(numberMode(shape, index)) : token.kind !== 'text' && token.kind !== 'clock';
};

/** Where the part begins that is read from the end: numbers and flags, no more than half of what varies. */
function turningPoint({ shape, index }: Cursor): number {
	const all = shape.tokens.map((_, at) => at).filter((at) => varies(shape, at)).length;
	let point = shape.tokens.length;
	let varying = 0;
	let drift = 0;
	for (let at = shape.tokens.length - 1; at > index; at--) {
		const token = shape.tokens[at] as Token;
		if (token.kind !== 'text' && token.kind !== 'flag' && !(token.kind === 'number' && numberMode(shape, at) !== 'long')) break;
		if (varies(shape, at)) {
			varying++;
			drift += LANES + 1;
		}
		if (varying * 2 > all + 1 || drift > BELOW) break;
		if (token.kind !== 'text') point = at;
	}
	return point;
}

/** Emits: the only shape left, up to its end, from here and from there. */
function emitBothEnds(scope: TreeScope, cursor: Cursor, progress: Progress): void {
	const { f, end, fault } = scope;
	const { shape } = cursor;
	const turn = turningPoint(cursor);
	let front = cursor;
	// All that the shape has at least is there: from here on nothing is read before the message or far behind it.
	const isShort = cursor.index === 0 && progress.beyond < 0 && shape.longest <= SHORT;
	let state = isShort ? progress : guard(scope, [cursor], { ...progress, beyond: READABLE }, 1);
	if (turn >= shape.tokens.length) {
		while (tokenAt(front) !== undefined) {
			const step = emitStep(scope, front, state);
			front = step.cursor;
			state = step.state;
		}
		emitLeaf(scope, front, state);
		return;
	}
	let back: Position = { base: f.local(I32, end.sub(64), 'back'), offset: 64 };
	let index = shape.tokens.length - 1;
	let coveredText = 0;
	const stepBack = (): void => {
		const token = shape.tokens[index] as Token;
		if (token.kind === 'text') {
			const { length } = token.bytes;
			if (back.offset < length + LANES) back = { base: f.local(I32, back.base.sub(64 + length), 'back'), offset: back.offset + 64 + length };
			back = moved(back, -length);
			emitText(scope, back, token.bytes, length - coveredText);
			coveredText = 0;
		} else {
			if (back.offset < LANES + 4) back = { base: f.local(I32, back.base.sub(64), 'back'), offset: back.offset + 64 };
			const conversions: Conversions = { waiting: state.conversions };
			let found: Found;
			if (token.kind === 'flag') {
				const { isTrue, after } = findFlag(scope, back, 'backward');
				found = { kind: 'flag', isTrue };
				back = after;
			} else {
				const previous = shape.tokens[index - 1];
				const before = previous?.kind === 'text' ? previous.bytes : EMPTY;
				const plan: NumberPlan = { ...numberPlan([{ shape, index, skip: 0 }], before), direction: 'backward' };
				const result = findNumber(scope, back, plan);
				found = { kind: 'number', found: result.found };
				back = result.after;
				// The text before the turning point is the front's.
				coveredText = isFixed(plan.mode) ? covered(plan.digits, before) : 0;
			}
			takeFound(scope, conversions, shape, token, found);
			state = { ...state, conversions: conversions.waiting };
		}
		index--;
	};
	while (front.index < turn || index >= turn) {
		if (front.index < turn) {
			const step = emitStep(scope, front, state);
			front = step.cursor;
			state = step.state;
		}
		if (index >= turn) stepBack();
	}
	fault.set(fault.or(addressOf(state.at).xor(addressOf(back))));
	settle(scope, shape, state);
}

/** Emits: the next token of the only shape. */
function emitStep(scope: TreeScope, cursor: Cursor, state: Progress): { cursor: Cursor; state: Progress } {
	const rest = restOf(cursor);
	const token = tokenAt(cursor) as Token;
	return { cursor: next(cursor), state: token.kind === 'text' ? emitCommonText(scope, [cursor], rest.length, state) : emitToken(scope, [cursor], state) };
}
