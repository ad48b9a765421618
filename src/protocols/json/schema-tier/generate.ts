/**
 * The `schema` tier: a WebAssembly module generated from a schema's layout. One message at a time it guesses the
 * variant, runs that variant's fast path, and where that does not succeed selects and parses strictly.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import { followBranchProfile } from '../../../compiler/branch-profile.ts';
import { CONTEXT, DESCRIPTOR, LEARNING, STOP } from '../../../compiler/parser-abi.ts';
import type { GenerateOptions } from '../../../compiler/protocol.ts';
import { createConstantPool } from '../../../kernels/constant-pool.ts';
import { addDigitConstants } from '../../../kernels/decimals.ts';
import { emitParseDouble } from '../../../kernels/doubles.ts';
import { emitTimestampText } from '../../../kernels/timestamps.ts';
import { emitSymbolTable } from '../../../symbols/index.ts';
import { createModule, type Func, I32, I64 } from '../../../wasm/index.ts';
import { createBatchState, createNumbering, emitRefusal } from '../../rows/batch-state.ts';
import { emitNotes } from '../../rows/notes.ts';
import { planVariants, type ValuePlan, type VariantPlan } from '../../rows/plan.ts';
import { emitStores } from '../../rows/store.ts';
import { emitLayoutTier } from '../layout-tier/emit-layouts.ts';
import type { Shapes } from '../layout-tier/shapes.ts';
import { emitFastVariant, emitPlainEnd, type FastKernels, hasFastPath } from './fast-path.ts';
import { emitGrammar } from './grammar.ts';
import { emitGuess, guessable } from './guess.ts';
import { emitSelection } from './selection.ts';
import { emitStrict, type Strict } from './strict-containers.ts';
import { type Environment, emitStrictValues, type Times } from './strict-values.ts';

/** Names in `accept` functions: the fast path is tried; it, or the strict path, accepts. */
const TRIED = 'fast path tried';
const FAST = 'accepted by the fast path';
const STRICT = 'accepted by the strict path';
const acceptName = ({ variant }: VariantPlan): string => `accept ${variant.name}`;
/** A fast path that was tried so often and hardly ever succeeds is not worth a guess. */
const ENOUGH_TRIES = 1024;
const WORTH_TRYING = 0.05;

export function generateSchemaTier(layout: SchemaLayout, options: GenerateOptions = {}): Uint8Array<ArrayBuffer> {
	return generateParser(layout, options, null);
}

/** The shapes that were met; they name plans of these variants. */
export interface Learned {
	readonly shapes: Shapes;
	readonly variants: readonly VariantPlan[];
}

/** The `schema` tier; with shapes, the `layout` tier before it: what no layout takes goes on to the schema tier's code. */
export function generateParser(layout: SchemaLayout, options: GenerateOptions, learned: Learned | null): Uint8Array<ArrayBuffer> {
	const answers = options.branchProfile === undefined ? null : followBranchProfile(options.branchProfile, layout.schema);
	/** The layout tier's code depends on what was learned: no count belongs to it for certain. */
	let follows = true;
	const m = createModule(`${layout.schema.name} v${layout.schema.version}`, {
		countBranches: options.countBranches ?? false,
		...(answers === null ? {} : { likely: (name, key, given) => (follows ? answers.likely(name, key, given) : given) }),
	});
	const times: Times = answers === null ? () => 0 : answers.times;
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: Math.ceil((options.ceiling ?? 2 ** 32) / 65536), shared: true } : { min: 1 });
	const pool = createConstantPool(m);
	const variants = learned?.variants ?? planVariants(layout);

	const environment: Environment = {
		scratch: m.global(I32, 0, { name: 'scratch', mutable: true }),
		scratchSize: m.global(I32, 0, { name: 'scratchSize', mutable: true }),
		symbolTables: m.global(I32, 0, { name: 'symbolTables', mutable: true }),
		mayIntern: m.global(I32, 0, { name: 'mayIntern', mutable: true }),
	};
	const grammar = emitGrammar(m);
	const spaces = Math.max(1, ...layout.tables.map((table) => table.spaces.length));
	const stores = emitStores(m, grammar.faults, spaces);
	const symbols = emitSymbolTable(m);
	const timestamps = emitTimestampText(m, pool);
	const digits = addDigitConstants(pool);
	const strictValues = emitStrictValues(m, grammar, stores, { intern: symbols.intern, find: symbols.find, parseDouble: emitParseDouble(m, pool), timestampText: timestamps.call, nanoseconds: timestamps.nanoseconds }, environment, digits, times);
	const powersF64 = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));
	const fastKernels: FastKernels = { digits, plainEnd: emitPlainEnd(m), powersF64: pool.add(new Uint8Array(powersF64.buffer)) };

	const strict = new Map<ValuePlan, Strict>();
	const tops = variants.map((variant) => emitStrict(m, strictValues, variant.top, variant.table, strict));
	const fast = variants.map((variant) => (variant.table !== null && hasFastPath(variant.top) ? emitFastVariant(m, strictValues, fastKernels, variant, strict) : null));
	const lastVariant = m.global(I32, -1, { name: 'lastVariant', mutable: true });
	const several = variants.length > 1;
	/** Accepted messages of a variant, as far as a profile knows. */
	const accepted = (index: number): number => times(acceptName(variants[index] as VariantPlan), FAST) + times(acceptName(variants[index] as VariantPlan), STRICT);
	const select = several ? emitSelection(m, strictValues, layout.schema, accepted) : null;
	const guess = several ? emitGuess(m, strictValues, fastKernels, layout.schema, lastVariant, accepted) : null;
	const mayGuess = guessable(layout.schema).map((may, index) => {
		const tried = times(acceptName(variants[index] as VariantPlan), TRIED);
		return may && (tried < ENOUGH_TRIES || times(acceptName(variants[index] as VariantPlan), FAST) >= tried * WORTH_TRYING);
	});

	const numbering = createNumbering(m, layout);
	const { resetPending, commit } = createBatchState(stores.pending, numbering);
	/** `accept <variant>(p, end, context, descriptor, strictly) -> 1 | 0`: parses, checks the end, commits. */
	const accept = variants.map((variant, index): Func => {
		return m.func(acceptName(variant), { params: { p: I32, end: I32, context: I32, descriptor: I32, strictly: I32 }, results: [I32] }, (f, { p, end, context, descriptor, strictly }) => {
			const entry = CONTEXT.variants + index * CONTEXT.variantSize;
			const { table } = variant;
			const batch = f.local(I32, table === null ? I32.of(0) : I32.load(context, entry + CONTEXT.variantBatch), 'batch');
			const row = f.local(I32, table === null ? I32.of(0) : I32.load(batch), 'row');
			const after = f.local(I32, undefined, 'after');
			const own = fast[index];
			if (table !== null) resetPending(f, table, batch);
			const finish = (how: string): void => {
				f.count(how);
				if (table !== null) commit(f, table, batch, row, descriptor);
				f.store(context, I32.load(context, entry + CONTEXT.variantMessages).add(1), entry + CONTEXT.variantMessages);
				f.return(I32.of(1));
			};
			if (own !== null && own !== undefined && table !== null) {
				const rows = table.spaces[0]?.capacity ?? 0;
				f.if(strictly.eqz(), () => {
					f.if(row.geU(rows), () => f.return(I32.of(0)), undefined, { likely: false });
					f.count(TRIED);
					after.set(own.call(p, end, batch, row) as I32);
					f.if(after.eq(end), () => finish(FAST));
					// White space after the message is for the strict path; so is everything that went wrong.
					f.return(I32.of(0));
				});
			} else f.if(strictly.eqz(), () => f.return(I32.of(0)));
			if (table !== null) {
				const rows = table.spaces[0]?.capacity ?? 0;
				f.if(row.geU(rows), () => grammar.faults.raise(f, 'full', p));
			}
			after.set(grammar.whitespace.call(p, end) as I32);
			after.set((tops[index] as Strict).value.call(after, end, batch, row) as I32);
			f.if(after.eqz(), () => f.return(I32.of(0)));
			after.set(grammar.whitespace.call(after, end) as I32);
			f.if(after.ltU(end), () => grammar.faults.raise(f, 'trailing', after));
			finish(STRICT);
		});
	});

	const layouts = m.global(I32, 0, { name: 'layouts', mutable: true });
	const unknownItem = m.global(I32, 0, { name: 'unknownItem', mutable: true });
	const noteInTurn = emitNotes(m, layouts);
	follows = false;
	const takeLayouts = learned === null ? null : emitLayoutTier({ m, pool, s: strictValues, kernels: fastKernels, layout, variants, strict, layouts, unknownItem, noteInTurn, relaxed: options.relaxedSimd ?? false, resetPending, commit }, learned.shapes);
	follows = true;

	m.func('parse', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32], export: 'parse' }, (f, { descriptors, count, context }) => {
		environment.scratch.set(f, I32.load(context, CONTEXT.scratch));
		environment.scratchSize.set(f, I32.load(context, CONTEXT.scratchSize));
		environment.symbolTables.set(f, I32.load(context, CONTEXT.symbolTables));
		layouts.set(f, I32.load(context, CONTEXT.layouts));
		numbering.begin(f, descriptors, context);
		const done = f.local(I32, 0, 'done');
		const taken = f.local(I32, undefined, 'taken');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const variant = f.local(I32, undefined, 'variant');
		const accepted = f.local(I32, undefined, 'accepted');
		f.store(context, I32.of(STOP.done), CONTEXT.stop);
		const call = (which: VariantPlan, strictly: number): void => {
			accepted.set((accept[which.index] as Func).call(p, end, context, descriptor, I32.of(strictly)) as I32);
		};
		f.block((stopped) => {
			f.loop((message) => {
				stopped.branchIf(done.geU(count));
				if (takeLayouts !== null) {
					environment.mayIntern.set(f, I32.of(0));
					taken.set(takeLayouts.call(descriptor, count.sub(done), context));
					done.set(done.add(taken));
					descriptor.set(descriptor.add(taken.shl(4)));
					stopped.branchIf(done.geU(count));
				}
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				accepted.set(I32.of(0));
				environment.mayIntern.set(f, I32.of(0));
				if (guess === null) call(variants[0] as VariantPlan, 0);
				else {
					variant.set(guess.call(p, end) as I32);
					f.switch(
						variant,
						variants.map((which) => () => {
							if (mayGuess[which.index] === true && fast[which.index] !== null) call(which, 0);
						}),
						() => undefined,
						{ name: 'guessed', cases: variants.map(({ variant: { name } }) => name) },
					);
				}
				f.if(accepted.eqz(), () => {
					environment.mayIntern.set(f, I32.of(1));
					if (select === null) {
						variant.set(I32.of(0));
						call(variants[0] as VariantPlan, 1);
					} else {
						variant.set(select.call(p, end) as I32);
						f.switch(
							variant,
							variants.map((which) => () => call(which, 1)),
							() => undefined,
							{ name: 'selected', cases: variants.map(({ variant: { name } }) => name) },
						);
					}
				});
				if (several) f.if(accepted, () => lastVariant.set(f, variant));
				f.if(accepted.eqz(), () => emitRefusal(f, grammar.faults, { p, end, context, variant, variants }, stopped));
				// What is refused, no layout could have taken.
				f.if(layouts.ne(0).and(accepted.ne(0)), () => {
					f.store(layouts, I32.load(layouts, LEARNING.missed).add(1), LEARNING.missed);
					noteInTurn(f, p, end, variant);
				});
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
