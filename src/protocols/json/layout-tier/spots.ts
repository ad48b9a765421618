/**
 * What a layout knows of a message: where each value stands and how it is taken from there. A message is cut into parts
 * at its lists: a part is text of a fixed length, a list's items follow it, and the next part begins at the closing bracket.
 */
import type { Column, ListColumn, ScalarColumn } from '../../../compiler/batch-layout.ts';
import type { ListPlan, ScalarPlan, TemplatePlan } from '../../rows/plan.ts';

/**
 * How digits become an integer; windows are 8 or 16 bytes that the conversion loads.
 * - `low`: the last 8 digits; those before are constants of the layout, in `base`.
 * - `full`: the last 16.
 * - `split`: 8 digits before the point's place and up to 8 after it, from two windows of 8.
 * - `clock`: minutes, seconds and fraction of an RFC 3339 time; date, hour and zone are constants, in `base`.
 */
export type NumberForm = 'low' | 'full' | 'split' | 'clock';

export interface NumberSpot {
	readonly kind: 'number';
	readonly column: ScalarColumn;
	readonly form: NumberForm;
	/** Where the (first) window begins, from the part's start; may be negative (bytes before it are masked). */
	readonly window: number;
	/** 0x0F where a digit counts, else 0: 8 bytes for `low`, else 16, in the order after the windows are joined. */
	readonly mask: readonly number[];
	/** What the constant digits amount to, in the column's unit, without sign. */
	readonly base: bigint;
	readonly negative: boolean;
	/** Digits after the point as written. */
	readonly textScale: number;
}
export interface SymbolSpot {
	readonly kind: 'symbol';
	readonly column: ScalarColumn;
	readonly start: number;
	readonly length: number;
}
/** `short`: at most 12 bytes, so the view holds them. */
export interface TextSpot {
	readonly kind: 'text';
	readonly column: ScalarColumn;
	readonly start: number;
	readonly length: number;
	readonly short: boolean;
}
/** A string that no column takes: checked to be plain up to its closing quote. `short`: at most 15 bytes. */
export interface CheckSpot {
	readonly kind: 'check';
	readonly start: number;
	readonly length: number;
	readonly short: boolean;
}
/** A value that is a constant of the layout: an enumeration's id, a flag. */
export interface ConstantSpot {
	readonly kind: 'constant';
	readonly column: ScalarColumn;
	readonly value: number;
}
/** A scalar that is spelled in a way no conversion here takes: the strict function of its plan reads it where it stands. */
export interface StrictSpot {
	readonly kind: 'strict';
	readonly plan: ScalarPlan | TemplatePlan;
	readonly start: number;
	readonly length: number;
}
/** A column that becomes null, with all that lies under it. */
export interface NullSpot {
	readonly kind: 'null';
	readonly column: Column;
}
/** A struct that is there, so its validity bit is set. */
export interface ValidSpot {
	readonly kind: 'valid';
	readonly column: Column;
}
export type Spot = NumberSpot | SymbolSpot | TextSpot | CheckSpot | ConstantSpot | StrictSpot | NullSpot | ValidSpot;

/** A part with the bounds of each of its bytes: a byte b passes where `(b - template) mod 256 <= limit`. */
export interface LearnedPart {
	readonly template: Uint8Array;
	readonly limits: Uint8Array;
	/** The part of the sample itself. */
	readonly sample: Uint8Array;
	readonly spots: readonly Spot[];
	/** The list whose items follow, and those of the sample; null where the message or item ends. */
	readonly list: LearnedList | null;
}
export interface LearnedList {
	readonly plan: ListPlan & { readonly column: ListColumn };
	readonly items: readonly LearnedSequence[];
}
/** A message or a list's item. */
export interface LearnedSequence {
	readonly parts: readonly LearnedPart[];
}

/** Two parts with the same key are converted by the same code. */
export function shapeKey(part: LearnedPart, variant: number): string {
	const spotKey = (spot: Spot): string => {
		switch (spot.kind) {
			case 'number':
				return `${spot.form} ${spot.column.values}`;
			case 'symbol':
			case 'constant':
				return `${spot.kind} ${spot.column.values}`;
			case 'text':
				return `${spot.short ? 'short ' : ''}text ${spot.column.values}`;
			case 'check':
				return spot.short ? 'short check' : 'check';
			case 'strict':
				return `strict ${spot.plan.path}`;
			case 'null':
			case 'valid':
				return `${spot.kind} ${spot.column.kind} ${spot.column.kind === 'struct' ? `${spot.column.space} ${spot.column.validity}` : spot.column.values}`;
		}
	};
	return [variant, Math.ceil(part.template.length / 64), part.list === null ? 'end' : `list ${part.list.plan.column.values}`, ...part.spots.map(spotKey)].join('; ');
}
