/** What a preset is: a venue's feed, described. docs/exchanges.md says what it takes to add one. */
import type { Schema } from '../schema/index.ts';

/**
 * Digits after the point of prices and of sizes. A 64-bit decimal holds about 9.2 × 10^18 / 10^scale, so instruments
 * with huge sizes want a smaller scale, and those with tiny prices a larger one. What does not fit refuses the message.
 */
export interface Scales {
	readonly price?: number;
	readonly size?: number;
}

export interface ExchangePreset<Name extends string = string, S extends Schema = Schema> {
	/** The key in {@link exchanges}, and the schema's name. */
	readonly name: Name;
	/** The venue, for people. */
	readonly title: string;
	/** Where to connect. */
	readonly url: string;
	/** The venue's own description of the feed. */
	readonly documentation: string;
	/** Of each message's payload, to be undone before parsing. */
	readonly compression: 'none' | 'gzip';
	/** Ready to use, with the scales that fit most of the venue's instruments. */
	readonly schema: S;
	/** The same with other scales. */
	readonly withScales: (scales: Scales) => S;
	/** What to know before using the tables. */
	readonly notes: readonly string[];
}

/** A preset from its description and the function that makes its schema. */
export function preset<const Name extends string, S extends Schema>(description: Omit<ExchangePreset<Name, S>, 'schema' | 'withScales' | 'compression'> & { readonly compression?: 'gzip' }, makeSchema: (scales: Scales) => S): ExchangePreset<Name, S> {
	return { ...description, compression: description.compression ?? 'none', schema: makeSchema({}), withScales: makeSchema };
}
