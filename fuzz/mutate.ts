/** Inputs from inputs: a few edits, each drawn by chance. */
import type { Random } from '../src/simulate/random.ts';
import { type Input, type Parts, sizeOf } from './input.ts';

export interface MutatorOptions {
	readonly words: readonly Uint8Array[];
	readonly parts: Parts;
	/** Bytes of an input at most. */
	readonly longest: number;
}

/** An input like `input`; `other` lends bytes and parts. */
export type Mutate = (input: Input, other: Input) => Input;

const encoder = new TextEncoder();
/** Where integers of each width, limits and formats end. */
const INTEGERS: readonly bigint[] = [0n, 1n, 2n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n, 100n, 127n, 128n, 255n, 256n, 1000n, 1024n, 4096n, 32767n, 32768n, 65535n, 65536n, 2n ** 24n - 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
const NUMBERS = [
	'0',
	'-0',
	'1',
	'-1',
	'00',
	'1.',
	'.5',
	'1e1',
	'1E+400',
	'1e-400',
	'0.1',
	'0.30000000000000004',
	'4.35',
	'9007199254740993',
	'9223372036854775807',
	'9223372036854775808',
	'-9223372036854775808',
	'-9223372036854775809',
	'18446744073709551615',
	'18446744073709551616',
	'2147483648',
	'4294967296',
	'123456789012345678901234567890',
	'0.000000000000000000000000000001',
	'1.7976931348623157e308',
	'4.9e-324',
	'2.2250738585072011e-308',
	'99999999.99999999',
	'1717200000.123456789',
	'253402300800',
].map((text) => encoder.encode(text));
/** Heads of varints, lengths that never end, marks that other formats begin with. */
const USUAL_WORDS: readonly Uint8Array[] = [
	Uint8Array.of(0),
	Uint8Array.of(0xff),
	new Uint8Array(4),
	new Uint8Array(8),
	new Uint8Array(4).fill(0xff),
	new Uint8Array(8).fill(0xff),
	Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
	Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
	Uint8Array.of(0xef, 0xbb, 0xbf),
	Uint8Array.of(0xed, 0xa0, 0x80),
	Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
	Uint8Array.of(0xc0, 0x80),
];
const EDITS = [1, 1, 1, 2, 2, 3, 4, 6, 10, 16] as const;

export function createMutator(random: Random, { words, parts, longest }: MutatorOptions): Mutate {
	const { below, pick, chance } = random;
	const place = (bytes: Uint8Array): number => below(Math.max(1, bytes.length));
	/** Short ones mostly. */
	const extent = (most: number): number => 1 + below(Math.max(1, Math.min(most, pick([1, 2, 4, 8, 16, 64, 256, 4096]))));
	const replaced = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array => {
		const result = new Uint8Array(from + by.length + bytes.length - to);
		result.set(bytes.subarray(0, from));
		result.set(by, from);
		result.set(bytes.subarray(to), from + by.length);
		return result;
	};
	const changed = (bytes: Uint8Array, change: (copy: Uint8Array, view: DataView) => void): Uint8Array => {
		const copy = bytes.slice();
		if (copy.length > 0) change(copy, new DataView(copy.buffer));
		return copy;
	};
	const putInteger = (view: DataView, at: number, width: number, value: bigint, little: boolean): void => {
		for (let index = 0; index < width; index++) view.setUint8(little ? at + index : at + width - 1 - index, Number((value >> BigInt(index * 8)) & 0xffn));
	};
	const readInteger = (view: DataView, at: number, width: number, little: boolean): bigint => {
		let value = 0n;
		for (let index = 0; index < width; index++) value |= BigInt(view.getUint8(little ? at + index : at + width - 1 - index)) << BigInt(index * 8);
		return value;
	};
	const widthFor = (bytes: Uint8Array): number => pick([1, 2, 4, 8].filter((width) => width <= bytes.length));
	const word = (): Uint8Array => (words.length > 0 && chance(0.8) ? pick(words) : pick(USUAL_WORDS));

	/** A number that could be a length (what follows is at least as long) becomes one that is not. */
	const forgeLength = (bytes: Uint8Array): Uint8Array =>
		changed(bytes, (copy, view) => {
			const width = widthFor(copy);
			const little = chance(0.5);
			let at = below(copy.length - width + 1);
			for (let attempt = 0; attempt < 16; attempt++) {
				const candidate = below(copy.length - width + 1);
				const value = readInteger(view, candidate, width, little);
				if (value === 0n || value > BigInt(copy.length - candidate)) continue;
				at = candidate;
				break;
			}
			const value = readInteger(view, at, width, little);
			const rest = BigInt(copy.length - at - width);
			const all = 2n ** BigInt(width * 8) - 1n;
			putInteger(view, at, width, pick([value + 1n, value - 1n, value * 2n, 0n, rest, rest + 1n, rest - 1n, all, all - 1n, all >> 1n, (all >> 1n) + 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 31n]), little);
		});
	const changeNumber = (bytes: Uint8Array): Uint8Array => {
		const isNumeric = (byte: number | undefined): boolean => byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x65 || byte === 0x45);
		let from = place(bytes);
		while (from < bytes.length && !isNumeric(bytes[from])) from++;
		let to = from;
		while (to < bytes.length && isNumeric(bytes[to])) to++;
		return replaced(bytes, from, to, pick(NUMBERS));
	};
	const edits: readonly ((bytes: Uint8Array, other: Uint8Array) => Uint8Array)[] = [
		(bytes) => changed(bytes, (copy) => void (copy[place(copy)]! ^= 1 << below(8))),
		(bytes) => changed(bytes, (copy) => void (copy[place(copy)] = below(256))),
		(bytes) => changed(bytes, (copy) => void (copy[place(copy)]! += pick([1, -1, 2, -2, 16, -16, below(71) - 35]))),
		(bytes) =>
			changed(bytes, (copy, view) => {
				const width = widthFor(copy);
				putInteger(view, below(copy.length - width + 1), width, pick(INTEGERS) * (chance(0.2) ? -1n : 1n), chance(0.5));
			}),
		(bytes) =>
			changed(bytes, (copy, view) => {
				const width = widthFor(copy);
				const at = below(copy.length - width + 1);
				const little = chance(0.5);
				putInteger(view, at, width, readInteger(view, at, width, little) + BigInt(below(71) - 35), little);
			}),
		forgeLength,
		forgeLength,
		changeNumber,
		(bytes) => {
			const at = below(bytes.length + 1);
			return replaced(bytes, at, at, word());
		},
		(bytes) => {
			const by = word();
			const at = below(bytes.length + 1);
			return replaced(bytes, at, Math.min(bytes.length, at + by.length), by);
		},
		(bytes) => {
			const at = below(bytes.length + 1);
			const byte = below(256);
			return replaced(bytes, at, at, chance(0.5) ? new Uint8Array(extent(longest)).fill(byte) : Uint8Array.from({ length: extent(32) }, () => below(256)));
		},
		(bytes) => {
			const from = place(bytes);
			return replaced(bytes, from, Math.min(bytes.length, from + extent(bytes.length)), new Uint8Array(0));
		},
		// Cut, as a connection does.
		(bytes) => bytes.slice(0, below(bytes.length + 1)),
		(bytes) => {
			const from = place(bytes);
			const copy = bytes.slice(from, from + extent(bytes.length));
			const at = chance(0.5) ? from : below(bytes.length + 1);
			return replaced(bytes, at, at, copy);
		},
		(bytes) => changed(bytes, (copy) => void copy.copyWithin(place(copy), place(copy), place(copy))),
		(bytes) =>
			changed(bytes, (copy) => {
				const from = place(copy);
				copy.fill(below(256), from, from + extent(64));
			}),
		(bytes, other) => {
			const from = place(other);
			const lent = other.subarray(from, from + extent(other.length));
			const at = below(bytes.length + 1);
			return replaced(bytes, at, chance(0.5) ? at : Math.min(bytes.length, at + lent.length), lent);
		},
		// The start of one, the end of another.
		(bytes, other) => replaced(bytes, below(bytes.length + 1), bytes.length, other.subarray(place(other))),
	];
	const partEdits: readonly ((input: readonly Uint8Array[], other: Input) => readonly Uint8Array[])[] = [
		(input) => input.toSpliced(below(input.length + 1), 0, pick(input)),
		(input) => (input.length > 1 ? input.toSpliced(below(input.length), 1) : input),
		(input) => {
			const [one, two] = [below(input.length), below(input.length)];
			return input.with(one, input[two] as Uint8Array).with(two, input[one] as Uint8Array);
		},
		(input, other) => input.toSpliced(below(input.length + 1), 0, pick(other)),
		(input, other) => input.with(below(input.length), pick(other)),
	];

	const lenders = (other: Input): Input => (other.length === 0 ? [new Uint8Array(0)] : other);
	return (input, given) => {
		const other = lenders(given);
		let result: readonly Uint8Array[] = input.length === 0 ? [new Uint8Array(0)] : input;
		for (let left = pick(EDITS); left > 0; left--) {
			if (parts === 'many' && chance(0.12)) result = pick(partEdits)(result, other);
			else {
				const which = below(result.length);
				result = result.with(which, pick(edits)(result[which] as Uint8Array, pick(other)));
			}
		}
		while (sizeOf(result) > longest && result.length > 1) result = result.slice(0, -1);
		return sizeOf(result) > longest ? [(result[0] as Uint8Array).slice(0, longest)] : result;
	};
}
