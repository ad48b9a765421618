/** A profile for people: which shapes a feed has, and which of their fields are hot. */
import { type LayoutProfile, outline, type ProfileMessage } from '../compiler/layout-profile.ts';

export interface ProfileView {
	readonly schema: LayoutProfile['schema'];
	readonly variants: readonly VariantView[];
}

export interface VariantView {
	readonly variant: string;
	readonly layouts: number;
	/** Messages that were looked at for it. */
	readonly met: number;
	/** The most met first. */
	readonly shapes: readonly ShapeView[];
	/** In the order in which they were met. */
	readonly fields: readonly FieldView[];
}

/** Messages with the same values in the same order; lists may have any number of items. */
export interface ShapeView {
	readonly fields: readonly string[];
	readonly layouts: number;
	readonly met: number;
	/** A message's outline, digits as `#`. */
	readonly example: string;
}

export interface FieldView {
	/** Keys joined with points; `[]` for a list's items, numbers for places in a tuple. */
	readonly path: string;
	/** Share of the messages looked at that have it. */
	readonly present: number;
	/** Bytes as written, quotes included. */
	readonly narrowest: number;
	readonly widest: number;
	/** Different texts, up to MOST_VALUES. */
	readonly values: number;
	/** Whether it differs from message to message: what is not hot costs a comparison and no conversion. */
	readonly isHot: boolean;
	/** What it always is, where it is not hot. */
	readonly constant: string | null;
}

const MOST_VALUES = 1000;

/** A number, string or word as it is written. */
class Leaf {
	readonly source: string;
	constructor(source: string) {
		this.source = source;
	}
}

interface Field {
	met: number;
	narrowest: number;
	widest: number;
	readonly values: Set<string>;
}

export function viewProfile(profile: LayoutProfile): ProfileView {
	const variants = new Map<string, ProfileMessage[]>();
	for (const message of profile.messages) {
		const own = variants.get(message.variant);
		if (own === undefined) variants.set(message.variant, [message]);
		else own.push(message);
	}
	return { schema: profile.schema, variants: [...variants].map(([variant, messages]) => viewVariant(variant, messages)) };
}

function viewVariant(variant: string, messages: readonly ProfileMessage[]): VariantView {
	const fields = new Map<string, Field>();
	const shapes = new Map<string, { readonly fields: readonly string[]; readonly layouts: Set<string>; met: number; readonly example: string }>();
	const layouts = new Set<string>();
	let all = 0;
	for (const { text, met } of messages) {
		all += met;
		const seen = new Set<string>();
		for (const [path, source] of leavesOf(text)) {
			const field = fields.get(path) ?? { met: 0, narrowest: source.length, widest: source.length, values: new Set<string>() };
			fields.set(path, field);
			if (!seen.has(path)) field.met += met;
			seen.add(path);
			field.narrowest = Math.min(field.narrowest, source.length);
			field.widest = Math.max(field.widest, source.length);
			if (field.values.size < MOST_VALUES) field.values.add(source);
		}
		const shown = outline(text);
		layouts.add(shown);
		const key = [...seen].join(' ');
		const shape = shapes.get(key) ?? { fields: [...seen], layouts: new Set<string>(), met: 0, example: shown };
		shapes.set(key, shape);
		shape.layouts.add(shown);
		shape.met += met;
	}
	return {
		variant,
		layouts: layouts.size,
		met: all,
		shapes: [...shapes.values()].sort((a, b) => b.met - a.met).map(({ layouts, ...shape }) => ({ ...shape, layouts: layouts.size })),
		fields: [...fields].map(([path, { met, narrowest, widest, values }]) => ({ path, present: met / all, narrowest, widest, values: values.size, isHot: values.size > 1, constant: values.size === 1 ? ([...values][0] as string) : null })),
	};
}

/** Path and text of each value, in the order of the message. A text that is no JSON has none. */
function leavesOf(text: string): (readonly [string, string])[] {
	const leaves: (readonly [string, string])[] = [];
	const walk = (value: unknown, path: string): void => {
		if (value instanceof Leaf) leaves.push([path, value.source]);
		else if (Array.isArray(value)) {
			// Items that are all of a kind are a list, else the places of a tuple.
			const isList = value.length === 0 || value.every((item) => !(item instanceof Leaf));
			value.forEach((item, index) => {
				walk(item, isList ? `${path}[]` : `${path}.${index}`);
			});
		} else if (typeof value === 'object' && value !== null) for (const [key, item] of Object.entries(value)) walk(item, path === '' ? key : `${path}.${key}`);
	};
	try {
		// What the engine gives beside the value is in no type yet; without it a number is written as JavaScript does.
		walk(
			JSON.parse(text, function (this: unknown, _: string, value: unknown, context?: { readonly source?: string }) {
				return typeof value === 'object' && value !== null ? value : new Leaf(context?.source ?? JSON.stringify(value));
			} as (key: string, value: unknown) => unknown),
			'',
		);
	} catch {
		return [];
	}
	return leaves;
}
