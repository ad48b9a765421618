/** The shapes that were met, with the formats that their numbers had. */
import type { FixedFormat, LearnedTokens, Token } from './tokens.ts';
import { shapeKey } from './tokens.ts';

/** Shapes, each of which has a number of its own. */
export const MOST_SLOTS = 64;
/** Formats together that are told apart in a shape; more are counted as the last one. */
export const MOST_FORMATS = 64;
/** Where more than this share of a number's values have another format than most, it is taken in any format. */
const MOST_OTHERS = 0.03;
/** Formats that fewer than this share of a shape's messages have, and those beyond so many, are left to the schema tier. */
const LEAST_SHARE = 0.001;
const MOST_ALTERNATIVES = 8;

/** Messages of a shape whose numbers have the same formats. */
export interface Formats {
	readonly key: string;
	/** Of each scalar, in the tokens' order. */
	readonly formats: readonly FixedFormat[];
	met: number;
}

export interface Shape extends LearnedTokens {
	readonly key: string;
	readonly variant: number;
	/** Where its messages are counted. */
	readonly slot: number;
	readonly met: Formats[];
	/** Alternatives that it had at some time. */
	readonly offered: Set<string>;
}

/** What one piece of a shape's code expects: of each scalar its format; null: any. */
export interface Alternative {
	/** Which of the shape's formats that is. */
	readonly index: number;
	readonly formats: readonly (FixedFormat | null)[];
}

/** What a shape has code for, the most frequent first: numbers that vary often are taken in any format, other formats that are met now and then have code of their own. */
export function alternativesOf({ met }: Shape): Alternative[] {
	const total = met.reduce((sum, one) => sum + one.met, 0);
	const varies = (met[0]?.formats ?? []).map((_, index) => {
		const counts = new Map<FixedFormat, number>();
		for (const { formats, met: count } of met) counts.set(formats[index] as FixedFormat, (counts.get(formats[index] as FixedFormat) ?? 0) + count);
		const [most] = [...counts].sort(([, a], [, b]) => b - a);
		return most === undefined || most[0] === 'other' || total - most[1] > total * MOST_OTHERS;
	});
	const known = new Map<string, Alternative & { count: number }>();
	for (const [index, one] of met.entries()) {
		const formats = one.formats.map((format, at) => (varies[at] === true ? null : format));
		if (formats.includes('other')) continue;
		const key = formats.join();
		const same = known.get(key);
		if (same === undefined) known.set(key, { index, formats, count: one.met });
		else same.count += one.met;
	}
	return [...known.values()]
		.filter(({ count }) => count >= total * LEAST_SHARE)
		.sort((a, b) => b.count - a.count)
		.slice(0, MOST_ALTERNATIVES);
}

export interface Shapes {
	readonly all: readonly Shape[];
	/** Grows when code would be another one. */
	readonly version: number;
	/** The message's shape and formats, and whether they were new; null where there are too many shapes. */
	add(learned: LearnedTokens, variant: number, met: number): { readonly shape: Shape; readonly formats: Formats; readonly isNew: boolean } | null;
	/** Messages that code took since. */
	count(shape: Shape, formats: Formats, taken: number): void;
	drop(shapes: ReadonlySet<Shape>): void;
}

const formatsOf = (tokens: readonly Token[]): FixedFormat[] => tokens.flatMap((token) => (token.kind === 'scalar' ? [token.format] : []));

export function createShapes(mostShapes: () => number): Shapes {
	let version = 0;
	const all: Shape[] = [];
	const known = new Map<string, Shape>();
	/** Code that has become superfluous is no reason to make other code. */
	const choose = (shape: Shape): void => {
		for (const { formats } of alternativesOf(shape)) {
			const key = formats.join();
			if (shape.offered.has(key)) continue;
			shape.offered.add(key);
			version++;
		}
	};
	const freeSlot = (): number => {
		const taken = new Set(all.map(({ slot }) => slot));
		let slot = 0;
		while (taken.has(slot)) slot++;
		return slot;
	};
	return {
		all,
		get version() {
			return version;
		},
		add(learned, variant, met) {
			const key = shapeKey(learned, variant);
			let shape = known.get(key);
			if (shape === undefined) {
				if (all.length >= mostShapes()) return null;
				shape = { ...learned, key, variant, slot: freeSlot(), met: [], offered: new Set() };
				known.set(key, shape);
				all.push(shape);
			}
			const formats = formatsOf(learned.tokens);
			const formatsKey = formats.join();
			let own = shape.met.find((one) => one.key === formatsKey);
			const isNew = own === undefined && shape.met.length < MOST_FORMATS;
			if (isNew) {
				own = { key: formatsKey, formats, met: 0 };
				shape.met.push(own);
			}
			own ??= shape.met.at(-1) as Formats;
			own.met += met;
			choose(shape);
			return { shape, formats: own, isNew };
		},
		count(shape, formats, taken) {
			formats.met += taken;
			choose(shape);
		},
		drop(shapes) {
			for (const shape of shapes) {
				known.delete(shape.key);
				all.splice(all.indexOf(shape), 1);
			}
			version++;
		},
	};
}
