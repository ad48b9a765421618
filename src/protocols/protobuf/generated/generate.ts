/**
 * The generated tier: a WebAssembly module made from a format and its columns. Messages as encoders write them are taken in
 * streaks (streaks.ts); each other one is read by the general path (rows.ts), which knows every order and every fault.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import { followBranchProfile } from '../../../compiler/branch-profile.ts';
import { CONTEXT, DESCRIPTOR, STOP } from '../../../compiler/parser-abi.ts';
import type { GenerateOptions } from '../../../compiler/protocol.ts';
import { createConstantPool } from '../../../kernels/constant-pool.ts';
import { addDigitConstants } from '../../../kernels/decimals.ts';
import { emitSymbolTable } from '../../../symbols/index.ts';
import { createModule, type Func, type FunctionBuilder, type Global, I32, I64, type Label } from '../../../wasm/index.ts';
import { createBatchState, createNumbering, emitRefusal } from '../../rows/batch-state.ts';
import { createRememberedNames, nameMasks, rememberedBytes } from '../../rows/remembered-names.ts';
import { emitStores, inlineView, markValid, storeNull } from '../../rows/store.ts';
import { planVariants } from '../plan.ts';
import type { ProtobufFormat } from '../wire.ts';
import { emitFinds, emitSkipUnknown, kindOfNames, namedTables } from './fast-values.ts';
import { emitMessage, type UnknownFields } from './rows.ts';
import { emitScanner } from './scanner.ts';
import { emitSelection } from './selection.ts';
import { emitStreak } from './streaks.ts';
import { emitPutText, emitValues, WORKSPACE } from './values.ts';

/** With more tables than this, only the streak of the last message's is tried. */
const MOST_STREAKS = 8;
/** An Utf8View holds bytes up to this many itself. */
const INLINE_BYTES = 12;

export function generateParser(format: ProtobufFormat, layout: SchemaLayout, options: GenerateOptions = {}): Uint8Array<ArrayBuffer> {
	const answers = options.branchProfile === undefined ? null : followBranchProfile(options.branchProfile, layout.schema);
	const m = createModule(`${layout.schema.name} v${layout.schema.version}`, {
		countBranches: options.countBranches ?? false,
		...(answers === null ? {} : { likely: answers.likely }),
	});
	m.importMemory('env', 'memory', options.shared === true ? { min: 1, max: Math.ceil((options.ceiling ?? 2 ** 32) / 65536), shared: true } : { min: 1 });
	const variants = planVariants(format, layout);
	const names = namedTables(variants).map(kindOfNames);
	const pool = createConstantPool(m, WORKSPACE.size + rememberedBytes(names));
	const remembered = createRememberedNames(names, WORKSPACE.size, pool.add(nameMasks()));
	const scanner = emitScanner(m);
	const { faults } = scanner;
	const stores = emitStores(m, faults, Math.max(1, ...layout.tables.map((table) => table.spaces.length)));
	const environment = {
		symbolTables: m.global(I32, 0, { name: 'symbolTables', mutable: true }),
		mayIntern: m.global(I32, 1, { name: 'mayIntern', mutable: true }),
	};
	const s = emitValues(m, pool, scanner, stores, emitSymbolTable(m), environment);
	const numbering = createNumbering(m, layout);
	const batchState = createBatchState(stores.pending, numbering);
	const row = m.global(I32, 0, { name: 'row', mutable: true });
	const collector = format.unknown === 'keep' ? createCollector(m.global(I32, 0, { name: 'unknownBytes', mutable: true }), m.global(I32, 0, { name: 'unknownTo', mutable: true })) : null;
	const reads = variants.map((variant) => emitMessage(s, variant, row, variant.unknown === null ? null : collector));
	const select = format.oneofPath === null ? null : emitSelection(m, s, format.variants, format.oneofPath);
	const fast = { ...s, digits: addDigitConstants(pool), remembered, finds: emitFinds(s, remembered, namedTables(variants)), skipUnknown: emitSkipUnknown(s), lists: new Map() };
	const streaks = variants.map((variant) => emitStreak(fast, format, variant, batchState));
	const several = variants.length > 1;
	/** The variant of the last message. */
	const lastVariant = m.global(I32, 0, { name: 'lastVariant', mutable: true });
	const isCleared = m.global(I32, 0, { name: 'isCleared', mutable: true });

	/** `accept <variant>(p, end, context, descriptor) -> 1 | 0` */
	const accept = variants.map(({ variant, index, table, unknown }): Func<I32> => {
		const read = reads[index] as Func<I32>;
		return m.func(`accept ${variant.name}`, { params: { p: I32, end: I32, context: I32, descriptor: I32 }, results: [I32] }, (f, { p, end, context, descriptor }) => {
			const entry = CONTEXT.variants + index * CONTEXT.variantSize;
			const readAll = (): void => f.if((read.call(p, end) as I32).eqz(), () => f.return(I32.of(0)));
			if (table !== null) {
				s.batch.set(f, I32.load(context, entry + CONTEXT.variantBatch));
				row.set(f, I32.load(s.batch));
				batchState.resetPending(f, table, s.batch);
				f.if(row.geU(table.spaces[0]?.capacity ?? 0), () => faults.raise(f, 'full', p));
			}
			collector?.begin(f, I32.of(0));
			readAll();
			if (table !== null && unknown !== null && collector !== null) {
				const length = f.local(I32, collector.bytes, 'unknownBytes');
				f.if(
					length.eqz(),
					() => storeNull(f, stores, unknown, s.batch, row),
					() => {
						// How long they are is known now, and so is where they go: behind all texts. The same message again, which does the same.
						const text = f.local(I32, stores.pending.text, 'text');
						const short = f.local(I32, length.leU(INLINE_BYTES), 'short');
						f.if(short.eqz().and(length.gtU(I32.of(table.textCapacity).sub(text))), () => faults.raise(f, 'full', p));
						const to = f.local(I32, I32.select(short, pool.base.add(WORKSPACE.unknown), s.batch.add(text).add(table.textOffset)), 'to');
						batchState.resetPending(f, table, s.batch);
						collector.begin(f, to);
						readAll();
						f.if(
							short,
							() => {
								f.store(s.batch.add(row.shl(4)), inlineView(to, length), unknown.values);
								markValid(f, stores, unknown, s.batch, row);
							},
							() => emitPutText(f, s, { column: unknown, table, row }, to, length),
						);
					},
				);
			}
			if (table !== null) batchState.commit(f, table, s.batch, row, descriptor);
			f.store(context, I32.load(context, entry + CONTEXT.variantMessages).add(1), entry + CONTEXT.variantMessages);
			f.return(I32.of(1));
		});
	});

	m.func('parse', { params: { descriptors: I32, count: I32, context: I32 }, results: [I32], export: 'parse' }, (f, { descriptors, count, context }) => {
		environment.symbolTables.set(f, I32.load(context, CONTEXT.symbolTables));
		numbering.begin(f, descriptors, context);
		const done = f.local(I32, 0, 'done');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const variant = f.local(I32, undefined, 'variant');
		const accepted = f.local(I32, undefined, 'accepted');
		f.store(context, I32.of(STOP.done), CONTEXT.stop);
		f.if(isCleared.eqz(), () => {
			remembered.clear(f, pool.base);
			isCleared.set(f, I32.of(1));
		});
		/** Emits: as many messages as are a variant's streak, from this one on; goes on to `next` where there are any. */
		const takeStreak = (index: number, next: Label): void => {
			const streak = streaks[index] ?? null;
			if (streak === null) return;
			const taken = f.local(I32, streak.call(descriptor, count.sub(done), context), 'taken');
			f.if(taken, () => {
				const entry = CONTEXT.variants + index * CONTEXT.variantSize + CONTEXT.variantMessages;
				f.store(context, I32.load(context, entry).add(taken), entry);
				f.store(context, I64.load(context, CONTEXT.nextSequence).add(taken.extendU()), CONTEXT.nextSequence);
				descriptor.set(descriptor.add(taken.shl(4)));
				done.set(done.add(taken));
				if (several) lastVariant.set(f, I32.of(index));
				next.branch();
			});
		};
		const acceptAs = (index: number): void => accepted.set((accept[index] as Func<I32>).call(p, end, context, descriptor));
		f.block((stopped) => {
			f.loop((message) => {
				stopped.branchIf(done.geU(count));
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				accepted.set(I32.of(0));
				if (!several) takeStreak(0, message);
				else {
					f.switch(
						lastVariant,
						streaks.map((_, index) => () => takeStreak(index, message)),
					);
					if (streaks.length <= MOST_STREAKS) for (const index of streaks.keys()) f.if(lastVariant.ne(index), () => takeStreak(index, message));
				}
				if (select === null) {
					variant.set(I32.of(0));
					acceptAs(0);
				} else {
					variant.set(select.call(p, end));
					f.switch(
						variant,
						variants.map((_, index) => () => acceptAs(index)),
					);
				}
				if (several) f.if(accepted, () => lastVariant.set(f, variant));
				f.if(accepted.eqz(), () => emitRefusal(f, faults, { p, end, context, variant, variants }, stopped));
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

interface Collector extends UnknownFields {
	/** How many there were since the beginning. */
	readonly bytes: Global<I32>;
	/** Emits: from now on, unknown fields are counted; and copied to an address, where it is not 0. */
	begin(f: FunctionBuilder, to: I32): void;
}

/** Counts what is unknown, or copies it: where it goes depends on how long it and all texts are. */
function createCollector(bytes: Global<I32>, to: Global<I32>): Collector {
	return {
		bytes,
		begin(f, address) {
			bytes.set(f, I32.of(0));
			to.set(f, address);
		},
		add(f, at, after) {
			f.if(to, () => f.memoryCopy(to.add(bytes), at, after.sub(at)));
			bytes.set(f, bytes.add(after.sub(at)));
		},
	};
}
