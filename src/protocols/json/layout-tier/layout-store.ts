/**
 * The layouts of a parser in memory: records, and for each state the table that finds them. Everything is written
 * between two calls of the parser.
 */

import { type EdgeFacts, RECORD, type RecordLayout, writeRecord } from './records.ts';
import { covers, type Edge, expressOf, type PlacedPart, type State } from './shapes.ts';
import type { LearnedPart } from './spots.ts';
import { asU64, BRANCH, EXPRESS_BITS, EXPRESS_SLOT, EXTENT_SALTS, lowBits, SLOT, SLOTS_AT, STATE, STATES, separators, WHOLE_SALT, WORD } from './tables.ts';

/** What a generated module knows of an edge. */
export interface CompiledEdge {
	readonly facts: EdgeFacts;
	readonly record: RecordLayout;
}

interface Layout {
	readonly edge: Edge;
	readonly part: LearnedPart;
	/** Address of the record; 0 where it is not in memory. */
	record: number;
	/** First 64 bytes. */
	readonly word: bigint;
	/** Messages whose learning came across it. */
	met: number;
}

export interface LayoutStoreOptions {
	/** Bytes of records; beyond it the layouts that were not used lately go. Default 4 MiB. */
	readonly limit?: number;
	/** Bytes in the parser's memory, 16-byte aligned, that stay; the store takes few, larger ones. */
	readonly allocate: (bytes: number) => number;
	readonly memory: WebAssembly.Memory;
}

export interface LayoutStore {
	/** Address of the block that a parser's context names (tables.ts). */
	readonly address: number;
	/** Layouts known, and those that the module's code can follow. */
	readonly known: number;
	readonly placed: number;
	/** Bytes of records in memory. */
	readonly bytes: number;
	/** Layouts dropped because of the limit, ever. */
	readonly evicted: number;
	/** Takes a part's layout in; true where it was not known. */
	add(placed: PlacedPart): boolean;
	/** From now on records are for a module with this code; all are written again. */
	compile(edges: ReadonlyMap<Edge, CompiledEdge>, closed: ReadonlySet<State>): void;
	/** Writes what `add` took in since; unless `all`, only where it is enough to be worth it. */
	write(all?: boolean): void;
	/** All layouts, for views. */
	layouts(): readonly { readonly edge: Edge; readonly part: LearnedPart; readonly met: number }[];
}

const PAGE = 65536;
const MOST_STATES = 1024;
/** Layouts under one key: more would be tried in vain too often. */
const MOST_ALTERNATIVES = 8;
const EXPRESS_SLOTS = 1 << EXPRESS_BITS;

export function createLayoutStore(options: LayoutStoreOptions): LayoutStore {
	const { memory, allocate } = options;
	const limit = options.limit ?? 4 * 2 ** 20;
	const address = allocate(STATES + MOST_STATES * STATE.size);
	const byState = new Map<State, Map<string, Layout>>();
	const dirty = new Set<State>();
	let edges: ReadonlyMap<Edge, CompiledEdge> = new Map();
	/** States of lists whose items the module finds by their closing bracket. */
	let closed: ReadonlySet<State> = new Set();
	let known = 0;
	/** Layouts taken in since the tables were written; `anew`: all records are to be written. */
	let waiting = 0;
	let anew = false;
	let placed = 0;
	let evicted = 0;
	/** Pages of records; the last one is being filled. */
	const pages: number[] = [];
	let page = -1;
	let free = PAGE;
	let bytes = 0;
	const tables = new Map<State, { address: number; bytes: number }>();
	const view = (): DataView => new DataView(memory.buffer);

	const takeRecord = (size: number): number => {
		if (free + size > PAGE) {
			page++;
			if (pages[page] === undefined) pages.push(allocate(PAGE));
			free = 0;
		}
		const at = (pages[page] as number) + free;
		free += size;
		bytes += size;
		return at;
	};
	const emptyState = (id: number): void => {
		const at = address + STATES + id * STATE.size;
		new Uint8Array(memory.buffer, at, STATE.size).fill(0);
		// One slot that no key meets: the block's own first bytes as a table would do, but its counters change.
		view().setUint32(at + STATE.table, nowhere, true);
		view().setUint32(at + STATE.shift, 63, true);
	};
	/** Two empty slots. */
	const nowhere = allocate(64);
	new Uint8Array(memory.buffer, nowhere, 64).fill(0);
	for (let id = 0; id < MOST_STATES; id++) emptyState(id);
	new Uint8Array(memory.buffer, address, STATES).fill(0);

	const slots = allocate(EXPRESS_SLOTS * EXPRESS_SLOT.size);
	/** A record that no message has the length of, not even the empty one. */
	const nothing = allocate(RECORD.spots);
	view().setUint32(nothing + RECORD.length, 0xffffffff, true);
	const clearSlots = (): void => {
		const words = new Uint32Array(memory.buffer, slots, (EXPRESS_SLOTS * EXPRESS_SLOT.size) / 4);
		words.fill(0);
		for (let slot = 0; slot < EXPRESS_SLOTS; slot++) words[(slot * EXPRESS_SLOT.size + EXPRESS_SLOT.record) / 4] = nothing;
	};
	clearSlots();
	view().setUint32(address + SLOTS_AT, slots, true);

	/** Forgets what no message used since the last time, and begins the pages anew. */
	const evict = (): void => {
		const bytesOf = new Uint8Array(memory.buffer);
		for (const [state, layouts] of byState) {
			for (const [key, layout] of layouts) {
				const used = layout.record > 0 && bytesOf[layout.record + RECORD.used] !== 0;
				layout.record = 0;
				if (used) continue;
				layouts.delete(key);
				known--;
				evicted++;
			}
			dirty.add(state);
		}
		page = -1;
		free = PAGE;
		bytes = 0;
		clearSlots();
	};
	const place = (layout: Layout): boolean => {
		const compiled = edges.get(layout.edge);
		if (compiled === undefined || !covers(compiled.facts, layout.part)) return false;
		if (layout.record === 0) {
			layout.record = takeRecord(compiled.record.size);
			writeRecord(view(), layout.record, compiled.record, layout.edge.spots, { edge: layout.edge.index, express: expressOf(layout.edge), ...layout.part });
		}
		return true;
	};

	const tableOf = (state: State, wanted: number): { address: number; bytes: number } => {
		let table = tables.get(state);
		if (table === undefined || table.bytes < wanted) {
			table = { address: allocate(wanted * 2), bytes: wanted * 2 };
			tables.set(state, table);
		}
		new Uint8Array(memory.buffer, table.address, table.bytes).fill(0);
		return table;
	};
	/** Items that are found by their closing bracket. */
	const writeClosed = (state: State, layouts: readonly Layout[]): void => {
		const groups = new Map<bigint, Layout[]>();
		for (const layout of layouts) {
			const key = layout.word & lowBits(layout.part.template.length);
			const group = groups.get(key);
			if (group === undefined) groups.set(key, [layout]);
			else group.push(layout);
		}
		const { multiplier, bits } = perfect([...groups.keys()], (key, factor) => asU64(key * factor));
		const table = tableOf(state, 4 << bits);
		const data = view();
		for (const [key, members] of groups) data.setUint32(table.address + Number(asU64(key * multiplier) >> BigInt(64 - bits)) * 4, chain(data, members, 0), true);
		const at = address + STATES + state.id * STATE.size;
		data.setUint32(at + STATE.table, table.address, true);
		data.setUint32(at + STATE.shift, 64 - bits, true);
		data.setBigUint64(at + STATE.multiplier, multiplier, true);
	};

	const writeState = (state: State): void => {
		const own = byState.get(state);
		const layouts = own === undefined ? [] : [...own.values()].filter(place);
		const at = address + STATES + state.id * STATE.size;
		if (layouts.length === 0) {
			emptyState(state.id);
			return;
		}
		if (closed.has(state)) {
			writeClosed(state, layouts);
			return;
		}
		const extents = chooseExtents(layouts.filter((layout) => !isWhole(layout)).map(({ part }) => part.template.length));
		const keyAt = (layout: Layout, extent: number): bigint => (layout.word & lowBits(extents[extent] as number)) ^ (EXTENT_SALTS[extent] as bigint);
		const groups = new Map<bigint, Group>();
		for (const layout of layouts) {
			const { length } = layout.part.template;
			const whole = isWhole(layout);
			const extent = whole ? -1 : extents.findIndex((candidate) => candidate <= length);
			const key = whole ? asU64(((layout.word & lowBits(length)) ^ WHOLE_SALT) + BigInt(Math.min(length, WORD))) : keyAt(layout, extent);
			const group = groups.get(key);
			if (group === undefined) groups.set(key, { key, extent, members: [layout], plan: null, target: 0 });
			else group.members.push(layout);
		}
		for (const group of groups.values()) if (group.members.length > 1) group.plan = planBranch(group.members);
		const { multiplier, bits } = perfect([...groups.keys()], (key, factor) => asU64(key * factor));
		const branchBytes = [...groups.values()].reduce((sum, { plan }) => sum + (plan === null ? 0 : plan.bytes), 0);
		const slotBytes = (1 << bits) * SLOT.size;
		const table = tableOf(state, slotBytes + branchBytes);
		const data = view();
		let next = table.address + slotBytes;
		// Short extents first, whole messages last: what a longer key finds may turn out to be what only a shorter one knows.
		for (const group of [...groups.values()].sort((a, b) => b.extent - a.extent)) {
			const { key, extent, members, plan } = group;
			const first = members[0] as Layout;
			let shadowed = 0;
			for (let shorter = extent + 1; shorter < extents.length && shadowed === 0; shorter++) {
				if ((extents[shorter] as number) <= first.part.template.length) shadowed = groups.get(keyAt(first, shorter))?.target ?? 0;
			}
			const slot = table.address + Number(asU64(key * multiplier) >> BigInt(64 - bits)) * SLOT.size;
			data.setBigUint64(slot + SLOT.key, key, true);
			if (plan === null) {
				group.target = chain(data, members, shadowed);
				data.setUint32(slot + SLOT.target, group.target, true);
			} else {
				group.target = next + 1;
				data.setUint32(slot + SLOT.target, group.target, true);
				writeBranch(data, next, plan, shadowed);
				next += plan.bytes;
			}
		}
		extents.forEach((length, index) => {
			data.setBigUint64(at + STATE.extents + index * 8, lowBits(length), true);
		});
		for (let index = extents.length; index < STATE.extentCount; index++) data.setBigUint64(at + STATE.extents + index * 8, 0n, true);
		data.setUint32(at + STATE.table, table.address, true);
		data.setUint32(at + STATE.shift, 64 - bits, true);
		data.setBigUint64(at + STATE.multiplier, multiplier, true);
		data.setUint32(at + STATE.only, layouts.length === 1 ? (layouts[0] as Layout).record : 0, true);
	};

	return {
		address,
		get known() {
			return known;
		},
		get placed() {
			return placed;
		},
		get bytes() {
			return bytes;
		},
		get evicted() {
			return evicted;
		},
		add({ edge, part }) {
			let layouts = byState.get(edge.state);
			if (layouts === undefined) {
				layouts = new Map();
				byState.set(edge.state, layouts);
			}
			const key = layoutKey(edge, part);
			const found = layouts.get(key);
			if (found !== undefined) {
				found.met++;
				return false;
			}
			if (edge.state.id >= MOST_STATES) return false;
			layouts.set(key, { edge, part, record: 0, word: separators(part.sample, 0), met: 1 });
			known++;
			waiting++;
			dirty.add(edge.state);
			return true;
		},
		compile(next, nextClosed) {
			edges = next;
			anew = true;
			closed = nextClosed;
			clearSlots();
			page = -1;
			free = PAGE;
			bytes = 0;
			for (const [state, layouts] of byState) {
				for (const layout of layouts.values()) layout.record = 0;
				dirty.add(state);
			}
		},
		write(all = false) {
			// A table is written as a whole: not for every single layout once there are many.
			if (dirty.size === 0 || (!all && waiting < placed / 16 && !anew)) return;
			waiting = 0;
			anew = false;
			if (bytes > limit) evict();
			for (const state of dirty) writeState(state);
			dirty.clear();
			placed = 0;
			for (const layouts of byState.values()) for (const { record } of layouts.values()) if (record > 0) placed++;
		},
		layouts: () => [...byState.values()].flatMap((layouts) => [...layouts.values()]),
	};
}

/** Layouts are the same where their bytes are bound alike and their values stand alike. */
function layoutKey(edge: Edge, part: LearnedPart): string {
	const values = part.spots.map((spot) => (spot.kind === 'constant' ? spot.value : spot.kind === 'number' ? `${spot.window} ${spot.base} ${spot.mask.join('')}` : 'start' in spot ? `${spot.start} ${spot.length}` : ''));
	return `${edge.index};${String.fromCharCode(...part.template)};${String.fromCharCode(...part.limits)};${values.join(',')}`;
}

/** The part is the message's last: its length is known before it is found. */
const isWhole = ({ edge }: Layout): boolean => edge.next === null && edge.machine.list === null;

/** At most four lengths, longest first, such that each part is at least as long as one of them. */
function chooseExtents(lengths: readonly number[]): number[] {
	const counts = new Map<number, number>();
	for (const length of lengths) {
		const extent = Math.min(WORD, length);
		counts.set(extent, (counts.get(extent) ?? 0) + 1);
	}
	if (counts.size === 0) return [];
	const least = Math.min(...counts.keys());
	const popular = [...counts.keys()].filter((extent) => extent !== least).sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number));
	return [least, ...popular.slice(0, STATE.extentCount - 1)].sort((a, b) => b - a);
}

/** A multiplier and a size with which no two keys share a place. */
function perfect<K>(keys: readonly K[], hash: (key: K, multiplier: bigint) => bigint): { multiplier: bigint; bits: number } {
	let seed = 0x2545f4914f6cdd1dn;
	let bits = Math.max(1, Math.ceil(Math.log2(keys.length * 2)));
	for (let attempt = 1; ; attempt++) {
		seed = asU64(seed ^ (seed << 13n));
		seed ^= seed >> 7n;
		seed = asU64(seed ^ (seed << 17n));
		const multiplier = seed | 1n;
		const taken = new Uint8Array(1 << bits);
		const free = keys.every((key) => {
			const place = Number(hash(key, multiplier) >> BigInt(64 - bits));
			taken[place] = (taken[place] as number) + 1;
			return taken[place] === 1;
		});
		if (free) return { multiplier, bits };
		if (attempt % 16 === 0) bits++;
	}
}

/** Layouts with one key. */
interface Group {
	readonly key: bigint;
	/** Index into the state's extents; -1 where the key is of whole messages. */
	readonly extent: number;
	readonly members: Layout[];
	plan: BranchPlan | null;
	/** What the table has for it; 0 until it is written. */
	target: number;
}

interface BranchPlan {
	readonly words: number;
	readonly last: number;
	readonly multipliers: readonly bigint[];
	readonly lastMultiplier: bigint;
	readonly lengthMultiplier: bigint;
	readonly bits: number;
	readonly places: ReadonlyMap<number, Layout[]>;
	readonly bytes: number;
}

/** Whole messages are told apart by all their separators and their length, parts before a list by what all of them have. */
function planBranch(members: readonly Layout[]): BranchPlan | null {
	const least = Math.min(...members.map(({ part }) => part.template.length));
	if (least <= WORD) return null;
	const whole = members.every(isWhole);
	const last = whole ? -1 : least - WORD;
	const words = Math.max(0, Math.ceil((least - WORD) / WORD) - 1);
	const keyOf = ({ part }: Layout): string => {
		const numbers: bigint[] = [];
		for (let word = 1; word <= words; word++) numbers.push(separators(part.sample, word * WORD));
		numbers.push(separators(part.sample, whole ? part.sample.length - WORD : last));
		numbers.push(whole ? BigInt(part.sample.length) : 0n);
		return numbers.join();
	};
	const groups = new Map<string, Layout[]>();
	for (const member of members) {
		const key = keyOf(member);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [member]);
		else group.push(member);
	}
	if (groups.size === 1) return null;
	const factor = (multiplier: bigint, index: number): bigint => asU64(multiplier * 0x9e3779b97f4a7c15n ** BigInt(index + 1)) | 1n;
	const numbersOf = new Map([...groups.keys()].map((key) => [key, key.split(',').map(BigInt)]));
	const hash = (key: string, multiplier: bigint): bigint => asU64((numbersOf.get(key) as bigint[]).reduce((sum, value, index) => sum + value * (index === words + 1 && !whole ? 0n : factor(multiplier, index)), 0n));
	const { multiplier, bits } = perfect([...groups.keys()], hash);
	const places = new Map([...groups].map(([key, group]) => [Number(hash(key, multiplier) >> BigInt(64 - bits)), group]));
	const head = (BRANCH.multipliers + words * 8 + 15) & ~15;
	return {
		words,
		last,
		multipliers: Array.from({ length: words }, (_, index) => factor(multiplier, index)),
		lastMultiplier: factor(multiplier, words),
		lengthMultiplier: whole ? factor(multiplier, words + 1) : 0n,
		bits,
		places,
		bytes: (head + (4 << bits) + 15) & ~15,
	};
}

function writeBranch(data: DataView, at: number, plan: BranchPlan, shadowed: number): void {
	const head = (BRANCH.multipliers + plan.words * 8 + 15) & ~15;
	data.setUint32(at + BRANCH.words, plan.words, true);
	data.setInt32(at + BRANCH.last, plan.last, true);
	data.setUint32(at + BRANCH.table, at + head, true);
	data.setUint32(at + BRANCH.shift, 64 - plan.bits, true);
	data.setBigUint64(at + BRANCH.lastMultiplier, plan.lastMultiplier, true);
	data.setUint32(at + BRANCH.otherwise, shadowed, true);
	data.setBigUint64(at + BRANCH.lengthMultiplier, plan.lengthMultiplier, true);
	plan.multipliers.forEach((multiplier, index) => {
		data.setBigUint64(at + BRANCH.multipliers + index * 8, multiplier, true);
	});
	for (let place = 0; place < 1 << plan.bits; place++) {
		const group = plan.places.get(place);
		data.setUint32(at + head + place * 4, group === undefined ? shadowed : chain(data, group, shadowed), true);
	}
}

/** Records under one key, the most used first (the last that was met, where they are new), then `next`; gives the first one's address. */
function chain(data: DataView, group: readonly Layout[], next: number): number {
	const used = (layout: Layout): number => data.getUint32(layout.record + RECORD.used, true);
	const kept = [...group]
		.reverse()
		.sort((a, b) => used(b) - used(a))
		.slice(0, MOST_ALTERNATIVES);
	kept.forEach(({ record }, index) => {
		data.setUint32(record + RECORD.alternative, kept[index + 1]?.record ?? next, true);
	});
	return (kept[0] as Layout).record;
}
