/**
 * What is learned of a message: its tokens, in the order of its bytes. Text between values stays as it is; values are
 * told by their kind, not by their width. What follows from a message's shape alone (columns that are null, values that
 * must not vary) are its marks.
 */
import type { Column, ListColumn, ScalarColumn } from '../../../compiler/batch-layout.ts';
import type { ScalarType } from '../../../schema/model.ts';
import type { ListPlan, ScalarPlan, TemplatePlan } from '../../rows/plan.ts';

export interface TextToken {
	readonly kind: 'text';
	readonly bytes: Uint8Array;
}
/** Digits with or without sign and point. `type` null: any number will do. `column` null: nothing is stored. */
export interface NumberToken {
	readonly kind: 'number';
	readonly type: ScalarType | null;
	readonly column: ScalarColumn | null;
	readonly negative: boolean;
	/** Digits before the point, and after it; -1 without a point. */
	readonly whole: number;
	readonly fraction: number;
	/** Those before the point. */
	readonly digits: string;
}
/** A string up to the closing quote: a name of a symbol table, and a constant suffix. */
export interface NameToken {
	readonly kind: 'name';
	readonly column: ScalarColumn;
	readonly suffix: Uint8Array;
	/** With the suffix. */
	readonly length: number;
}
/** A plain string up to the closing quote. `column` null: it is only checked. */
export interface StringToken {
	readonly kind: 'string';
	readonly column: ScalarColumn | null;
	readonly suffix: Uint8Array;
	readonly length: number;
}
/** `true` or `false`. */
export interface FlagToken {
	readonly kind: 'flag';
	readonly column: ScalarColumn | null;
}
/** An RFC 3339 date and time up to the seconds' fraction, whose digits are counted: -1 without a point. What follows is text. */
export interface ClockToken {
	readonly kind: 'clock';
	readonly column: ScalarColumn | null;
	readonly fraction: number;
	/** Bytes of the zone, which is UTC's and the next text's. */
	readonly zone: number;
}
/** A scalar in a spelling that is read by its strict function where it stands. */
export interface StrictToken {
	readonly kind: 'strict';
	readonly plan: ScalarPlan | TemplatePlan;
}
/** Any value, which nothing takes. */
export interface SkipToken {
	readonly kind: 'skip';
}
/** Items up to the closing bracket, which is the next text's. */
export interface ListToken {
	readonly kind: 'list';
	readonly plan: ListPlan & { readonly column: ListColumn };
	readonly items: readonly LearnedSequence[];
}
export type Token = TextToken | NumberToken | NameToken | StringToken | FlagToken | ClockToken | StrictToken | SkipToken | ListToken;

/** `null`: the column and all under it. `valid`: a struct that is there. `constant`: a value that is the same in each message of the shape. */
export type Mark = { readonly kind: 'null' | 'valid'; readonly column: Column } | { readonly kind: 'constant'; readonly column: ScalarColumn; readonly value: bigint | number };

/** A message or a list's item. */
export interface LearnedSequence {
	readonly tokens: readonly Token[];
	readonly marks: readonly Mark[];
	/** Of the sample. */
	readonly length: number;
	/** The last byte is the first of its kind in the sample. */
	readonly closed: boolean;
}

const columnKey = (column: Column | null): string => (column === null ? '-' : column.kind === 'struct' ? `struct ${column.space} ${column.validity} ${column.name}` : String(column.values));
export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Sequences with the same key are taken by the same code. */
export function shapeKey({ tokens, marks }: LearnedSequence, variant: number): string {
	const tokenKey = (token: Token): string => {
		switch (token.kind) {
			case 'text':
				return `text ${latin1(token.bytes)}`;
			case 'name':
			case 'string':
				return `${token.kind} ${columnKey(token.column)} ${latin1(token.suffix)}`;
			case 'number':
				return `number ${columnKey(token.column)} ${token.column === null ? JSON.stringify(token.type) : ''}`;
			case 'flag':
				return `flag ${columnKey(token.column)}`;
			case 'clock':
				return `clock ${columnKey(token.column)}`;
			case 'strict':
			case 'list':
				return `${token.kind} ${token.plan.path}`;
			case 'skip':
				return 'skip';
		}
	};
	const markKey = (mark: Mark): string => `${mark.kind} ${columnKey(mark.column)} ${mark.kind === 'constant' ? mark.value : ''}`;
	return JSON.stringify([variant, ...tokens.map(tokenKey), ...marks.map(markKey)]);
}
