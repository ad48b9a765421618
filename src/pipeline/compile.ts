/**
 * `compile`: a schema with a protocol becomes a parser with memory, batches and symbols of its own.
 */
import { type Batch, type BatchReader, createBatchReader } from '../columns/index.ts';
import type { BackgroundCompiler } from '../compiler/background-compile.ts';
import { type LayoutOptions, layoutSchema, type SchemaLayout, type TableLayout } from '../compiler/batch-layout.ts';
import type { BranchProfile } from '../compiler/branch-profile.ts';
import { secondsNow } from '../compiler/clock.ts';
import type { CodeCache } from '../compiler/code-cache.ts';
import { instantiateParser } from '../compiler/instantiate.ts';
import { createProfile, type LayoutProfile, schemaFingerprint } from '../compiler/layout-profile.ts';
import { obtainModule } from '../compiler/obtain-module.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, type ErrorCategory, type ParseFunction, STOP } from '../compiler/parser-abi.ts';
import type { GenerateOptions, LearnedSample, Protocol, Tier } from '../compiler/protocol.ts';
import { createTiering, type KeptModules, type Tiering, type TieringRules, type TieringStatistics } from '../compiler/tiering.ts';
import { type Arena, createArena, type Region } from '../memory/index.ts';
import type { RowOf, Schema, TableNames } from '../schema/index.ts';
import { createSymbolTable, growSymbolTable, openSymbolReader, type SymbolReader, type SymbolTableSize, symbolTableBytes } from '../symbols/index.ts';
import { type BranchCount, detectFeatures, readBranchCounts, readBranchSites } from '../wasm/index.ts';
import { createTrial, REFUSED, type Trial, type TrialControl } from './trial.ts';

/** Why a message was refused. One object serves all: read it in the callback, keep `copy()`. */
export interface RefusedMessage {
	readonly category: ErrorCategory;
	/** Byte in the message where the fault is. */
	readonly offset: number;
	/** Number of the message in the stream, from 0. */
	readonly sequence: number;
	/** The message's bytes; a view for the time of the callback. */
	readonly bytes: Uint8Array;
	/** Name of the variant it was read as; null where none was recognised. */
	readonly variant: string | null;
	/** The descriptor's receive time in nanoseconds, 0 where unknown. */
	copy(): { readonly category: ErrorCategory; readonly offset: number; readonly sequence: number; readonly bytes: Uint8Array; readonly variant: string | null };
}

/** A batch of any of the schema's tables, told apart by `table`. */
export type AnyBatch<S extends Schema> = { [Name in TableNames<S>]: Batch<RowOf<S, Name>> & { readonly table: Name } }[TableNames<S>];

export interface CompileOptions<S extends Schema = Schema> extends LayoutOptions {
	/** Default: `layout` where WebAssembly has SIMD and the protocol has layouts, then `schema`; `reference` without SIMD. */
	readonly tier?: Tier;
	/** When the layout tier learns, and when it steps aside. */
	readonly tiering?: TieringRules;
	/** What an earlier parser of this schema has learned: the layout tier begins with it. Throws where it is of another schema. */
	readonly profile?: LayoutProfile;
	/** Where the layout tier's modules are made (`openBackgroundCompiler`); without it here, between two calls of `parseMany`. */
	readonly background?: BackgroundCompiler;
	/** Default: an arena of the parser's own. One that is given is not disposed with the parser. */
	readonly arena?: Arena;
	/** Bytes that the parser's own arena may take. Default 1 GiB. What does not fit throws ArenaFullError. */
	readonly ceiling?: number;
	/** Gets every sealed batch: when a table is full, and on `flush`. It is released after the callback unless it was retained. */
	readonly onBatch?: (batch: AnyBatch<S>) => void;
	/**
	 * Where it is given, a full table hands over the batches of all tables together, as `flush` does; then this is called: all
	 * rows of the messages before the number `upTo` have been handed over, and none of later ones. The batches live until it
	 * returns. For who brings rows of several tables back in order (the option `sequence`), as order books do.
	 */
	readonly onComplete?: (upTo: number) => void;
	/** Gets every refused message, at the latest when `parseMany` or `parse` returns. */
	readonly onError?: (refused: RefusedMessage) => void;
	/** Error records between two calls of `onError`. Default 1024. */
	readonly errors?: number;
	/** Names that each symbol universe holds at first; it grows when half full. Default 8192. */
	readonly symbols?: number;
	/** Names that are known before, by universe: they get the ids 0, 1, 2, … and perfect places. */
	readonly knownSymbols?: Readonly<Record<string, Iterable<string>>>;
	/** The generated module, made ahead of time (`tickforge build`) for exactly this schema and layout: nothing is generated. */
	readonly module?: WebAssembly.Module;
	/** Where generated modules are kept between processes (`openCodeCache`). Without it nothing touches the disk. */
	readonly codeCache?: CodeCache | undefined;
	/**
	 * Counts what becomes of every branch of the generated code, for {@link Parser.branches}: to look at, not to run with,
	 * as it costs a good part of the speed. Default false. Modules are made here, not in the background, and not kept.
	 */
	readonly countBranches?: boolean;
	/** What was counted before (`createBranchProfile`): the code follows it, the rows do not. Throws where it is of another schema or version. */
	readonly branchProfile?: BranchProfile;
	/** Longest string with escapes that can be decoded. Default 64 KiB. */
	readonly scratch?: number;
}

export interface ParserStatistics {
	/** Messages given, accepted and refused ones. */
	readonly messages: number;
	readonly refused: number;
	/** Accepted messages by variant. */
	readonly variants: Readonly<Record<string, number>>;
	/** Refused messages by category. */
	readonly categories: Readonly<Partial<Record<ErrorCategory, number>>>;
	/** Batches handed to `onBatch`. */
	readonly batches: number;
	/** What the layout tier does; null in other tiers. */
	readonly layouts: TieringStatistics | null;
}

/** What takes messages: a parser, or several that work as one (shadow.ts, rollout.ts). */
export interface MessageParser {
	/** Of the parser that serves. */
	readonly tier: Tier;
	/** The arena that messages and descriptors lie in. */
	readonly arena: Arena;
	/** Parses messages that lie in the arena: `count` descriptors at an address (compiler/parser-abi.ts). All are consumed. */
	parseMany(descriptors: number, count: number): void;
	/** Hands over what is in the tables, full or not. */
	flush(): void;
	statistics(): ParserStatistics;
	/** What the layout tier of the parser that serves has learned, where it has one. */
	profile?(): LayoutProfile | null;
	/** Gives the memory back. Batches that are retained end, too. */
	dispose(): void;
}

export interface Parser<S extends Schema = Schema> extends MessageParser {
	readonly schema: S;
	readonly layout: SchemaLayout;
	/** The code generated from the schema, which other parsers of the same schema and layout can take, on other threads too; null in the reference tier. */
	readonly module: WebAssembly.Module | null;
	/** One for each of `layout.symbolTables`. */
	readonly symbols: readonly SymbolReader[];
	/**
	 * Parses messages that lie in the arena: `count` descriptors at an address (compiler/parser-abi.ts). All are
	 * consumed. Allocates nothing, except when symbols outgrow their table.
	 */
	parseMany(descriptors: number, count: number): void;
	/** Copies one message into the arena and parses it; true where it was accepted. For tests and first steps. */
	parse(message: string | Uint8Array, received?: bigint): boolean;
	/** Another parser with the same code, schema and layout over an arena of its own, without callbacks and rows: for trying things out (`warmUp`). */
	twin(): Parser<S>;
	/** What the layout tier has learned, for `compile(protocol, { profile })` in another process; null in other tiers. */
	profile(): LayoutProfile | null;
	/** What was counted so far in each module that parsed; empty without `countBranches`. */
	branches(): CountedModule[];
	/** Where batches and symbol tables lie in the arena, as of now: what `tickforge inspect --memory` looks at. */
	places(): ParserPlaces;
}

/** A module that counts its branches, and what it has counted. */
export interface CountedModule {
	readonly tier: 'schema' | 'layout';
	/** For `printFunctions`. */
	readonly bytes: Uint8Array<ArrayBuffer>;
	readonly counts: BranchCount[];
}

/** Addresses in the arena. */
export interface ParserPlaces {
	/** The batch that each table fills now; one for each of `layout.tables`. */
	readonly batches: readonly number[];
	/** One for each of `layout.symbolTables`; another when a table has grown. */
	readonly symbolTables: readonly number[];
}

interface Slot {
	readonly region: Region;
	readonly reader: BatchReader<unknown>;
	retained: boolean;
	held: boolean;
}

interface Table {
	readonly layout: TableLayout;
	readonly slots: Slot[];
	current: Slot;
}

/** By their numbers. */
export const CATEGORY_NAMES: readonly (ErrorCategory | undefined)[] = (Object.entries(ERROR_CATEGORIES) as [ErrorCategory, number][]).reduce<(ErrorCategory | undefined)[]>((names, [name, code]) => {
	names[code] = name;
	return names;
}, []);

const encoder = new TextEncoder();
/** Messages of a call that is worth timing. */
const TIMED = 64;

/** See the file's head. @throws where the memory does not suffice, or WebAssembly refuses the module */
export function compile<const S extends Schema>(protocol: Protocol<S>, options: CompileOptions<S> = {}): Parser<S> {
	return compileWithTrial(protocol, options).parser;
}

/** @internal For parsers that stand for several. */
export interface ParserWithTrial<S extends Schema> {
	readonly parser: Parser<S>;
	readonly trial: Trial;
	/** Sets the number that the next message has in refusals. */
	renumber(sequence: number): void;
}

/** @internal */
export function compileWithTrial<const S extends Schema>(protocol: Protocol<S>, options: CompileOptions<S> = {}): ParserWithTrial<S> {
	const { schema } = protocol;
	const layout = layoutSchema(schema, options);
	const ownArena = options.arena === undefined;
	const arena = options.arena ?? createArena({ ceiling: options.ceiling ?? 2 ** 30 });
	const regions: Region[] = [];
	const allocate = (name: string, bytes: number): Region => {
		const region = arena.allocate(`${schema.name}: ${name}`, bytes);
		regions.push(region);
		return region;
	};
	const errorLimit = options.errors ?? 1024;
	const scratchSize = options.scratch ?? 65536;
	const context = allocate('context', CONTEXT.variants + schema.variants.length * CONTEXT.variantSize).address;
	const errors = allocate('errors', errorLimit * ERROR_RECORD.size).address;
	const scratch = allocate('scratch', scratchSize).address;
	const tableAddresses = allocate('symbol tables', layout.symbolTables.length * 4).address;

	const symbolRegions: Region[] = [];
	const symbolSizes: SymbolTableSize[] = [];
	const readers: SymbolReader[] = [];
	const symbols = layout.symbolTables.map(({ name, values }, index): SymbolReader => {
		const known = [...values, ...(options.knownSymbols?.[name] ?? [])];
		const capacity = Math.max(values.length > 0 ? 256 : (options.symbols ?? 8192), known.length * 2);
		const textBytes = capacity * 32 + known.reduce((sum, value) => sum + value.length * 3 + 16, 0);
		const region = allocate(`symbols of ${name}`, symbolTableBytes({ capacity, textBytes }));
		createSymbolTable(arena.memory, region.address, { capacity, textBytes }, known);
		symbolRegions[index] = region;
		symbolSizes[index] = { capacity, textBytes };
		readers[index] = openSymbolReader(arena.memory, region.address);
		arena.u32()[(tableAddresses >>> 2) + index] = region.address;
		const current = (): SymbolReader => readers[index] as SymbolReader;
		// Follows the table when it grows.
		return {
			get count() {
				return current().count;
			},
			name: (id) => current().name(id),
			id: (symbol) => current().id(symbol),
			names: () => current().names(),
		};
	});

	const tables = layout.tables.map((table): Table => {
		const slot = createSlot(table);
		return { layout: table, slots: [slot], current: slot };
	});
	function createSlot(table: TableLayout): Slot {
		const region = allocate(`batch of ${table.name}`, table.size);
		const slot: Slot = {
			region,
			retained: false,
			held: false,
			reader: createBatchReader<unknown>(arena.memory, table, symbols, {
				onRetain: () => {
					slot.retained = true;
				},
				onRelease: () => {
					slot.retained = false;
				},
			}),
		};
		return slot;
	}

	const setContext = (offset: number, value: number): void => {
		arena.u32()[(context + offset) >>> 2] = value;
	};
	const fromContext = (offset: number): number => arena.u32()[(context + offset) >>> 2] as number;
	const useSlot = (table: Table, slot: Slot): void => {
		arena.u8().fill(0, slot.region.address, slot.region.address + table.layout.textUsed + 4);
		resumeSlot(table, slot);
	};
	const resumeSlot = (table: Table, slot: Slot): void => {
		table.current = slot;
		setContext(CONTEXT.variants + table.layout.variant * CONTEXT.variantSize + CONTEXT.variantBatch, slot.region.address);
	};
	setContext(CONTEXT.errorLimit, errorLimit);
	setContext(CONTEXT.errors, errors);
	setContext(CONTEXT.scratch, scratch);
	setContext(CONTEXT.scratchSize, scratchSize);
	setContext(CONTEXT.symbolTables, tableAddresses);
	for (const table of tables) useSlot(table, table.current);

	const features = detectFeatures();
	const best: Tier = features.simd ? (protocol.learner === undefined || options.module !== undefined ? 'schema' : 'layout') : 'reference';
	// A protocol without layouts has nothing to learn.
	const tier: Tier = options.tier === 'layout' && protocol.learner === undefined ? best : (options.tier ?? best);
	if (options.module !== undefined && (options.countBranches === true || options.branchProfile !== undefined)) throw new TypeError(`tickforge: ${options.countBranches === true ? 'countBranches' : 'branchProfile'} changes the code that is generated, and the module given is made already; leave one of them out`);
	const generateOptions: GenerateOptions = { shared: arena.shared, ceiling: arena.ceiling, relaxedSimd: features.relaxedSimd, ...(options.countBranches === true ? { countBranches: true } : {}), ...(options.branchProfile === undefined ? {} : { branchProfile: options.branchProfile }) };
	/** Modules that count, and where. */
	const counting: { readonly tier: 'schema' | 'layout'; readonly bytes: Uint8Array<ArrayBuffer>; readonly address: number }[] = [];
	const countedBytes = options.countBranches === true && tier !== 'reference' ? protocol.generate(layout, generateOptions) : null;
	const module = tier === 'reference' ? null : countedBytes !== null ? new WebAssembly.Module(countedBytes) : (options.module ?? obtainModule(protocol, layout, options, generateOptions, options.codeCache));
	let parseCall: ParseFunction =
		module === null
			? protocol.reference(layout, arena.memory)
			: instantiateParser(
					module,
					arena.memory,
					(bytes) => allocate('constants', bytes).address,
					(address) => {
						if (countedBytes !== null) counting.push({ tier: 'schema', bytes: countedBytes, address });
					},
				);
	const tiering: Tiering | null =
		tier === 'layout' && protocol.learner !== undefined
			? createTiering({
					learner: protocol.learner(layout, (table, name) => (symbols[table] as SymbolReader).id(name)),
					memory: arena.memory,
					allocate: (name, bytes) => allocate(name, bytes).address,
					generate: generateOptions,
					schema: parseCall,
					context,
					...(options.profile === undefined ? {} : { known: acceptedOf(protocol, options.profile, { ...layoutOptionsOf(options), ...(module === null ? {} : { module }) }) }),
					...(options.codeCache === undefined || options.countBranches === true ? {} : { kept: keptModules(protocol, layoutOptionsOf(options), { ...generateOptions, relaxedSimd: features.relaxedSimd }, options.codeCache) }),
					counts: (address, bytes) => counting.push({ tier: 'layout', bytes, address }),
					...(options.background === undefined || options.countBranches === true ? {} : { background: makeInBackground(options.background) }),
					...(options.tiering === undefined ? {} : { rules: options.tiering }),
				})
			: null;

	// A profile may have made a module already.
	if (tiering !== null) parseCall = tiering.parse;
	function makeInBackground(background: BackgroundCompiler): NonNullable<Parameters<typeof createTiering>[0]['background']> {
		return async (samples, names) => {
			const made = await background.compile({ protocol: protocol.name, schema, binding: protocol.binding, layout: layoutOptionsOf(options), generate: generateOptions, learned: { samples: samples.map(({ message, variant, met }) => ({ message, variant, met })), names } });
			return made?.module ?? null;
		};
	}

	let batches = 0;
	let refused = 0;
	let messages = 0;
	const categories = new Float64Array(CATEGORY_NAMES.length);
	const accepted = new Float64Array(schema.variants.length);
	let disposed = false;

	const alive = (): void => {
		if (disposed) throw new Error(`tickforge: the parser of "${schema.name}" was disposed; compile another`);
	};
	const seal = (table: Table): void => {
		const { current } = table;
		if (arena.u32()[current.region.address >>> 2] === 0) return;
		if (trial.running) {
			trial.keepBatch(table);
			return;
		}
		deliver(table, current);
		if (current.retained) advance(table);
		else useSlot(table, current);
	};
	const { onComplete } = options;
	/** Hands over all tables, where somebody wants them together. */
	const sealTogether = (complete: (upTo: number) => void): void => {
		const isEmpty = ({ current }: Table): boolean => arena.u32()[current.region.address >>> 2] === 0;
		for (let index = 0; index < tables.length; index++) {
			const table = tables[index] as Table;
			if (isEmpty(table)) continue;
			batches++;
			options.onBatch?.(table.current.reader.open(table.current.region.address) as AnyBatch<S>);
		}
		complete(fromContext(CONTEXT.nextSequence + 4) * 4294967296 + fromContext(CONTEXT.nextSequence));
		for (let index = 0; index < tables.length; index++) {
			const table = tables[index] as Table;
			if (isEmpty(table)) continue;
			if (table.current.retained) advance(table);
			else {
				table.current.reader.batch.release();
				useSlot(table, table.current);
			}
		}
	};
	const deliver = (_: unknown, slot: Slot): void => {
		const batch = slot.reader.open(slot.region.address);
		batches++;
		options.onBatch?.(batch as AnyBatch<S>);
		if (!slot.retained) batch.release();
	};
	/** Where the current slot is kept: another one, a new one where all are kept (until the arena is full, which says so). */
	const advance = (table: Table): void => {
		let free = table.slots.find((slot) => !slot.retained && !slot.held);
		if (free === undefined) {
			free = createSlot(table.layout);
			table.slots.push(free);
		}
		useSlot(table, free);
	};

	let record = 0;
	/** A copy of the record, where a trial kept it; `record` else. */
	let kept: Uint32Array | null = null;
	const ofRecord = (field: number): number => (kept === null ? arena.u32()[(record + field) >>> 2] : kept[field >>> 2]) as number;
	const refusal: RefusedMessage = {
		get category() {
			return CATEGORY_NAMES[ofRecord(ERROR_RECORD.category)] as ErrorCategory;
		},
		get offset() {
			return ofRecord(ERROR_RECORD.offset);
		},
		get sequence() {
			return ofRecord(ERROR_RECORD.sequence + 4) * 4294967296 + ofRecord(ERROR_RECORD.sequence);
		},
		get bytes() {
			const start = ofRecord(ERROR_RECORD.start);
			return arena.u8().subarray(start, start + ofRecord(ERROR_RECORD.length));
		},
		get variant() {
			return schema.variants[ofRecord(ERROR_RECORD.variant)]?.name ?? null;
		},
		copy: () => ({ category: refusal.category, offset: refusal.offset, sequence: refusal.sequence, bytes: refusal.bytes.slice(), variant: refusal.variant }),
	};
	const drainErrors = (): void => {
		const count = fromContext(CONTEXT.errorCount);
		for (let index = 0; index < count; index++) {
			record = errors + index * ERROR_RECORD.size;
			const code = arena.u32()[(record + ERROR_RECORD.category) >>> 2] as number;
			categories[code] = (categories[code] as number) + 1;
			if (trial.running) trial.keepRefusal(record);
			else options.onError?.(refusal);
		}
		refused += count;
		if (count > 0) setContext(CONTEXT.errorCount, 0);
	};
	/** Counters in the context have 32 bits: carried over to doubles before they can wrap. */
	const collectCounts = (): void => {
		for (let variant = 0; variant < accepted.length; variant++) {
			const at = CONTEXT.variants + variant * CONTEXT.variantSize + CONTEXT.variantMessages;
			accepted[variant] = (accepted[variant] as number) + fromContext(at);
			setContext(at, 0);
		}
	};
	const growSymbols = (): void => {
		for (let index = 0; index < symbolRegions.length; index++) {
			const region = symbolRegions[index] as Region;
			const size = symbolSizes[index] as Required<SymbolTableSize>;
			// Header: count at 16, text used at 20 (symbols/layout.ts); read here without opening the table.
			const at = region.address >>> 2;
			if ((arena.u32()[at + 4] as number) * 2 < size.capacity && (arena.u32()[at + 5] as number) * 2 < size.textBytes) continue;
			const bigger = { capacity: size.capacity * 4, textBytes: size.textBytes * 4 };
			const name = layout.symbolTables[index]?.name ?? '';
			const next = allocate(`symbols of ${name}`, symbolTableBytes(bigger));
			growSymbolTable(arena.memory, region.address, next.address, bigger);
			arena.u32()[(tableAddresses >>> 2) + index] = next.address;
			symbolRegions[index] = next;
			symbolSizes[index] = bigger;
			readers[index] = openSymbolReader(arena.memory, next.address);
			regions.splice(regions.indexOf(region), 1);
			arena.release(region);
		}
	};

	const parseMany = (descriptors: number, count: number): void => {
		alive();
		let at = descriptors;
		let left = count;
		messages += count;
		while (left > 0) {
			// Small enough that symbols, counted after each part, cannot outgrow a table by much.
			const consumed = parsePart(at, Math.min(left, 4096));
			at += consumed * DESCRIPTOR.size;
			left -= consumed;
		}
		collectCounts();
	};
	const parsePart = (at: number, part: number): number => {
		// Whether layouts pay is measured, on calls long enough for it.
		const timed = tiering?.isTimed === true && part >= TIMED;
		const before = timed ? secondsNow() : 0;
		const consumed = parseCall(at, part, context) >>> 0;
		if (tiering?.isTimed === true) tiering.took[0] = timed ? secondsNow() - before : 0;
		const stop = fromContext(CONTEXT.stop);
		if (stop === STOP.tableFull) {
			if (onComplete === undefined) seal(tables[fromContext(CONTEXT.stopTable)] as Table);
			else sealTogether(onComplete);
		}
		if (fromContext(CONTEXT.errorCount) > 0) drainErrors();
		afterCall(consumed);
		return consumed;
	};
	/** What is due now and then, when no parse runs. */
	const afterCall = (parsed: number): void => {
		growSymbols();
		if (tiering === null) return;
		tiering.afterCall(parsed);
		parseCall = tiering.parse;
	};
	const seen = new Uint32Array(schema.variants.length);
	/** Message by message, to learn what became of each. Symbols cannot outgrow their tables in so few. */
	const parseTold = (descriptors: number, count: number, outcomes: Int32Array): void => {
		alive();
		if (count > 4096 || count > outcomes.length) throw new RangeError(`tickforge: ${count} messages in one trial; at most 4096, and an outcome for each (there is room for ${outcomes.length})`);
		messages += count;
		seen.fill(0);
		const firstCounter = (context + CONTEXT.variants + CONTEXT.variantMessages) >>> 2;
		const counterStep = CONTEXT.variantSize >>> 2;
		const errorCount = (context + CONTEXT.errorCount) >>> 2;
		let words = arena.u32();
		for (let index = 0; index < count; index++) {
			const at = descriptors + index * DESCRIPTOR.size;
			// A part of the whole only where it does not fit: that makes room.
			if (parseCall(at, 1, context) >>> 0 === 0) while (parsePart(at, 1) === 0);
			// The memory may have grown; asking for it costs more than looking whether the view is detached.
			if (words.length === 0) words = arena.u32();
			let outcome = REFUSED;
			for (let variant = 0; variant < seen.length && outcome === REFUSED; variant++) {
				if (words[firstCounter + variant * counterStep] === seen[variant]) continue;
				seen[variant] = (seen[variant] as number) + 1;
				outcome = variant;
			}
			outcomes[index] = outcome;
			if (outcome === REFUSED && (words[errorCount] as number) > 0) drainErrors();
		}
		if (tiering !== null) tiering.took[0] = 0;
		afterCall(count);
		collectCounts();
	};
	const trial: TrialControl<Slot> = createTrial<Slot>({
		arena,
		tables,
		parse(descriptors, count, outcomes) {
			if (outcomes === undefined) parseMany(descriptors, count);
			else parseTold(descriptors, count, outcomes);
		},
		advance: (table) => advance(table as Table),
		resume: (table, slot) => resumeSlot(table as Table, slot),
		deliver,
		refuse(copy) {
			kept = copy;
			try {
				options.onError?.(refusal);
			} finally {
				kept = null;
			}
		},
		renumber,
		saveCounts() {
			const before = { messages, refused, accepted: accepted.slice(), categories: categories.slice() };
			return () => {
				({ messages, refused } = before);
				accepted.set(before.accepted);
				categories.set(before.categories);
				// What a parse that threw left behind.
				setContext(CONTEXT.errorCount, 0);
				for (let variant = 0; variant < accepted.length; variant++) setContext(CONTEXT.variants + variant * CONTEXT.variantSize + CONTEXT.variantMessages, 0);
			};
		},
	});
	function renumber(sequence: number): void {
		setContext(CONTEXT.nextSequence, sequence >>> 0);
		setContext(CONTEXT.nextSequence + 4, Math.floor(sequence / 4294967296));
	}

	let input: Region | null = null;
	const parser: Parser<S> = {
		schema,
		tier,
		module,
		layout,
		arena,
		symbols,
		parseMany,
		parse(message, received = 0n) {
			alive();
			const bytes = typeof message === 'string' ? encoder.encode(message) : message;
			if (input === null || input.size < bytes.length + DESCRIPTOR.size) {
				if (input !== null) {
					regions.splice(regions.indexOf(input), 1);
					arena.release(input);
				}
				input = allocate('input', Math.max(4096, (bytes.length + DESCRIPTOR.size) * 2));
			}
			const at = input.address + DESCRIPTOR.size;
			arena.u8().set(bytes, at);
			const view = arena.view();
			view.setUint32(input.address + DESCRIPTOR.offset, at, true);
			view.setUint32(input.address + DESCRIPTOR.length, bytes.length, true);
			view.setBigInt64(input.address + DESCRIPTOR.received, received, true);
			const before = refused;
			parseMany(input.address, 1);
			return refused === before;
		},
		flush() {
			alive();
			if (onComplete !== undefined) sealTogether(onComplete);
			else for (const table of tables) seal(table);
		},
		statistics: () => ({
			messages,
			refused,
			batches,
			layouts: tiering === null ? null : tiering.statistics(),
			variants: Object.fromEntries(schema.variants.map(({ name }, index) => [name, accepted[index] as number])),
			categories: Object.fromEntries(CATEGORY_NAMES.flatMap((name, code) => (name !== undefined && (categories[code] as number) > 0 ? [[name, categories[code] as number]] : []))),
		}),
		twin() {
			alive();
			return compile(protocol, { ...layoutOptionsOf(options), ...(options.scratch === undefined ? {} : { scratch: options.scratch }), tier, arena: createArena({ ceiling: arena.ceiling, shared: arena.shared }), ...(module === null ? {} : { module }) });
		},
		profile() {
			if (tiering === null) return null;
			const decoder = new TextDecoder();
			return createProfile(
				schema,
				tiering.samples.map(({ message, variant, met }) => ({ variant: schema.variants[variant]?.name ?? '', text: decoder.decode(message), met })),
			);
		},
		branches() {
			alive();
			return counting.map(({ tier: of, bytes, address }) => ({ tier: of, bytes, counts: readBranchCounts(arena.memory, address, readBranchSites(new WebAssembly.Module(bytes)) ?? []) }));
		},
		places: () => ({ batches: tables.map(({ current }) => current.region.address), symbolTables: symbolRegions.map(({ address }) => address) }),
		dispose() {
			if (disposed) return;
			disposed = true;
			for (const { slots } of tables) for (const { reader } of slots) reader.batch.release();
			if (ownArena) return;
			for (const region of regions) arena.release(region);
		},
	};
	return { parser, trial, renumber };
}

/** The options that a layout depends on. */
function layoutOptionsOf({ rows, items, textBytes, received, sequence, stagger }: LayoutOptions): LayoutOptions {
	return Object.fromEntries(Object.entries({ rows, items, textBytes, received, sequence, stagger }).filter(([, value]) => value !== undefined));
}

/** Modules for profiles in the code cache. Samples and names are all that a module depends on, besides what any parser's does. */
function keptModules(protocol: Protocol, layout: LayoutOptions, generate: GenerateOptions, cache: CodeCache): KeptModules {
	const decoder = new TextDecoder();
	const keyOf = (samples: readonly LearnedSample[], names: ReadonlyMap<string, number>): string | null => {
		const profile = JSON.stringify([[...names], samples.map(({ message, variant, met }) => [variant, met, decoder.decode(message)])]);
		return cache.key({ protocol, layout, tier: 'layout', generate, profile });
	};
	return {
		get(samples, names) {
			const key = keyOf(samples, names);
			return key === null ? null : cache.get(key);
		},
		put(samples, names, bytes) {
			const key = keyOf(samples, names);
			if (key !== null) cache.put(key, bytes);
		},
	};
}

/** Those of a profile's messages that the schema accepts: they come from a file, and only accepted messages may be learned. */
function acceptedOf<S extends Schema>(protocol: Protocol<S>, profile: LayoutProfile, options: CompileOptions<S>): LearnedSample[] {
	const { schema } = protocol;
	if (profile.schema.fingerprint !== schemaFingerprint(schema)) throw new Error(`tickforge: the profile is of "${profile.schema.name}" v${profile.schema.version} as it was then, and the schema here is "${schema.name}" v${schema.version}: learn it again (tickforge profile learn)`);
	const judge = compile(protocol, { ...options, tier: 'schema' });
	try {
		return profile.messages.flatMap(({ text, met }) => {
			const before = judge.statistics().variants;
			const message = encoder.encode(text);
			if (!judge.parse(message)) return [];
			const after = judge.statistics().variants;
			return [{ message, variant: schema.variants.findIndex(({ name }) => (after[name] as number) > (before[name] as number)), met }];
		});
	} finally {
		judge.dispose();
	}
}
