/**
 * From a message to its tokens: what of its bytes stays in messages like it, and where values stand. The message is one
 * that a parser has accepted; every message that the tokens' code takes would be accepted, with the same values.
 */
import { FORMAT, fixedLengthOf, kindOf, lengthBytesOf, TIMESTAMP_EXTENSION } from '../../../kernels/messagepack-format.ts';
import { positionsOf } from '../../../schema/discriminants.ts';
import { fixedPoint } from '../../rows/fixed-point.ts';
import type { FieldPlan, MessagePlan, ScalarPlan, TuplePlan, ValuePlan, VariantPlan } from '../../rows/plan.ts';
import { keepsKeys, NUMBER_BYTES, type NumberFormat } from '../generated/fast-path.ts';
import type { SchemaForm } from '../generated/spelling.ts';

/** Formats of values whose first byte says how long they are; `other`: one that has no code of its own. */
export type FixedFormat = NumberFormat | 'flag' | 'nil' | 'other';

export type Token =
	/** Heads, keys, literals: the same bytes in all messages. */
	| { readonly kind: 'constant'; readonly bytes: readonly number[] }
	/** A number, time, float or flag. Its format is a fact about the message, not part of its shape. */
	| { readonly kind: 'scalar'; readonly plan: ScalarPlan; readonly format: FixedFormat }
	/** A value of any length, taken as the schema tier takes it; its objects are written so. */
	| { readonly kind: 'value'; readonly plan: ValuePlan; readonly form: SchemaForm }
	/** A value that no column wants. */
	| { readonly kind: 'skip'; readonly depth: number };

export interface LearnedTokens {
	readonly tokens: readonly Token[];
	/** Fields that the message does not have. */
	readonly absent: readonly ValuePlan[];
	/** Objects and tuples that it has. */
	readonly present: readonly (MessagePlan | TuplePlan)[];
}

/** More would be code that hardly pays. */
const MOST_TOKENS = 512;

class NoLayout extends Error {}
const noLayout = new NoLayout('no layout');

function fail(): never {
	throw noLayout;
}

/**
 * Null where the message has no shape: keys twice, keys that are no text, objects that are nil.
 *
 * @param byPosition objects of the feed may be arrays
 */
export function learnTokens(message: Uint8Array, variant: VariantPlan, byPosition: boolean): LearnedTokens | null {
	try {
		return walk(message, variant, byPosition);
	} catch (error) {
		if (error === noLayout || error instanceof RangeError) return null;
		throw error;
	}
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

function walk(message: Uint8Array, variant: VariantPlan, byPosition: boolean): LearnedTokens {
	const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
	const tokens: Token[] = [];
	const absent: ValuePlan[] = [];
	const present: (MessagePlan | TuplePlan)[] = [];
	let p = 0;
	const constant = (to: number): void => {
		const last = tokens.at(-1);
		const bytes = [...message.subarray(p, to)];
		if (last?.kind === 'constant') tokens[tokens.length - 1] = { kind: 'constant', bytes: [...last.bytes, ...bytes] };
		else tokens.push({ kind: 'constant', bytes });
		p = to;
	};
	/** Where the head of the value at a place ends, and what it says. */
	const headOf = (at: number): { kind: ReturnType<typeof kindOf>; length: number; end: number } => {
		const byte = view.getUint8(at);
		const bytes = lengthBytesOf(byte);
		const length = bytes === 0 ? fixedLengthOf(byte) : bytes === 1 ? view.getUint8(at + 1) : bytes === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
		return { kind: kindOf(byte), length, end: at + 1 + bytes };
	};
	/** The first byte behind a whole value. */
	const behind = (at: number): number => {
		let left = 1;
		let end = at;
		while (left > 0) {
			const head = headOf(end);
			left--;
			end = head.end;
			if (head.kind === 'map') left += head.length * 2;
			else if (head.kind === 'array') left += head.length;
			else end += head.length + (head.kind === 'extension' ? 1 : 0);
			if (end > message.length) fail();
		}
		return end;
	};
	const formatOf = ({ type }: ScalarPlan): FixedFormat => {
		const byte = view.getUint8(p);
		if (byte === FORMAT.nil) return 'nil';
		if (type.kind === 'flag') return byte === FORMAT.true || byte === FORMAT.false ? 'flag' : 'other';
		if (byte < FORMAT.fixmap) return type.kind === 'float' ? 'other' : 'fixint';
		const format = (Object.keys(NUMBER_BYTES) as NumberFormat[]).find((name) => name !== 'fixint' && FORMAT[name] === byte) ?? 'other';
		if (type.kind === 'float') return format === 'float64' ? format : 'other';
		return format === 'fixext8' && (type.kind !== 'timestamp' || view.getInt8(p + 1) !== TIMESTAMP_EXTENSION) ? 'other' : format;
	};
	const isFixed = ({ type, column }: ScalarPlan): boolean => column !== null && (type.kind === 'flag' || type.kind === 'float' || (fixedPoint(type) !== null && !(type.kind === 'timestamp' && type.format === 'rfc3339')));
	const skip = (depth: number): void => {
		tokens.push({ kind: 'skip', depth });
		p = behind(p);
	};
	const missing = (fields: readonly FieldPlan[]): void => {
		for (const { value } of fields) if (value.kind !== 'absent' && value.kind !== 'literal') absent.push(value);
	};
	const elements = (fields: readonly FieldPlan[]): void => {
		const { length, end } = headOf(p);
		if (length > fields.length) fail();
		constant(end);
		for (const field of fields.slice(0, length)) value(field.value);
		missing(fields.slice(length));
	};
	const members = (plan: MessagePlan): void => {
		const { length, end } = headOf(p);
		constant(end);
		const seen = new Set<FieldPlan>();
		for (let count = 0; count < length; count++) {
			const key = headOf(p);
			if (key.kind !== 'string') fail();
			const name = decoder.decode(message.subarray(key.end, key.end + key.length));
			constant(key.end + key.length);
			const field = plan.fields.find((candidate) => candidate.field.keys.includes(name));
			if (field === undefined) {
				// What is kept of them is for the other tiers.
				if (plan.type.unknownKeys !== 'skip') fail();
				skip(plan.depth + 1);
				continue;
			}
			if (seen.has(field)) fail();
			seen.add(field);
			value(field.value);
		}
		missing(plan.fields.filter((field) => !seen.has(field)));
	};
	const value = (plan: ValuePlan): void => {
		if (tokens.length > MOST_TOKENS) fail();
		const { kind } = headOf(p);
		switch (plan.kind) {
			case 'message':
			case 'tuple': {
				if (kind !== 'array' && (kind !== 'map' || plan.kind === 'tuple')) fail();
				present.push(plan);
				if (kind === 'map') members(plan as MessagePlan);
				else if (plan.kind === 'tuple') elements(plan.fields);
				else {
					const positions = positionsOf(plan.type);
					elements(plan.fields.filter((_, index) => (positions[index] as number) >= 0));
				}
				return;
			}
			case 'literal':
				constant(behind(p));
				return;
			case 'absent':
				fail();
				break;
			case 'skip':
				skip(plan.depth);
				return;
			case 'scalar':
				if (isFixed(plan)) {
					tokens.push({ kind: 'scalar', plan, format: formatOf(plan) });
					p = behind(p);
					return;
				}
				break;
			case 'list': {
				const head = headOf(p);
				if (head.kind !== 'array' || keepsKeys(plan)) fail();
				const isArray = byPosition && plan.item.kind === 'message' && head.length > 0 && headOf(head.end).kind === 'array';
				tokens.push({ kind: 'value', plan, form: isArray ? 'array' : 'map' });
				p = behind(p);
				return;
			}
		}
		tokens.push({ kind: 'value', plan, form: 'map' });
		p = behind(p);
	};
	value(variant.top);
	if (p !== message.length || tokens.length > MOST_TOKENS) fail();
	return { tokens, absent, present };
}

/** The same for messages that the same code can take. */
export function shapeKey({ tokens }: LearnedTokens, variant: number): string {
	const keyOf = (token: Token): string => {
		switch (token.kind) {
			case 'constant':
				return `=${token.bytes.join()}`;
			case 'scalar':
				return `#${token.plan.path}`;
			case 'value':
				return `*${token.form} ${token.plan.path}`;
			case 'skip':
				return `-${token.depth}`;
		}
	};
	return `${variant} ${tokens.map(keyOf).join(' ')}`;
}
