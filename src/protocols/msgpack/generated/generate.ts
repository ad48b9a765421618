/**
 * The generated tier: a WebAssembly module made from a schema's layout. One message at a time it guesses the variant,
 * runs that variant's fast path, and where that does not succeed selects and parses strictly.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import { followBranchProfile } from '../../../compiler/branch-profile.ts';
import { CONTEXT, DESCRIPTOR, LEARNING, STOP } from '../../../compiler/parser-abi.ts';
import type { GenerateOptions } from '../../../compiler/protocol.ts';
import { createConstantPool } from '../../../kernels/constant-pool.ts';
import { emitSymbolTable } from '../../../symbols/index.ts';
import { createModule, type Func, type FunctionBuilder, I32, I64, type Label } from '../../../wasm/index.ts';
import { createBatchState, createNumbering, emitRefusal } from '../../rows/batch-state.ts';
import { emitNotes } from '../../rows/notes.ts';
import { planVariants, type VariantPlan } from '../../rows/plan.ts';
import { emitStores } from '../../rows/store.ts';
import { mayBeByPosition } from '../by-position.ts';
import { emitLayoutTier } from '../layout-tier/emit.ts';
import type { Shape } from '../layout-tier/shapes.ts';
import { emitStrict, type StrictFunctions } from './containers.ts';
import { emitFastVariant, hasFastPath } from './fast-path.ts';
import { emitGrammar } from './grammar.ts';
import { emitGuess, guessable } from './guess.ts';
import { emitKnownNames, knownNamesBytes } from './names.ts';
import { emitSelection } from './selection.ts';
import { emitValues } from './values.ts';

/** Of the kernels, before the names that are remembered. */
const WORKSPACE = 8192;

/** The shapes that were met; they name plans of these variants. */
export interface Learned {
	readonly shapes: readonly Shape[];
	readonly variants: readonly VariantPlan[];
}

/** The schema tier; with shapes, the layout tier before it: what no shape takes goes on to the schema tier's code. */
export function generateParser(layout: SchemaLayout, options: GenerateOptions = {}, learned: Learned | null = null): Uint8Array<ArrayBuffer> {
	const answers = options.branchProfile === undefined ? null : followBranchProfile(options.branchProfile, layout.schema);
	/** What layouts' code depends on was learned: no count belongs to it for certain. */
	let follows = true;
	const m = createModule(`${layout.schema.name} v${layout.schema.version}`, {
		countBranches: options.countBranches ?? false,
		...(answers === null ? {} : { likely: (name, key, given) => (follows ? answers.likely(name, key, given) : given) }),
	});
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: Math.ceil((options.ceiling ?? 2 ** 32) / 65536), shared: true } : { min: 1 });
	const pool = createConstantPool(m, WORKSPACE + knownNamesBytes(layout));
	const variants = learned?.variants ?? planVariants(layout);
	const byPosition = mayBeByPosition(layout.schema);
	const grammar = emitGrammar(m, pool);
	const spaces = Math.max(1, ...layout.tables.map((table) => table.spaces.length));
	const stores = emitStores(m, grammar.faults, spaces);
	const environment = {
		symbolTables: m.global(I32, 0, { name: 'symbolTables', mutable: true }),
		mayIntern: m.global(I32, 0, { name: 'mayIntern', mutable: true }),
	};
	const symbols = emitSymbolTable(m);
	const names = emitKnownNames(m, pool, symbols, environment, layout, WORKSPACE);
	const values = emitValues(m, pool, grammar, stores, symbols, names, environment, byPosition);
	const numbering = createNumbering(m, layout);
	const batchState = createBatchState(stores.pending, numbering);
	const strict: StrictFunctions = new Map();
	const tops = variants.map((variant) => emitStrict(m, values, variant.top, variant.table, strict));
	const fast = variants.map((variant) => {
		if (variant.table === null || !hasFastPath(variant.top)) return null;
		const as = (form: 'map' | 'array'): Func<I32> => emitFastVariant(m, values, variant, strict, batchState, form, options.relaxedSimd ?? false);
		return { map: as('map'), array: byPosition ? as('array') : null };
	});
	const lastVariant = m.global(I32, -1, { name: 'lastVariant', mutable: true });
	const several = variants.length > 1;
	const select = several ? emitSelection(m, values, layout.schema) : null;
	const guess = several ? emitGuess(m, values, layout.schema, lastVariant) : null;
	const mayGuess = guessable(layout.schema, byPosition);

	/** `accept <variant>(p, end, context, descriptor) -> 1 | 0`: parses strictly, checks the end, commits. */
	const accept = variants.map((variant, index): Func<I32> => {
		return m.func(`accept ${variant.variant.name}`, { params: { p: I32, end: I32, context: I32, descriptor: I32 }, results: [I32] }, (f, { p, end, context, descriptor }) => {
			const entry = CONTEXT.variants + index * CONTEXT.variantSize;
			const { table } = variant;
			const batch = f.local(I32, table === null ? I32.of(0) : I32.load(context, entry + CONTEXT.variantBatch), 'batch');
			const row = f.local(I32, table === null ? I32.of(0) : I32.load(batch), 'row');
			if (table !== null) {
				batchState.resetPending(f, table, batch);
				f.if(row.geU(table.spaces[0]?.capacity ?? 0), () => grammar.faults.raise(f, 'full', p));
			}
			const after = f.local(I32, (tops[index] as Func<I32>).call(p, end, batch, row), 'after');
			f.if(after.eqz(), () => f.return(I32.of(0)));
			f.if(after.ltU(end), () => grammar.faults.raise(f, 'trailing', after));
			if (table !== null) batchState.commit(f, table, batch, row, descriptor);
			f.store(context, I32.load(context, entry + CONTEXT.variantMessages).add(1), entry + CONTEXT.variantMessages);
			f.return(I32.of(1));
		});
	});

	const layouts = m.global(I32, 0, { name: 'layouts', mutable: true });
	const noteInTurn = emitNotes(m, layouts);
	/** Emits: no layout took these messages, the first of which is this one. */
	const missed = (f: FunctionBuilder, p: I32, end: I32, variant: I32, messages: I32): void => {
		f.if(layouts, () => {
			f.store(layouts, I32.load(layouts, LEARNING.missed).add(messages), LEARNING.missed);
			noteInTurn(f, p, end, variant, { messages });
		});
	};
	follows = false;
	const takeLayouts = learned === null ? null : emitLayoutTier({ m, pool, s: values, variants, strict, state: batchState, layouts, relaxed: options.relaxedSimd ?? false }, learned.shapes);
	follows = true;

	m.func('parse', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32], export: 'parse' }, (f, { descriptors, count, context }) => {
		environment.symbolTables.set(f, I32.load(context, CONTEXT.symbolTables));
		names.prepare(f);
		layouts.set(f, I32.load(context, CONTEXT.layouts));
		numbering.begin(f, descriptors, context);
		const done = f.local(I32, 0, 'done');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const variant = f.local(I32, undefined, 'variant');
		const accepted = f.local(I32, undefined, 'accepted');
		const layoutTaken = f.local(I32, undefined, 'layoutTaken');
		f.store(context, I32.of(STOP.done), CONTEXT.stop);
		/** Emits: the variant's fast path takes as many messages as are its own, from this one on; goes on to `next` where it took any. */
		const takeFast = (which: VariantPlan, next: Label): void => {
			const own = fast[which.index];
			if (own === null || own === undefined || mayGuess[which.index] !== true) return;
			const taken = f.local(I32, undefined, 'taken');
			// Behind one message that no layout takes, layouts have their turn again.
			const most = takeLayouts === null ? count.sub(done) : I32.of(1);
			const take = (func: Func<I32>): void => taken.set(func.call(descriptor, most, context));
			const { map, array } = own;
			if (array === null) take(map);
			else {
				f.if(
					p.ltU(end).and(I32.load8U(p).and(0xf0).eq(0x90)),
					() => take(array),
					() => take(map),
				);
			}
			f.if(taken, () => {
				const entry = CONTEXT.variants + which.index * CONTEXT.variantSize + CONTEXT.variantMessages;
				missed(f, p, end, I32.of(which.index), taken);
				f.store(context, I32.load(context, entry).add(taken), entry);
				f.store(context, I64.load(context, CONTEXT.nextSequence).add(taken.extendU()), CONTEXT.nextSequence);
				descriptor.set(descriptor.add(taken.shl(4)));
				done.set(done.add(taken));
				if (several) lastVariant.set(f, I32.of(which.index));
				next.branch();
			});
		};
		const acceptStrictly = (which: VariantPlan): void => accepted.set((accept[which.index] as Func<I32>).call(p, end, context, descriptor));
		f.block((stopped) => {
			f.loop((message) => {
				stopped.branchIf(done.geU(count));
				environment.mayIntern.set(f, I32.of(0));
				if (takeLayouts !== null) {
					layoutTaken.set(takeLayouts.call(descriptor, count.sub(done), context));
					done.set(done.add(layoutTaken));
					descriptor.set(descriptor.add(layoutTaken.shl(4)));
					stopped.branchIf(done.geU(count));
				}
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				accepted.set(I32.of(0));
				if (guess === null) takeFast(variants[0] as VariantPlan, message);
				else
					f.switch(
						guess.call(p, end),
						variants.map((which) => () => takeFast(which, message)),
					);
				environment.mayIntern.set(f, I32.of(1));
				if (select === null) {
					variant.set(I32.of(0));
					acceptStrictly(variants[0] as VariantPlan);
				} else {
					variant.set(select.call(p, end));
					f.switch(
						variant,
						variants.map((which) => () => acceptStrictly(which)),
					);
				}
				if (several) f.if(accepted, () => lastVariant.set(f, variant));
				f.if(accepted.eqz(), () => emitRefusal(f, grammar.faults, { p, end, context, variant, variants }, stopped));
				// What is refused, no layout could have taken.
				f.if(accepted, () => missed(f, p, end, variant, I32.of(1)));
				f.store(context, I64.load(context, CONTEXT.nextSequence).add(1n), CONTEXT.nextSequence);
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				done.set(done.add(1));
				message.branch();
			});
		});
		f.return(done);
	});
	pool.finish();
	return m.toBytes();
}
