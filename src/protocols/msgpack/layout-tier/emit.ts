/**
 * The code of the layout tier: `takeLayouts(descriptors, count, context) -> taken` reads messages as long as their shapes
 * are known, and stops before the first that is not. What it has written for that one lies beyond the counters, and leaves
 * no trace.
 *
 * Between two values of unknown length everything has its place. All heads, keys and formats there are compared at once,
 * sixteen bytes at a time; then each value is read from its place:
 *
 * ```
 *  message   | 8a a1 e a8 … a1 E cf | 8 bytes | a1 s | a7 BTCUSDT | a1 a ce | 4 bytes | a1 p cb | 8 bytes | …
 *            | constant               value     const| any length | constant  value     constant  value
 * ```
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR, LEARNING } from '../../../compiler/parser-abi.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import { FORMAT, TIMESTAMP_EXTENSION } from '../../../kernels/messagepack-format.ts';
import { type Func, type Global, I32, I64, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { BatchState } from '../../rows/batch-state.ts';
import { columnOf, type ScalarPlan, type VariantPlan } from '../../rows/plan.ts';
import { bindRows, markRowValid } from '../../rows/row-addresses.ts';
import { storeNull } from '../../rows/store.ts';
import type { StrictFunctions } from '../generated/containers.ts';
import { advance, emitFlagOf, emitFloatOf, emitNumberOf, emitValue, NUMBER_BYTES, openScope, type Scope, wordBehind } from '../generated/fast-path.ts';
import type { Values } from '../generated/values.ts';
import { type Alternative, alternativesOf, MOST_FORMATS, MOST_SLOTS, type Shape } from './shapes.ts';
import type { FixedFormat, Token } from './tokens.ts';

/** What is counted of each shape's messages, by their formats, from the block's start: u32 each. */
export const USES_AT = LEARNING.size;
export const BLOCK_BYTES = USES_AT + MOST_SLOTS * MOST_FORMATS * 4;

export interface LayoutCode {
	readonly m: ModuleBuilder;
	readonly pool: ConstantPool;
	readonly s: Values;
	readonly variants: readonly VariantPlan[];
	readonly strict: StrictFunctions;
	readonly state: BatchState;
	/** Address of what is counted (LEARNING), set before a call; 0 where nothing is. */
	readonly layouts: Global<I32>;
	readonly relaxed: boolean;
}

const UNLIKELY = { likely: false };

type Fixed = Exclude<FixedFormat, 'other'>;

/** What lies between two values of unknown length. */
interface Stretch {
	readonly kind: 'stretch';
	readonly bytes: number[];
	/** Bits of those bytes that are the same in all messages. */
	readonly masks: number[];
	readonly values: { readonly plan: ScalarPlan; readonly format: Fixed; readonly offset: number }[];
}

export function emitLayoutTier(code: LayoutCode, shapes: readonly Shape[]): Func<I32> {
	const { m, layouts } = code;
	const all = shapes.flatMap((shape) => alternativesOf(shape).map((alternative) => ({ shape, alternative, met: shape.met[alternative.index]?.met ?? 0 })));
	// What is met most is tried first.
	const readers = all.sort((a, b) => b.met - a.met).map(({ shape, alternative }) => ({ shape, alternative, parts: partsOf(shape, alternative), read: emitShape(code, shape, alternative) }));
	const lastShape = m.global(I32, 0, { name: 'lastShape', mutable: true });
	return m.func('takeLayouts', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const left = f.local(I32, count, 'left');
		const taken = f.local(I32, undefined, 'taken');
		const p = f.local(I32, undefined, 'p');
		f.if(layouts.eqz(), () => f.return(I32.of(0)));
		f.block((unknown) => {
			f.loop((next) => {
				unknown.branchIf(left.eqz());
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				const attempt = (index: number): void => {
					const { shape, alternative, parts, read } = readers[index] as (typeof readers)[number];
					f.block((other) => {
						const head = headWord(parts[0]?.kind === 'stretch' ? parts[0] : null);
						if (head !== null) other.branchIf(I64.load(p).and(head.mask).ne(head.expected));
						taken.set(read.call(descriptor, left, context));
						other.branchIf(taken.eqz());
						const entry = CONTEXT.variants + shape.variant * CONTEXT.variantSize + CONTEXT.variantMessages;
						f.store(context, I32.load(context, entry).add(taken), entry);
						const uses = USES_AT + (shape.slot * MOST_FORMATS + alternative.index) * 4;
						f.store(layouts, I32.load(layouts, uses).add(taken), uses);
						lastShape.set(f, I32.of(index));
						descriptor.set(descriptor.add(taken.shl(4)));
						left.set(left.sub(taken));
						next.branch();
					});
				};
				f.switch(
					lastShape,
					readers.map((_, index) => () => attempt(index)),
				);
				for (const index of readers.keys()) attempt(index);
			});
		});
		taken.set(descriptor.sub(descriptors).shrU(4));
		f.store(context, I64.load(context, CONTEXT.nextSequence).add(taken.extendU()), CONTEXT.nextSequence);
		f.store(layouts, I32.load(layouts, LEARNING.taken).add(taken), LEARNING.taken);
		f.return(taken);
	});
}

/** `shape(descriptors, count, context) -> taken`: messages of one shape in a row. */
function emitShape(code: LayoutCode, shape: Shape, alternative: Alternative): Func<I32> {
	const { m, s, state, strict, relaxed, variants } = code;
	const variant = variants[shape.variant] as VariantPlan;
	const table = variant.table as TableLayout;
	return m.func(`shape ${shape.slot}.${alternative.index} of ${variant.variant.name}`, { params: { descriptor: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptor, count, context }) => {
		const batch = f.local(I32, I32.load(context, CONTEXT.variants + variant.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch');
		const row = f.local(I32, I32.load(batch), 'row');
		const first = f.local(I32, descriptor, 'first');
		const room = f.local(I32, I32.of(table.spaces[0]?.capacity ?? 0).sub(row), 'room');
		const last = f.local(I32, descriptor.add(I32.select(count.ltU(room), count, room).shl(4)), 'last');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const rows = bindRows(f, batch, row);
		f.block((failed) => {
			const common = { m, s, table, strict, relaxed, lists: new Map<string, Func<I32>>() };
			const scope = openScope({ ...common, form: 'map' }, f, p, end, rows, failed);
			f.loop((next) => {
				failed.branchIf(descriptor.geU(last));
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				rows.place();
				state.resetPending(f, table, batch);
				for (const part of partsOf(shape, alternative)) {
					scope.ahead = 0;
					if (part.kind === 'stretch') emitStretch(scope, code.pool, part);
					else if (part.token.kind === 'skip') {
						p.set(s.grammar.skipValue.call(p, end, I32.of(part.token.depth)));
						failed.branchIf(p.eqz(), UNLIKELY);
					} else {
						const inner: Scope = part.token.kind === 'value' && part.token.form !== scope.form ? { ...scope, form: part.token.form } : scope;
						inner.ahead = 0;
						emitValue(inner, part.token.plan);
						failed.branchIf(p.gtU(end), UNLIKELY);
					}
				}
				failed.branchIf(p.ne(end), UNLIKELY);
				for (const absent of shape.absent) {
					const column = columnOf(absent);
					if (column !== null) storeNull(f, s.stores, column, batch, row);
				}
				for (const present of shape.present) {
					markRowValid(scope, present.column);
					if (present.kind === 'message' && present.unknownKeys !== null) storeNull(f, s.stores, present.unknownKeys, batch, row);
				}
				state.commit(f, table, batch, row, descriptor);
				row.set(row.add(1));
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				next.branch();
			});
		});
		f.return(descriptor.sub(first).shrU(4));
	});
}

type Part = Stretch | { readonly kind: 'value'; readonly token: Exclude<Token, { readonly kind: 'constant' }> };

/** The shape's tokens, what has a known place together. */
function partsOf(shape: Shape, { formats }: Alternative): Part[] {
	const parts: Part[] = [];
	let scalar = 0;
	const open = (): Stretch => {
		const last = parts.at(-1);
		if (last?.kind === 'stretch') return last;
		const made: Stretch = { kind: 'stretch', bytes: [], masks: [], values: [] };
		parts.push(made);
		return made;
	};
	for (const token of shape.tokens) {
		if (token.kind === 'constant') {
			const { bytes, masks } = open();
			bytes.push(...token.bytes);
			masks.push(...token.bytes.map(() => 0xff));
			continue;
		}
		const format = token.kind === 'scalar' ? formats[scalar++] : null;
		if (token.kind !== 'scalar' || format === null || format === undefined || format === 'other') {
			parts.push({ kind: 'value', token });
			continue;
		}
		const { bytes, masks, values } = open();
		values.push({ plan: token.plan, format, offset: bytes.length });
		const spelled = spellingOf(format);
		bytes.push(...spelled.bytes);
		masks.push(...spelled.masks);
	}
	return parts;
}

/** Bytes of a value of a format, and which of their bits are known. */
function spellingOf(format: Fixed): { bytes: number[]; masks: number[] } {
	const spell = (head: number[], masks: number[], size: number) => ({ bytes: [...head, ...Array<number>(size - head.length).fill(0)], masks: [...masks, ...Array<number>(size - head.length).fill(0)] });
	switch (format) {
		case 'nil':
			return spell([FORMAT.nil], [0xff], 1);
		case 'flag':
			return spell([FORMAT.false], [0xfe], 1);
		case 'fixint':
			return spell([0], [0x80], 1);
		case 'fixext8':
			return spell([FORMAT.fixext8, TIMESTAMP_EXTENSION & 0xff], [0xff, 0xff], NUMBER_BYTES.fixext8);
		default:
			return spell([FORMAT[format]], [0xff], NUMBER_BYTES[format]);
	}
}

/** The first bytes of a message as one word; null where none of them is known. */
function headWord(stretch: Stretch | null): { mask: bigint; expected: bigint } | null {
	if (stretch === null) return null;
	const { mask, expected } = wordAt(stretch, 0);
	return mask === 0n ? null : { mask, expected };
}

function wordAt({ bytes, masks }: Stretch, at: number): { mask: bigint; expected: bigint } {
	let mask = 0n;
	let expected = 0n;
	for (let index = 7; index >= 0; index--) {
		mask = (mask << 8n) | BigInt(masks[at + index] ?? 0);
		expected = (expected << 8n) | BigInt((bytes[at + index] ?? 0) & (masks[at + index] ?? 0));
	}
	return { mask: BigInt.asIntN(64, mask), expected: BigInt.asIntN(64, expected) };
}

/** Emits: the stretch is there and is what it must be; its values go to their columns, the cursor behind it. */
function emitStretch(scope: Scope, pool: ConstantPool, stretch: Stretch): void {
	const { p, end, base, failed } = scope;
	const size = stretch.bytes.length;
	failed.branchIf(p.add(size).gtU(end), UNLIKELY);
	if (size <= 8) {
		const { mask, expected } = wordAt(stretch, 0);
		if (mask !== 0n) failed.branchIf((mask === -1n ? I64.load(p) : I64.load(p).and(mask)).ne(expected), UNLIKELY);
	} else {
		let differences: V128 | null = null;
		for (let at = 0; at < size; at += 16) {
			const mask = Uint8Array.from({ length: 16 }, (_, index) => stretch.masks[at + index] ?? 0);
			if (mask.every((bits) => bits === 0)) continue;
			const expected = Uint8Array.from({ length: 16 }, (_, index) => (stretch.bytes[at + index] ?? 0) & (mask[index] as number));
			const found = V128.load(p, at).xor(V128.load(base, pool.add(expected)));
			const difference: V128 = mask.every((bits) => bits === 0xff) ? found : found.and(V128.load(base, pool.add(mask)));
			differences = differences === null ? difference : differences.or(difference);
		}
		if (differences !== null) failed.branchIf(differences.anyTrue(), UNLIKELY);
	}
	for (const { plan, format, offset } of stretch.values) emitScalarOf(scope, plan, format, offset);
	advance(scope, size);
}

function emitScalarOf(scope: Scope, plan: ScalarPlan, format: Fixed, offset: number): void {
	const { f, p, failed, rows, s } = scope;
	const { column } = plan;
	if (column === null) return;
	const byte = I32.load8U(p, offset);
	if (format === 'nil') storeNull(f, s.stores, column, rows.batch, rows.row);
	else if (format === 'flag') emitFlagOf(scope, column, byte);
	else if (plan.type.kind === 'float') emitFloatOf(scope, column, wordBehind(scope, offset + 1), failed);
	else emitNumberOf(scope, plan, column, format, wordBehind(scope, offset + 1), byte, offset, failed);
}
