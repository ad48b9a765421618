/**
 * Parsers of a protocol: every tier takes the same messages, and all that a caller can see must be the same, with other
 * bytes around the messages in each tier's memory. Whatever a parser must not write is looked at after each input.
 */
import { layoutSchema, type SchemaLayout } from '../../src/compiler/batch-layout.ts';
import { instantiateParser } from '../../src/compiler/instantiate.ts';
import { CONTEXT, DESCRIPTOR, ERROR_RECORD, LEARNING, NOTE, type ParseFunction, READ_BEYOND } from '../../src/compiler/parser-abi.ts';
import type { GenerateOptions, LayoutLearner, Protocol } from '../../src/compiler/protocol.ts';
import { openSymbolReader } from '../../src/symbols/index.ts';
import { HEADER } from '../../src/symbols/layout.ts';
import { detectFeatures } from '../../src/wasm/index.ts';
import { differenceBetween, show, World } from '../../test/protocols/json/harness.ts';
import { allCoverage, type Counters, countersOf, sourceCoverage } from '../coverage.ts';
import type { Input } from '../input.ts';
import type { OpenTarget } from '../target.ts';
import { poisons } from './poison.ts';

export interface ParserTargetOptions {
	readonly protocol: Protocol;
	/** Messages, most of them right. */
	readonly seeds: readonly Input[];
	readonly words: readonly Uint8Array[];
	/** What is wrong about messages that were accepted, seen in another way; null where nothing is. */
	readonly oracle?: (message: Uint8Array) => string | null;
	/** A message for people. */
	readonly print?: (message: Uint8Array) => string;
	readonly longest?: number;
	/** Where nothing is generated: paths of the TypeScript that is followed. */
	readonly sources?: readonly string[];
	/** Another parser for the first generated tier: the engine's own tests have one with a mistake. */
	readonly instead?: (parse: ParseFunction, memory: WebAssembly.Memory) => ParseFunction;
}

/** Small, so that all of them fill up. */
const SIZES = { rows: 64, items: 128, textBytes: 1024, errorLimit: 3, scratchSize: 1100, received: true, tight: true } as const;
/** Symbols that fit besides those of the seeds. */
const FREE_SYMBOLS = 6;
/** Bytes before and after each message that are told apart by tier. */
const AROUND = 16;
const PAGE = 65536;
/**
 * Branches, turns and calls that a message and each of its bytes may cost; the most that seeds and mutations of them
 * were seen to take is a fifth of it. A message is looked at again where a batch was full, and each variant's null
 * columns are written one by one.
 */
const STEPS = { message: 4000, byte: 120 } as const;

interface Place {
	readonly from: number;
	readonly to: number;
}

interface Lane {
	readonly name: string;
	readonly world: World;
	readonly parse: ParseFunction;
	readonly counters: Counters | null;
	/** Written to `World`'s memory around each message. */
	readonly beyond: Uint8Array;
	/** What may change, in order; everything else below `used` must stay. */
	changing: readonly Place[];
	used: number;
	snapshot: Uint8Array;
}

interface Made {
	readonly parse: ParseFunction;
	readonly module: WebAssembly.Module;
	readonly counters: number | null;
	readonly workspace: Place;
	readonly learning?: Place;
}

type Make = (world: World, layout: SchemaLayout) => Made;

export function openParsers({ protocol, seeds, words, oracle, print = show, longest, instead, sources = [] }: ParserTargetOptions): OpenTarget {
	const { relaxedSimd } = detectFeatures();
	const symbols = FREE_SYMBOLS + symbolsOf(protocol, seeds);
	const layout = layoutSchema(protocol.schema, SIZES);
	const messages = seeds.flat();
	const generated =
		(options: GenerateOptions): Make =>
		(world) =>
			link(world, protocol.generate(layout, options));
	const makes: (readonly [string, Make | null])[] = [
		['reference', null],
		['generated, counting', generated({ countBranches: true, relaxedSimd })],
		['generated', generated({ relaxedSimd: false })],
		...(protocol.learner === undefined
			? []
			: ([
					['layout, counting', learned(protocol, messages, { countBranches: true, relaxedSimd })],
					['layout', learned(protocol, messages, { relaxedSimd: false })],
				] as const)),
	];
	const lanes = makes.map(([name, make], index): Lane => {
		const beyond = new Uint8Array(AROUND);
		const world = new World(layout, { ...SIZES, symbols, beyond, memory: new WebAssembly.Memory({ initial: 16, maximum: 4096 }) });
		const made = make?.(world, layout);
		const parse = made === undefined ? protocol.reference(layout, world.memory) : made.parse;
		const counters = made === undefined || made.counters === null ? null : countersOf(made.module, world.memory, made.counters);
		const changing = [...changingPlaces(world), ...(made === undefined ? [] : [made.workspace]), ...(made?.learning === undefined ? [] : [made.learning]), ...(counters === null ? [] : [{ from: counters.address, to: counters.address + counters.bytes }])];
		return { name, world, parse: index === 1 && instead !== undefined ? instead(parse, world.memory) : parse, counters, beyond, changing: changing.sort((a, b) => a.from - b.from), used: 0, snapshot: new Uint8Array(0) };
	});
	// Messages lie at the same addresses everywhere, at the end of memories of one size.
	const used = Math.max(...lanes.map(({ world }) => world.allocate(0)));
	const most = longest ?? 4096;
	const size = Math.max(...lanes.map(({ world }) => world.memory.buffer.byteLength), Math.ceil((used + most * (AROUND + 20) + 4 * PAGE) / PAGE) * PAGE);
	for (const lane of lanes) {
		const { world } = lane;
		world.allocate(used - world.allocate(0));
		if (world.memory.buffer.byteLength < size) world.memory.grow((size - world.memory.buffer.byteLength) / PAGE);
		// All names of the seeds are known, as they are in a parser that has run for a while.
		for (const message of messages) {
			world.parse(lane.parse, [message]);
			empty(world);
		}
		new DataView(world.memory.buffer).setBigUint64(world.context + CONTEXT.nextSequence, 0n, true);
		lane.counters?.clear();
		lane.used = used;
		lane.snapshot = new Uint8Array(world.memory.buffer, 0, used).slice();
	}
	const [reference, ...others] = lanes as [Lane, ...Lane[]];

	const run = (input: Input): string | null => {
		let isWrong = true;
		const describe = (what: string): string => `${what}\nmessages:\n${input.map((message) => `  ${print(message)}`).join('\n')}`;
		const patterns = poisons(input);
		for (const [index, { beyond }] of lanes.entries()) beyond.set((patterns[index % patterns.length] as Uint8Array).subarray(0, AROUND));
		const before = lanes.map(({ counters }) => counters?.steps() ?? 0);
		const verdicts: boolean[] = [];
		try {
			let rest = input;
			let calls = 0;
			do {
				const batch = rest;
				const consumed = lanes.map(({ world, parse, name, beyond }) => {
					surround(world, batch, beyond);
					try {
						return world.parse(parse, batch, (index) => BigInt(input.length - batch.length + index) * 1_000_003n);
					} catch (error) {
						throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
					}
				});
				for (const lane of lanes) {
					const wrong = mistakeInMemory(lane, batch, size);
					if (wrong !== null) return describe(`${lane.name}: ${wrong}`);
				}
				for (const [index, lane] of others.entries()) {
					if (consumed[index + 1] !== consumed[0]) return describe(`consumed: ${reference.name} ${consumed[0]} (${reference.world.stop}), ${lane.name} ${consumed[index + 1]} (${lane.world.stop})`);
					const difference = differenceBetween([reference.world, lane.world], [reference.name, lane.name]);
					if (difference !== null) return describe(difference);
				}
				const refused = new Set(reference.world.refused().map(({ sequence }) => sequence));
				for (let index = 0; index < (consumed[0] as number); index++) verdicts.push(!refused.has(verdicts.length));
				if (calls++ > input.length * 2 + 2) return describe('the parsers make no progress');
				for (const { world } of lanes) empty(world);
				rest = rest.slice(consumed[0]);
			} while (rest.length > 0);
			const allowed = calls * STEPS.message + input.reduce((sum, message) => sum + STEPS.message + message.length * STEPS.byte, 0) * 2;
			for (const [index, { counters, name }] of lanes.entries()) {
				const steps = (counters?.steps() ?? 0) - (before[index] as number);
				if (steps > allowed) return describe(`${name}: took ${steps} steps, more than the ${allowed} that messages of this size may`);
			}
			if (oracle !== undefined) {
				for (const [index, accepted] of verdicts.entries()) {
					const wrong = accepted ? oracle(input[index] as Uint8Array) : null;
					if (wrong !== null) return describe(`message ${index} was accepted, but ${wrong}`);
				}
			}
			isWrong = false;
			return null;
		} finally {
			for (const lane of lanes) restore(lane, input, size, isWrong);
		}
	};
	return { seeds, words, coverage: sources.length > 0 ? sourceCoverage(...sources) : allCoverage(...lanes.flatMap(({ counters }) => (counters === null ? [] : [counters]))), longest: most, run };
}

/** Links a module that nothing was learned for. */
function link(world: World, bytes: Uint8Array<ArrayBuffer>): Made {
	const module = new WebAssembly.Module(bytes);
	let counters: number | null = null;
	const own = { from: 0, to: 0 };
	const parse = instantiateParser(
		module,
		world.memory,
		(size) => {
			own.from = world.allocate(size);
			own.to = own.from + size;
			new Uint8Array(world.memory.buffer).fill(0, own.from, own.to);
			return own.from;
		},
		(address) => {
			counters = address;
		},
	);
	// Constants lie behind the workspace (kernels/constant-pool.ts), which is still all zeros.
	const constants = new Uint8Array(world.memory.buffer, own.from, own.to - own.from).findIndex((byte) => byte !== 0);
	return { parse, module, counters, workspace: { from: own.from, to: constants < 0 ? own.to : own.from + constants } };
}

const NOTES = 4;

/** The layout tier with what the seeds teach, and nothing after them: a parser that learns while it is fuzzed could not be run again. */
function learned(protocol: Protocol, messages: readonly Uint8Array[], options: GenerateOptions): Make {
	return (world, layout) => {
		const view = (): DataView => new DataView(world.memory.buffer);
		const learner = (protocol.learner as NonNullable<Protocol['learner']>)(layout, (table, name) => openSymbolReader(world.memory, world.symbolTables[table] as number).id(name)) as LayoutLearner;
		const store = learner.open({ memory: world.memory, allocate: (bytes) => world.allocate(bytes), mostShapes: 64 });
		const noteTable = world.allocate(NOTES * NOTE.size);
		const first = link(world, learner.generate());
		view().setUint32(world.context + CONTEXT.layouts, store.address, true);
		view().setUint32(store.address + LEARNING.noteEvery, 1, true);
		view().setUint32(store.address + LEARNING.noteLimit, NOTES, true);
		view().setUint32(store.address + LEARNING.noteTable, noteTable, true);
		for (const message of messages) {
			world.parse(first.parse, [message]);
			for (let note = 0; note < view().getUint32(store.address + LEARNING.notes, true); note++) learner.learn(message, view().getUint32(noteTable + note * NOTE.size + NOTE.variant, true), view().getUint32(noteTable + note * NOTE.size + NOTE.item, true) - 1);
			view().setUint32(store.address + LEARNING.notes, 0, true);
			empty(world);
		}
		return { ...link(world, learner.generate(options)), learning: { from: store.address, to: noteTable + NOTES * NOTE.size } };
	};
}

/** As a caller does between two calls. */
function empty(world: World): void {
	world.layout.tables.forEach((_, index) => {
		world.clearTable(index);
	});
	world.clearErrors();
	const view = new DataView(world.memory.buffer);
	for (const index of world.layout.schema.variants.keys()) view.setUint32(world.context + CONTEXT.variants + index * CONTEXT.variantSize + CONTEXT.variantMessages, 0, true);
}

function symbolsOf(protocol: Protocol, seeds: readonly Input[]): number {
	const layout = layoutSchema(protocol.schema, { ...SIZES, textBytes: 65536 });
	const world = new World(layout, { ...SIZES, tight: false, errorLimit: 1024, memory: new WebAssembly.Memory({ initial: 16, maximum: 4096 }) });
	const parse = protocol.reference(layout, world.memory);
	for (const message of seeds.flat()) {
		world.parse(parse, [message]);
		empty(world);
	}
	return Math.max(1, ...layout.symbolTables.map((_, index) => world.symbols(index).length));
}

function changingPlaces(world: World): Place[] {
	const view = new DataView(world.memory.buffer);
	const word = (field: number): number => view.getUint32(world.context + field, true);
	return [
		{ from: world.context, to: world.context + CONTEXT.variants + world.layout.schema.variants.length * CONTEXT.variantSize },
		{ from: word(CONTEXT.errors), to: word(CONTEXT.errors) + word(CONTEXT.errorLimit) * ERROR_RECORD.size },
		{ from: word(CONTEXT.scratch), to: word(CONTEXT.scratch) + word(CONTEXT.scratchSize) + READ_BEYOND },
		...world.symbolTables.map((from) => ({ from, to: from + view.getUint32(from + HEADER.textAt, true) + view.getUint32(from + HEADER.textBytes, true) + 16 })),
		...world.layout.tables.map((table, index) => ({ from: world.batches[index] as number, to: (world.batches[index] as number) + table.size })),
	];
}

/** Where the first of the messages lies: `World` puts them at the very end. */
const firstOf = (messages: Input, size: number): number => size - READ_BEYOND - messages.reduce((sum, message) => sum + message.length + AROUND, 0);

/** The bytes before the first message; those after each one are `World`'s own. */
function surround(world: World, messages: Input, beyond: Uint8Array): void {
	const first = firstOf(messages, world.memory.buffer.byteLength);
	new Uint8Array(world.memory.buffer).set(beyond, first - AROUND);
}

/** What a parser has written that is not its own, in words. */
function mistakeInMemory({ world, changing, used, snapshot, beyond }: Lane, messages: Input, size: number): string | null {
	const { buffer } = world.memory;
	if (buffer.byteLength !== size) return `the memory has grown from ${size} to ${buffer.byteLength} bytes`;
	const stays = (from: number, to: number): string | null => {
		if (from >= to || Buffer.compare(Buffer.from(buffer, from, to - from), snapshot.subarray(from, to)) === 0) return null;
		const now = new Uint8Array(buffer);
		let at = from;
		while (now[at] === snapshot[at]) at++;
		return `byte ${at} of the memory was written, which is none of the parser's`;
	};
	let from = 0;
	for (const place of changing) {
		const wrong = stays(from, place.from);
		if (wrong !== null) return wrong;
		from = place.to;
	}
	const wrong = stays(from, used);
	if (wrong !== null) return wrong;
	let at = firstOf(messages, size);
	const has = (expected: Uint8Array): boolean => Buffer.compare(Buffer.from(buffer, at, expected.length), expected) === 0;
	for (const message of messages) {
		if (!has(message)) return 'a message was written to';
		at += message.length;
		if (!has(beyond)) return 'bytes after a message were written';
		at += beyond.length;
	}
	return null;
}

/** Everything as it was, so that no input depends on another. */
function restore({ world, changing, snapshot, counters, used }: Lane, input: Input, size: number, isWrong: boolean): void {
	const bytes = new Uint8Array(world.memory.buffer);
	if (isWrong) bytes.set(snapshot);
	// Counters go on: the engine reads them after a while.
	for (const { from, to } of changing) if (counters === null || from !== counters.address) bytes.set(snapshot.subarray(from, to), from);
	bytes.fill(0, used, used + input.length * DESCRIPTOR.size + 64);
	bytes.fill(0, firstOf(input, size) - AROUND, size);
}
