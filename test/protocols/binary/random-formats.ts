/** Formats, rows and damaged messages by chance, the same for the same seed. */
import type { EncodedRow, EncodedValue, WireFormat, WireNode } from '../../../src/protocols/binary/index.ts';
import type { Meaning, NodeCommon, Place, WireInteger, WireNumber } from '../../../src/protocols/binary/wire.ts';

export interface Random {
	/** 0 to below `most`. */
	below(most: number): number;
	chance(of: number): boolean;
	pick<T>(from: readonly T[]): T;
	bits(count: number): bigint;
}

export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};
	const below = (most: number): number => Math.floor((next() / 4294967296) * most);
	return {
		below,
		chance: (of) => next() < of * 4294967296,
		pick: (from) => from[below(from.length)] as never,
		bits: (count) => {
			let value = 0n;
			for (let taken = 0; taken < count; taken += 32) value = (value << 32n) | BigInt(next());
			return BigInt.asUintN(count, value);
		},
	};
}

const NONE: Meaning = { type: null, nullValue: null, exponent: 0, base: '0', codes: [], constant: null };
export const VERSION = 4;

const integer = (random: Random, bytes = 1 + random.below(8), signed = random.chance(0.5)): WireInteger => ({ kind: 'integer', bytes, endian: random.pick(['little', 'big']), signed });
const number = (random: Random): WireNumber => (random.chance(0.15) ? { kind: 'varint', zigzag: random.chance(0.5) } : integer(random));
const rangeOf = (of: WireNumber): { least: bigint; most: bigint } => {
	const [bits, signed] = of.kind === 'integer' ? [of.bytes * 8, of.signed] : [64, of.zigzag];
	return signed ? { least: -(2n ** BigInt(bits - 1)), most: 2n ** BigInt(bits - 1) - 1n } : { least: 0n, most: 2n ** BigInt(bits) - 1n };
};
const raw = (random: Random, of: WireNumber): bigint => {
	const { least, most } = rangeOf(of);
	if (random.chance(0.1)) return random.pick([least, most, 0n]);
	return least + ((random.bits(64) >> BigInt(random.below(64))) % (most - least + 1n));
};

interface Making {
	readonly random: Random;
	/** Fields of later versions are possible. */
	readonly versions: boolean;
	/** Numbers so far that may carry an exponent or a presence map. */
	readonly exponents: string[];
	readonly maps: { name: string; bits: number; used: number }[];
	/** Shared: names are unique in a message. */
	readonly counter: { next: number };
}

function makeNodes(making: Making, depth: number): WireNode[] {
	const { random } = making;
	const nodes: WireNode[] = [];
	const count = 1 + random.below(depth === 0 ? 9 : 4);
	let newest = 0;
	for (let index = 0; index < count; index++) {
		const node = makeNode(making, depth);
		const isFixed = node.kind !== 'group' && node.kind !== 'data' && node.kind !== 'align' && !(node.kind === 'number' && node.number.kind === 'varint') && node.kind !== 'struct' && node.kind !== 'array';
		let since = 0;
		if (making.versions && index > 0 && node.kind !== 'stated' && !isCarrier(making, node) && random.chance(0.25)) since = Math.max(newest, 1 + random.below(VERSION));
		if (newest > 0 && since === 0 && isFixed) since = isCarrier(making, node) ? -1 : newest;
		if (since < 0) continue;
		if (isFixed) newest = since;
		const map = making.maps.find((candidate) => candidate.used < candidate.bits && candidate.name !== node.name);
		const when = index > 0 && map !== undefined && !isCarrier(making, node) && random.chance(0.4) && node.kind !== 'stated' ? { map: map.name, bit: map.used++ } : null;
		nodes.push({ ...node, since, when } as WireNode);
	}
	return nodes;
}

const isCarrier = ({ exponents, maps }: Making, { name }: WireNode): boolean => exponents.includes(name) || maps.some((map) => map.name === name);

function makeNode(making: Making, depth: number): WireNode {
	const { random } = making;
	const common = { name: `f${making.counter.next++}`, since: 0, when: null };
	switch (random.below(depth >= 2 ? 11 : 14)) {
		case 0: {
			// An exponent that others carry, seen or hidden.
			making.exponents.push(common.name);
			return { ...common, kind: 'number', number: integer(random, 1, true), meaning: random.chance(0.5) ? NONE : { ...NONE, type: { kind: 'integer', bits: 32, signed: true } } };
		}
		case 1: {
			const bytes = 1 + random.below(3);
			making.maps.push({ name: common.name, bits: bytes * 8, used: 0 });
			return { ...common, kind: 'number', number: integer(random, bytes, false), meaning: NONE };
		}
		case 2: {
			const of = integer(random);
			const parts = Array.from({ length: 1 + random.below(3) }, (_, index) => {
				const width = 1 + random.below(Math.min(7, of.bytes * 2));
				return { name: `p${index}`, shift: random.below(of.bytes * 8 - width + 1), width, meaning: { ...NONE, type: width === 1 ? { kind: 'flag' as const } : { kind: 'integer' as const, bits: 32 as const, signed: false } } };
			});
			// Parts do not overlap: else what is written is not what is read.
			let shift = 0;
			const placed = parts.flatMap((part) => {
				const at = shift;
				shift += part.width;
				return shift <= of.bytes * 8 ? [{ ...part, shift: at }] : [];
			});
			return { ...common, kind: 'bits', number: of, parts: placed };
		}
		case 3:
			return { ...common, kind: 'float', bytes: random.pick([4, 8]), endian: random.pick(['little', 'big']), nullable: random.chance(0.3) };
		case 4:
			if (random.chance(0.4)) return { ...common, kind: 'text', bytes: random.pick([1, 3, 12, 13, 16, 32]), pad: 'none', type: { kind: 'bytes' }, nullable: false };
			return makeTextNode(making, common);
		case 5:
			return makeTextNode(making, common);
		case 6:
			return random.pick<WireNode>([
				{ ...common, kind: 'skip', bytes: random.below(5) },
				{ ...common, kind: 'align', to: random.pick([2, 4, 8]) },
				{ ...common, kind: 'stated', value: 7 },
			]);
		case 11:
			return { ...common, kind: 'struct', nodes: makeNodes({ ...making, versions: false, exponents: [...making.exponents], maps: [] }, depth + 1).map((inner) => ({ ...inner, name: `${common.name}_${inner.name}` })) };
		case 12: {
			const blockLength = random.chance(0.5);
			const head: Place = { ...integer(random, random.pick([1, 2, 4]), false), offset: blockLength ? 2 : 0 };
			const inner = { ...making, exponents: [...making.exponents], maps: [] };
			const nodes = makeNodes(inner, depth + 1).map((node) => ({ ...node, name: `${common.name}_${node.name}` }));
			const first: WireNode = { name: `${common.name}_first`, since: 0, when: null, kind: 'number', number: integer(random, 2), meaning: { ...NONE, type: { kind: 'integer', bits: 32, signed: true } } };
			const fixed = { ...first, meaning: { ...first.meaning, type: { kind: 'integer' as const, bits: 32 as const, signed: (first.number as WireInteger).signed } } };
			if (random.chance(0.3) && !blockLength) return { ...common, kind: 'group', head: 0, blockLength: null, count: { kind: 'varint', zigzag: false }, nodes: [fixed, ...nodes] };
			return { ...common, kind: 'group', head: head.offset + head.bytes, blockLength: blockLength ? { ...integer(random, 2, false), offset: 0 } : null, count: head, nodes: [fixed, ...nodes] };
		}
		case 13:
			return { ...common, kind: 'array', count: 1 + random.below(4), item: { ...common, name: 'item', kind: 'number', number: number(random), meaning: NONE } };
		case 7:
			return { ...common, kind: 'data', length: random.chance(0.3) ? { kind: 'varint', zigzag: false } : integer(random, random.pick([1, 2, 4, 8]), false), type: random.pick([{ kind: 'symbol', universe: 'a' }, { kind: 'text' }, { kind: 'bytes' }, null]), nullable: random.chance(0.3) };
		default: {
			const of = number(random);
			return { ...common, kind: 'number', number: of, meaning: makeMeaning(making, of) };
		}
	}
}

const makeTextNode = ({ random }: Making, common: NodeCommon): WireNode => ({
	...common,
	kind: 'text',
	bytes: random.pick([1, 2, 4, 8, 11, 16, 20, 40]),
	pad: random.pick(['space', 'nul']),
	type: random.chance(0.5) ? { kind: 'symbol', universe: random.pick(['a', 'b']) } : { kind: 'text' },
	nullable: random.chance(0.3),
});

function integerMeaning(of: WireNumber): Meaning {
	const [bytes, signed] = of.kind === 'integer' ? [of.bytes, of.signed] : [8, of.zigzag];
	return { ...NONE, type: { kind: 'integer', bits: bytes > 4 ? 64 : 32, signed } };
}

function makeMeaning({ random, exponents }: Making, of: WireNumber): Meaning {
	const { most } = rangeOf(of);
	const nullValue = random.chance(0.3) ? random.pick([most, rangeOf(of).least]).toString() : null;
	switch (random.below(7)) {
		case 0:
		case 1: {
			const exponent = exponents.length > 0 && random.chance(0.6) ? random.pick(exponents) : random.below(14) - 9;
			return { ...NONE, nullValue, type: { kind: 'decimal', scale: random.below(9), excess: random.pick(['reject', 'truncate', 'half-even']), keepTextScale: false }, exponent };
		}
		case 2:
			return { ...NONE, nullValue, type: { kind: 'timestamp', format: random.pick(['s', 'ms', 'us', 'ns']) }, base: random.pick(['0', '1577682000000000000', '-5000000000']) };
		case 3:
			return { ...NONE, nullValue, type: { kind: 'flag' }, codes: random.chance(0.5) ? [] : ['1', '5'] };
		case 4: {
			const intern = of.kind === 'integer' && of.bytes === 1 && random.chance(0.4);
			const unknown = intern ? 'intern' : random.pick(['null', 'reject'] as const);
			return { ...NONE, type: { kind: 'enumeration', values: ['x', 'y', 'zed'], unknown }, codes: ['65', '1', '66'] };
		}
		case 5:
			return random.chance(0.3) ? { ...NONE, constant: '9' } : NONE;
		default:
			return { ...integerMeaning(of), nullValue };
	}
}

/** Arrays want a column. */
function settle(node: WireNode): WireNode {
	if (node.kind === 'array' && node.item.kind === 'number') return { ...node, item: { ...node.item, meaning: integerMeaning(node.item.number) } };
	if (node.kind === 'struct' || node.kind === 'group') return { ...node, nodes: node.nodes.map(settle) };
	return node;
}

/** Names within structs and groups were prefixed; so must be what refers to them. */
function refer(nodes: readonly WireNode[], known: ReadonlySet<string>, prefix: string): WireNode[] {
	const here = new Set([...known, ...nodes.map(({ name }) => name)]);
	const real = (name: string): string => (nodes.some((node) => node.name === `${prefix}${name}`) ? `${prefix}${name}` : name);
	return nodes.map((node): WireNode => {
		const when = node.when === null ? null : { ...node.when, map: real(node.when.map) };
		if (node.kind === 'number' && typeof node.meaning.exponent === 'string') return { ...node, when, meaning: { ...node.meaning, exponent: real(node.meaning.exponent) } };
		if (node.kind === 'struct' || node.kind === 'group') return { ...node, when, nodes: refer(node.nodes, here, `${node.name}_`) };
		return { ...node, when };
	});
}

export function makeFormat(random: Random): WireFormat {
	const hasType = random.chance(0.8);
	const messages = 1 + (hasType ? random.below(3) : 0);
	let size = 0;
	const place = (bytes: number): Place => {
		const made: Place = { ...integer(random, bytes, false), offset: size };
		size += bytes;
		return made;
	};
	const constants = random.chance(0.2) ? [{ place: place(2), value: '513' }] : [];
	const length = random.chance(0.3) ? place(2) : null;
	const type = hasType ? place(random.pick([1, 2])) : null;
	const blockLength = random.chance(0.4) ? place(2) : null;
	const version = random.chance(0.4) ? place(1) : null;
	return {
		name: 'random',
		version: VERSION,
		trailing: random.pick(['reject', 'skip']),
		header: { size, type, length, lengthExcludes: random.below(3), blockLength, version, constants },
		messages: Array.from({ length: messages }, (_, index) => {
			const making: Making = { random, versions: version !== null, exponents: [], maps: [], counter: { next: 0 } };
			const column: WireNode = { name: 'row', since: 0, when: null, kind: 'number', number: { kind: 'integer', bytes: 2, endian: 'big', signed: false }, meaning: { ...NONE, type: { kind: 'integer', bits: 32, signed: false } } };
			const made = makeNodes(making, 0).map(settle);
			// What refers to a number that was left out goes, too.
			return { name: `m${index}`, role: random.chance(0.1) ? 'control' : 'table', type: type === null ? null : String(60 + index * 3), literal: type === null ? null : 60 + index * 3, nodes: [column, ...refer(made, new Set(), '')] };
		}),
	};
}

// Rows

export interface Made {
	/** What is written. */
	readonly row: EncodedRow;
	/** What is read: without what has no column, null where it is not there. */
	readonly expected: Record<string, unknown>;
}

/** @param version that the message is written with */
export function makeRow(random: Random, nodes: readonly WireNode[], version: number, exponents: Record<string, bigint> = {}): Made {
	const row: Record<string, EncodedValue> = {};
	const expected: Record<string, unknown> = {};
	const carried = { ...exponents };
	for (const node of nodes) {
		const isLeftOut = node.since > version || (node.when !== null && random.chance(0.4));
		const made = makeValue(random, node, version, carried);
		const value = isLeftOut ? null : made.value;
		const seen = isLeftOut || (node.when !== null && value === null) ? null : made.seen;
		if (value !== undefined) row[node.name] = value;
		if (made.seen !== undefined) expected[node.name] = seen;
	}
	return { row, expected };
}

/** `seen` is undefined where there is no column. */
function makeValue(random: Random, node: WireNode, version: number, exponents: Record<string, bigint>): { value: EncodedValue; seen: unknown } {
	switch (node.kind) {
		case 'number': {
			const made = makeNumber(random, node.meaning, node.number, exponents);
			if (typeof made.raw === 'bigint') exponents[node.name] = made.raw;
			return made;
		}
		case 'bits': {
			const parts = Object.fromEntries(node.parts.map(({ name, width, meaning }) => [name, meaning.type?.kind === 'flag' ? random.chance(0.5) : random.below(2 ** width)]));
			return { value: parts, seen: parts };
		}
		case 'float': {
			const value = node.nullable && random.chance(0.3) ? null : random.pick([0, -0, 1.5, -2.25, 1e30, Number.POSITIVE_INFINITY, Math.fround(random.below(1e6) / 7)]);
			return { value, seen: node.bytes === 4 && value !== null ? Math.fround(value) : value };
		}
		case 'text': {
			if (node.type.kind === 'bytes') return alike(makeBytes(random, node.bytes));
			const value = makeText(random, node.bytes);
			return value === '' && node.nullable ? { value: null, seen: null } : { value, seen: value };
		}
		case 'data': {
			if (node.type?.kind === 'bytes') {
				const bytes = makeBytes(random, random.pick([0, 1, 12, 13, 40]));
				return bytes.length === 0 && node.nullable ? alike(null) : alike(bytes);
			}
			const value = makeText(random, random.pick([3, 12, 16, 30, 60]));
			if (node.type === null) return { value, seen: undefined };
			return value === '' && node.nullable ? { value: null, seen: null } : { value, seen: value };
		}
		case 'struct': {
			const made = makeRow(random, node.nodes, version, exponents);
			return { value: made.row, seen: Object.keys(made.expected).length === 0 ? undefined : made.expected };
		}
		case 'group': {
			const items = Array.from({ length: random.pick([0, 0, 1, 2, 3]) }, () => makeRow(random, node.nodes, version, exponents));
			return { value: items.map(({ row }) => row), seen: items.map(({ expected }) => expected) };
		}
		case 'array': {
			const items = Array.from({ length: node.count }, () => makeValue(random, node.item, version, exponents));
			return { value: items.map(({ value }) => value), seen: items.map(({ seen }) => seen) };
		}
		default:
			return { value: undefined, seen: undefined };
	}
}

const alike = (value: EncodedValue): { value: EncodedValue; seen: unknown } => ({ value, seen: value });
const makeBytes = (random: Random, count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.below(256));

function makeText(random: Random, most: number): string {
	let text = '';
	const alphabet = random.chance(0.2) ? 'aé€😀' : 'ABCDEFGH/.-_ 0123';
	const characters = [...alphabet];
	for (let left = random.below(most + 1); left > 0; left--) {
		const next = random.pick(characters);
		if (new TextEncoder().encode(text + next).length > most) break;
		text += next;
	}
	return text.replace(/ +$/, '');
}

function makeNumber(random: Random, meaning: Meaning, of: WireNumber, exponents: Record<string, bigint>): { value: EncodedValue; seen: unknown; raw?: bigint } {
	const { type, nullValue, constant } = meaning;
	const { least, most } = rangeOf(of);
	if (constant !== null) return { value: undefined, seen: undefined };
	if (type === null) {
		// Exponents are one signed byte; presence maps are computed.
		const isExponent = of.kind === 'integer' && of.bytes === 1 && of.signed;
		const value = isExponent ? BigInt(random.below(9) - 6) : undefined;
		return { value, seen: undefined, ...(value === undefined ? {} : { raw: value }) };
	}
	if (nullValue !== null && random.chance(0.2)) return { value: null, seen: null };
	const notNull = (value: bigint): bigint => (nullValue === value.toString() ? (value === least ? value + 1n : value - 1n) : value);
	switch (type.kind) {
		case 'integer': {
			const isExponent = of.kind === 'integer' && of.bytes === 1 && of.signed;
			const value = notNull(isExponent ? BigInt(random.below(9) - 6) : raw(random, of));
			const seen = type.bits === 64 ? value : Number(value);
			return { value: seen, seen, raw: value };
		}
		case 'decimal': {
			const power = (typeof meaning.exponent === 'number' ? BigInt(meaning.exponent) : (exponents[meaning.exponent] ?? 0n)) + BigInt(type.scale);
			const factor = 10n ** (power < 0n ? -power : power);
			let mantissa = raw(random, of) % 1_000_000n;
			if (power < 0n) mantissa -= mantissa % factor;
			const made = notNull(mantissa);
			if (made !== mantissa) mantissa = 0n;
			if (nullValue === mantissa.toString()) return { value: null, seen: null };
			const seen = power < 0n ? mantissa / factor : mantissa * factor;
			return { value: seen, seen };
		}
		case 'timestamp': {
			const unit = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n, rfc3339: 1n }[type.format];
			let count = notNull(raw(random, of));
			const limit = 4_000_000_000_000_000_000n / unit;
			if (count > limit || count < -limit) count %= limit;
			if (nullValue === count.toString()) return { value: null, seen: null };
			const seen = count * unit + BigInt(meaning.base);
			return { value: seen, seen };
		}
		case 'flag': {
			const seen = random.chance(0.5);
			const code = BigInt(meaning.codes.length === 0 ? (seen ? 1 : 0) : (meaning.codes[seen ? 1 : 0] as string));
			return nullValue === code.toString() ? { value: null, seen: null } : { value: seen, seen };
		}
		case 'enumeration': {
			const fitting = type.values.filter((_, index) => BigInt(meaning.codes[index] as string) <= most);
			const seen = type.unknown === 'intern' && random.chance(0.3) ? random.pick(['q', '~', '0']) : random.pick(fitting);
			return type.unknown === 'null' && random.chance(0.1) && nullValue !== null ? { value: null, seen: null } : { value: seen, seen };
		}
	}
}

/** A message that something has happened to: cut, lengthened, bits flipped, bytes overwritten with extremes. */
export function damage(random: Random, message: Uint8Array): Uint8Array {
	let damaged = message.slice();
	for (let times = 1 + random.below(3); times > 0; times--) {
		switch (random.below(6)) {
			case 0:
				damaged = damaged.slice(0, random.below(damaged.length + 1));
				break;
			case 1: {
				const longer = new Uint8Array(damaged.length + 1 + random.below(20));
				longer.set(damaged);
				damaged = longer;
				break;
			}
			case 2:
				if (damaged.length > 0) {
					const at = random.below(damaged.length);
					damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
				}
				break;
			case 3: {
				// A forged length or count.
				const at = random.below(damaged.length + 1);
				damaged.fill(random.pick([0, 0xff, 0x7f, 0x80]), at, at + random.pick([1, 2, 4, 8]));
				break;
			}
			case 4: {
				const at = random.below(damaged.length + 1);
				damaged.fill(random.below(256), at, at + 1);
				break;
			}
			default: {
				const at = random.below(damaged.length + 1);
				const rest = damaged.slice(at + random.below(4));
				damaged = Uint8Array.from([...damaged.subarray(0, at), ...rest]);
			}
		}
	}
	return damaged;
}
