/**
 * From a message to its tokens. The message is one that a parser has accepted; what is asked here is which of its bytes
 * stay and which values may vary, such that every message that the tokens' code takes would be accepted with the values
 * that this code gives. Where that cannot be promised (escapes in keys, repeated keys), the message has no shape.
 */
import type { Column, ListColumn, ScalarColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import { type Discriminant, discriminantsOf, exclude, type Step } from '../../../schema/discriminants.ts';
import type { ScalarType, Schema } from '../../../schema/model.ts';
import type { FieldPlan, ListPlan, MessagePlan, ScalarPlan, TemplatePlan, TuplePlan, ValuePlan, VariantPlan } from '../../rows/plan.ts';
import { parseDecimal, toFixedPoint } from '../../rows/reference/numbers.ts';
import { clockLength, MOST_FRACTION } from './clock.ts';
import { canTake, numberRules } from './number-modes.ts';
import type { LearnedSequence, Mark, NumberToken, Token } from './tokens.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Of a list's items, the first so many; what others have of their own is met as unknown. */
const ITEMS_LOOKED_AT = 16;
/** Tokens of a message without its items. */
const MOST_TOKENS = 512;

/** Id of a name in one of the schema's symbol tables, -1 where it is not there. */
export type ResolveSymbol = (table: number, name: string) => number;

class NoLayout extends Error {}
const noLayout = new NoLayout('no layout');

function fail(): never {
	throw noLayout;
}

const decoder = new TextDecoder();

/**
 * The constraints of earlier variants that a message of each variant might meet: a layout must not let one through that
 * selection gives to an earlier variant, so what stands at their places does not vary in it.
 */
export function rivalConstraints(schema: Schema): readonly (readonly Discriminant[])[] {
	const own = schema.variants.map((variant) => discriminantsOf(variant));
	return own.map((mine, index) => own.slice(0, index).flatMap((earlier) => (exclude(mine, earlier) ? [] : earlier)));
}

export interface LearnedMessage {
	readonly sequence: LearnedSequence;
	/** The message without the items that were not looked at: another message of the same schema that teaches the same. */
	readonly message: Uint8Array;
}

/**
 * Null where the message has no shape. Of long lists a few items are looked at, and the one that begins at `item`.
 *
 * @param rivals `rivalConstraints` of its variant
 */
export function learnMessage(message: Uint8Array, variant: VariantPlan, rivals: readonly Discriminant[], resolve: ResolveSymbol, item = -1): LearnedMessage | null {
	const walk = createWalk(message, rivals, resolve, item);
	try {
		const sequence = walk.sequence(() => {
			walk.space();
			walk.value(variant.top);
			walk.space();
			if (walk.at() !== message.length) fail();
		});
		return { sequence, message: walk.kept() };
	} catch (error) {
		if (error === noLayout) return null;
		throw error;
	}
}

function createWalk(bytes: Uint8Array, rivals: readonly Discriminant[], resolve: ResolveSymbol, chosen: number) {
	let p = 0;
	/** Bytes up to here are in tokens. */
	let taken = 0;
	let tokens: Token[] = [];
	let marks: Mark[] = [];
	/** Items that were not looked at, each with the comma before it. */
	const left: { readonly from: number; readonly to: number }[] = [];
	/** Keys and positions from the message's top to the value at p. */
	const path: (string | number)[] = [];
	const leadsHere = ({ path: steps }: Discriminant): boolean =>
		steps.length >= path.length &&
		path.every((at, index) => {
			const step = steps[index] as Step;
			return 'index' in step ? step.index === at : step.keys.includes(at as string);
		});

	const byte = (): number => bytes[p] ?? fail();
	const expect = (code: number): void => {
		if (byte() !== code) fail();
		p++;
	};
	const space = (): void => {
		while (p < bytes.length && (bytes[p] === 0x20 || bytes[p] === 0x0a || bytes[p] === 0x0d || bytes[p] === 0x09)) p++;
	};
	const isDigit = (at: number): boolean => (bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= 0x39;
	const text = (from: number, to: number): string => decoder.decode(bytes.subarray(from, to));
	/** What lies before `to` is text, unless a token has it. */
	const textTo = (to: number): void => {
		if (to > taken) tokens.push({ kind: 'text', bytes: bytes.slice(taken, to) });
		taken = to;
	};
	const push = (from: number, to: number, token: Token): void => {
		textTo(from);
		tokens.push(token);
		taken = to;
	};
	const sequence = (body: () => void): LearnedSequence => {
		const outer = { tokens, marks };
		const start = p;
		tokens = [];
		marks = [];
		taken = p;
		body();
		textTo(p);
		if (tokens.length > MOST_TOKENS) fail();
		const made = { tokens, marks, length: p - start, closed: bytes.indexOf(bytes[p - 1] as number, start) === p - 1 };
		tokens = outer.tokens;
		marks = outer.marks;
		return made;
	};
	/**
	 * Runs for the value at p; where an earlier variant's constraint looks at it, its bytes stay as they are: tokens become
	 * text, and what they would store a mark.
	 */
	const held = (read: () => void): void => {
		const start = p;
		const looked = rivals.some((rival) => leadsHere(rival) && rival.path.length === path.length);
		if (!looked || bytes[start] === 0x7b || bytes[start] === 0x5b) {
			read();
			return;
		}
		const outer = tokens;
		const outerTaken = taken;
		tokens = [];
		taken = start;
		read();
		const made = tokens;
		tokens = outer;
		taken = outerTaken;
		let at = start;
		for (const token of made) {
			const length = lengthOf(token, at);
			hold(token, at, at + length);
			at += length;
		}
	};
	/** Bytes of a token of a scalar. */
	const lengthOf = (token: Token, at: number): number => {
		switch (token.kind) {
			case 'text':
				return token.bytes.length;
			case 'number':
				return (token.negative ? 1 : 0) + token.whole + (token.fraction < 0 ? 0 : 1 + token.fraction);
			case 'name':
			case 'string':
				return token.length;
			case 'flag':
				return bytes[at] === 0x74 ? 4 : 5;
			case 'clock':
				return clockLength(token.fraction);
			default:
				return fail();
		}
	};
	const hold = (token: Token, from: number, to: number): void => {
		if (token.kind === 'text' || !('column' in token) || token.column === null) return;
		const { column } = token;
		const content = text(from, to);
		if (column.textScales >= 0) fail();
		if (token.kind === 'number') marks.push({ kind: 'constant', column, value: numberOf(column, content) });
		else if (token.kind === 'flag') marks.push({ kind: 'constant', column, value: content === 'true' ? 1n : 0n });
		else if (token.kind === 'name') {
			const id = resolve(column.symbolTable, text(from, to - token.suffix.length));
			if (id < 0) fail();
			marks.push({ kind: 'constant', column, value: BigInt(id) });
		} else fail();
	};

	/** The raw string at p with its quotes left behind; where it has escapes, nothing about its content is known. */
	const string = (): { from: number; to: number; plain: boolean } => {
		expect(QUOTE);
		const from = p;
		let plain = true;
		for (;;) {
			const code = byte();
			if (code === QUOTE) break;
			if (code === BACKSLASH) {
				plain = false;
				p++;
			} else if (code < 0x20 || code >= 0x80) plain = false;
			p++;
		}
		const to = p;
		p++;
		return { from, to, plain };
	};
	const word = (letters: string): void => {
		for (const letter of letters) expect(letter.charCodeAt(0));
	};
	/** Moves p behind a number; null where it has an exponent, or too many digits for `type`. */
	const number = (column: ScalarColumn | null, type: ScalarType | null): NumberToken | null => {
		const negative = bytes[p] === 0x2d;
		if (negative) p++;
		const from = p;
		while (isDigit(p)) p++;
		const whole = p - from;
		if (whole === 0) fail();
		let fraction = -1;
		if (bytes[p] === 0x2e) {
			p++;
			const first = p;
			while (isDigit(p)) p++;
			fraction = p - first;
		}
		const plain = bytes[p] !== 0x65 && bytes[p] !== 0x45;
		while (p < bytes.length && /[-+.eE0-9]/.test(String.fromCharCode(bytes[p] as number))) p++;
		return plain && canTake(type, whole, fraction) ? { kind: 'number', type, column, negative, whole, fraction, digits: text(from, from + whole) } : null;
	};
	const flag = (column: ScalarColumn | null): void => {
		const start = p;
		word(bytes[p] === 0x74 ? 'true' : 'false');
		push(start, p, { kind: 'flag', column });
	};

	/** A value that the schema does not name. */
	const unknown = (depth: number): void => {
		if (depth > 64) fail();
		const start = p;
		const code = byte();
		if (code === QUOTE) {
			const { from, to, plain } = string();
			if (plain) push(from, to, { kind: 'string', column: null, suffix: new Uint8Array(0), length: to - from });
			else skipped(start);
		} else if (code === 0x7b) members(() => unknown(depth + 1));
		else if (code === 0x5b) {
			// How long it is may vary.
			if (rivals.some(leadsHere)) elements(() => unknown(depth + 1));
			else {
				skipValue();
				skipped(start);
			}
		} else if (code === 0x74 || code === 0x66) flag(null);
		else if (code === 0x6e) word('null');
		else {
			const token = number(null, null);
			if (token === null) skipped(start);
			else push(start, p, token);
		}
	};
	const skipped = (start: number): void => {
		if (rivals.some(leadsHere)) fail();
		push(start, p, { kind: 'skip' });
	};
	/** Behind the value at p, which is known to be one. */
	const skipValue = (): void => {
		let open = 0;
		do {
			const code = byte();
			if (code === QUOTE) string();
			else {
				if (code === 0x5b || code === 0x7b) open++;
				else if (code === 0x5d || code === 0x7d) open--;
				p++;
			}
		} while (open > 0);
	};
	/** `member` is called at each value, with its key decoded. */
	const members = (member: (key: string) => void): void => {
		expect(0x7b);
		space();
		if (byte() === 0x7d) {
			p++;
			return;
		}
		for (;;) {
			const { from, to } = string();
			const key = JSON.parse(text(from - 1, to + 1)) as string;
			space();
			expect(0x3a);
			space();
			path.push(key);
			held(() => member(key));
			path.pop();
			space();
			if (byte() === 0x7d) break;
			expect(0x2c);
			space();
		}
		p++;
	};
	const elements = (element: (index: number) => void): void => {
		expect(0x5b);
		space();
		if (byte() === 0x5d) {
			p++;
			return;
		}
		for (let index = 0; ; index++) {
			path.push(index);
			held(() => element(index));
			path.pop();
			space();
			if (byte() === 0x5d) break;
			expect(0x2c);
			space();
		}
		p++;
	};

	const absentFields = (fields: readonly FieldPlan[], seen: ReadonlySet<FieldPlan>): void => {
		for (const field of fields) {
			if (seen.has(field)) continue;
			const column = columnOf(field.value);
			if (column !== null) marks.push({ kind: 'null', column });
		}
	};
	const object = (plan: MessagePlan): void => {
		if (plan.type.unknownKeys === 'keep') fail();
		const seen = new Set<FieldPlan>();
		members((key) => {
			const field = plan.fields.find((candidate) => candidate.field.keys.includes(key));
			if (field === undefined || field.value.kind === 'absent') {
				unknown(0);
				return;
			}
			if (seen.has(field)) fail();
			seen.add(field);
			value(field.value);
		});
		absentFields(plan.fields, seen);
		valid(plan.column);
	};
	const tuple = (plan: TuplePlan): void => {
		const seen = new Set<FieldPlan>();
		elements((index) => {
			const field = plan.fields[index];
			if (field === undefined) unknown(0);
			else {
				seen.add(field);
				value(field.value);
			}
		});
		absentFields(plan.fields, seen);
		valid(plan.column);
	};
	const valid = (column: Column | null): void => {
		if (column !== null && column.validity >= 0) marks.push({ kind: 'valid', column });
	};
	const list = (plan: ListPlan): void => {
		if (plan.column === null) fail();
		// How many items there are, and what they are, varies: nothing may depend on it.
		const bounded = ({ path: steps, test }: Discriminant): boolean => (steps.length > path.length ? 'index' in (steps[path.length] as Step) : test.kind === 'array' && (test.least > 0 || test.most !== Number.POSITIVE_INFINITY));
		if (rivals.some((rival) => leadsHere(rival) && bounded(rival))) fail();
		const items: LearnedSequence[] = [];
		expect(0x5b);
		const start = p;
		textTo(start);
		if (byte() !== 0x5d) {
			for (let index = 0; ; index++) {
				const from = p;
				const looked = index < ITEMS_LOOKED_AT || from === chosen;
				if (looked) items.push(sequence(() => value(plan.item)));
				else skipValue();
				if (!looked) left.push({ from: from - 1, to: p });
				if (byte() === 0x5d) break;
				expect(0x2c);
			}
		}
		taken = start;
		push(start, p, { kind: 'list', plan: plan as ListPlan & { column: ListColumn }, items });
		p++;
	};

	const value = (plan: ValuePlan): void => {
		if (byte() === 0x6e && 'nullable' in plan && plan.nullable && plan.kind !== 'literal' && plan.kind !== 'skip') {
			word('null');
			const column = columnOf(plan);
			if (column !== null) marks.push({ kind: 'null', column });
			return;
		}
		switch (plan.kind) {
			case 'message':
				object(plan);
				return;
			case 'tuple':
				tuple(plan);
				return;
			case 'list':
				list(plan);
				return;
			case 'literal':
				literal();
				return;
			case 'template':
				templateString(plan);
				return;
			case 'skip':
			case 'absent':
				unknown(0);
				return;
			case 'scalar':
				scalar(plan);
		}
	};
	/** The scalar from `start` on is spelled in an unusual way: its strict function takes it. */
	const strictly = (plan: ScalarPlan | TemplatePlan, start: number): void => {
		if (rivals.some((rival) => leadsHere(rival) && rival.path.length === path.length)) fail();
		push(start, p, { kind: 'strict', plan });
	};
	/** Whatever it is, it stays. */
	const literal = (): void => {
		if (byte() === QUOTE) string();
		else if (bytes[p] === 0x74) word('true');
		else if (bytes[p] === 0x66) word('false');
		else if (bytes[p] === 0x6e) word('null');
		else if (bytes[p] === 0x2d || isDigit(p)) while (p < bytes.length && /[-+.eE0-9]/.test(String.fromCharCode(bytes[p] as number))) p++;
		else fail();
	};
	const templateString = (plan: TemplatePlan): void => {
		const start = p;
		const { from, to, plain } = string();
		const encoder = new TextEncoder();
		const prefix = encoder.encode(plan.type.prefix).length;
		const suffix = bytes.slice(to - encoder.encode(plan.type.suffix).length, to);
		if (!plain || to - from < prefix + suffix.length) strictly(plan, start);
		else captured(plan, plan.type.capture?.kind ?? null, plan.column, start, from + prefix, to, suffix);
	};
	const captured = (plan: ScalarPlan | TemplatePlan, kind: 'symbol' | 'text' | null, column: ScalarColumn | null, start: number, from: number, to: number, suffix: Uint8Array): void => {
		const length = to - from;
		if (kind === 'symbol' && length - suffix.length > SYMBOL_LIMIT) fail();
		// A name's length has a limit; a string's that is only looked through has none.
		if (kind === 'symbol' && column === null && length > 32) strictly(plan, start);
		else if (kind === 'symbol' && column !== null) push(from, to, { kind: 'name', column, suffix, length });
		else if (kind === 'text' && column !== null && suffix.length > 0) strictly(plan, start);
		else push(from, to, { kind: 'string', column: kind === null ? null : column, suffix, length });
	};

	const scalar = (plan: ScalarPlan): void => {
		const { type, column } = plan;
		const start = p;
		switch (type.kind) {
			case 'symbol':
			case 'text': {
				const { from, to, plain } = string();
				if (!plain) strictly(plan, start);
				else captured(plan, type.kind, column, start, from, to, new Uint8Array(0));
				return;
			}
			case 'flag':
				flag(column);
				return;
			case 'enumeration': {
				const { from, to, plain } = string();
				if (!plain) strictly(plan, start);
				else if (column === null) return;
				else if (type.unknown === 'null' && !type.values.includes(text(from, to))) marks.push({ kind: 'null', column });
				else push(from, to, { kind: 'name', column, suffix: new Uint8Array(0), length: to - from });
				return;
			}
			case 'timestamp':
				if (type.format === 'rfc3339') clock(plan, start);
				else quotable(plan, start);
				return;
			default:
				quotable(plan, start);
		}
	};
	const quotable = (plan: ScalarPlan, start: number): void => {
		const quoted = byte() === QUOTE;
		if (quoted) p++;
		if (quoted && byte() === QUOTE) {
			p++;
			if (plan.column !== null) marks.push({ kind: 'null', column: plan.column });
			return;
		}
		const first = p;
		const token = byte() === BACKSLASH ? null : number(plan.column, plan.type);
		if (token !== null && (!quoted || byte() === QUOTE)) {
			push(first, p, token);
			if (quoted) p++;
			return;
		}
		if (quoted) {
			p = start;
			string();
		}
		strictly(plan, start);
	};
	const clock = (plan: ScalarPlan, start: number): void => {
		const { from, to, plain } = string();
		// In UTC: an hour's cell knows no zone.
		const match = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:(\d{2})(?:\.(\d+))?[Zz]?$/.exec(text(from, to));
		const fraction = match?.[2]?.length ?? -1;
		if (!plain || match === null || match[1] === '60' || fraction > MOST_FRACTION) strictly(plan, start);
		else push(from, from + clockLength(fraction), { kind: 'clock', column: plan.column, fraction, zone: to - from - clockLength(fraction) });
	};

	const kept = (): Uint8Array => {
		if (left.length === 0) return bytes;
		const shorter: number[] = [];
		let from = 0;
		for (const gap of left) {
			for (let at = from; at < gap.from; at++) shorter.push(bytes[at] as number);
			from = gap.to;
		}
		for (let at = from; at < bytes.length; at++) shorter.push(bytes[at] as number);
		return Uint8Array.from(shorter);
	};

	return { sequence, space, value, kept, at: () => p };
}

/** What a column holds for a number's text. */
function numberOf({ type }: ScalarColumn, content: string): bigint | number {
	if (type.kind === 'float') return Number(content);
	const decimal = parseDecimal(content);
	if (decimal === null) fail();
	const { scale, most } = numberRules(type);
	const excess = type.kind === 'decimal' ? type.excess : type.kind === 'timestamp' ? 'truncate' : 'reject';
	const value = toFixedPoint(decimal, scale, excess, -most, most);
	if (typeof value === 'string') fail();
	return value;
}

function columnOf(plan: ValuePlan): Column | null {
	return 'column' in plan ? plan.column : null;
}
