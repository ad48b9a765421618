/**
 * From a message to its layout. The message is one that a parser has accepted; what is asked here is which of its bytes
 * are constants, which are digits, and where values stand, such that every message which the layout lets through would
 * be accepted with the values that the layout's conversions give. Where that cannot be promised (escapes, exponents,
 * more digits than fit), the message has no layout.
 */
import type { Column, ListColumn, ScalarColumn } from '../../../compiler/batch-layout.ts';
import { type Discriminant, discriminantsOf, exclude, type Step } from '../../../schema/discriminants.ts';
import type { ScalarType, Schema } from '../../../schema/model.ts';
import type { FieldPlan, ListPlan, MessagePlan, ScalarPlan, TemplatePlan, TuplePlan, ValuePlan, VariantPlan } from '../../rows/plan.ts';
import { parseTimestamp } from '../../rows/reference/timestamps.ts';
import type { LearnedPart, LearnedSequence, NumberForm, Spot } from './spots.ts';

/** Longest part: its bytes are checked by straight-line code. */
const LONGEST_PART = 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const I64_MOST = 2n ** 63n - 1n;

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

/** Null where the message has no layout. `rivals`: `rivalConstraints` of its variant. */
export function learnMessage(message: Uint8Array, variant: VariantPlan, rivals: readonly Discriminant[], resolve: ResolveSymbol): LearnedSequence | null {
	const walk = createWalk(message, rivals, resolve);
	try {
		const sequence = walk.sequence(0, () => {
			walk.space();
			walk.value(variant.top);
			walk.space();
			if (walk.at() !== message.length) fail();
		});
		return sequence;
	} catch (error) {
		if (error === noLayout) return null;
		throw error;
	}
}

interface Open {
	start: number;
	spots: Spot[];
	readonly parts: LearnedPart[];
}

function createWalk(bytes: Uint8Array, rivals: readonly Discriminant[], resolve: ResolveSymbol) {
	const template = bytes.slice();
	const limits = new Uint8Array(bytes.length);
	let p = 0;
	let open: Open = { start: 0, spots: [], parts: [] };
	/** Keys and positions from the message's top to the value at p. */
	const path: (string | number)[] = [];
	const leadsHere = ({ path: steps }: Discriminant): boolean =>
		steps.length >= path.length &&
		path.every((at, index) => {
			const step = steps[index] as Step;
			return 'index' in step ? step.index === at : step.keys.includes(at as string);
		});
	/** Runs for the value at p; where an earlier variant's constraint looks at it, its bytes stay as they are. */
	const held = (read: () => void): void => {
		const start = p;
		const looked = rivals.filter(leadsHere);
		read();
		if (bytes[start] !== 0x7b && bytes[start] !== 0x5b && looked.some((rival) => rival.path.length === path.length)) constant(start, p);
	};

	const byte = (): number => bytes[p] ?? fail();
	const expect = (code: number): void => {
		if (byte() !== code) fail();
		p++;
	};
	const space = (): void => {
		while (p < bytes.length && (bytes[p] === 0x20 || bytes[p] === 0x0a || bytes[p] === 0x0d || bytes[p] === 0x09)) p++;
	};
	const isDigit = (at: number): boolean => (bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= 0x39;
	const bound = (at: number, from: number, to: number): void => {
		template[at] = from;
		limits[at] = to - from;
	};
	const digits = (from: number, to: number): void => {
		for (let at = from; at < to; at++) bound(at, ZERO, 0x39);
	};
	/** Digits before a point: the first of several is not zero. */
	const whole = (from: number, to: number): void => {
		digits(from, to);
		if (to - from > 1) bound(from, 0x31, 0x39);
	};
	/** The digits stay as they are. */
	const constant = (from: number, to: number): void => {
		for (let at = from; at < to; at++) bound(at, bytes[at] as number, bytes[at] as number);
	};
	const close = (end: number, list: LearnedPart['list']): void => {
		if (end - open.start > LONGEST_PART) fail();
		open.parts.push({ template: template.slice(open.start, end), limits: limits.slice(open.start, end), sample: bytes.slice(open.start, end), spots: open.spots, list });
		open.start = end;
		open.spots = [];
	};
	const sequence = (start: number, body: () => void): LearnedSequence => {
		const outer = open;
		open = { start, spots: [], parts: [] };
		body();
		close(p, null);
		const { parts } = open;
		open = outer;
		if (parts.length > 32) fail();
		return { parts };
	};
	const spot = (made: Spot): void => {
		open.spots.push(made);
	};
	const relative = (at: number): number => at - open.start;

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
	const text = (from: number, to: number): string => decoder.decode(bytes.subarray(from, to));
	/** A string's bytes vary freely where code checks them; separators stay, since they select the layout. */
	const free = (from: number, to: number): void => {
		for (let at = from; at < to; at++) if ((bytes[at] as number) >= ZERO) bound(at, 0, 255);
	};
	/** A name's bytes vary among those that need no check. */
	const name = (from: number, to: number): void => {
		for (let at = from; at < to; at++) {
			const code = bytes[at] as number;
			if (code < ZERO) continue;
			if (code < BACKSLASH) bound(at, ZERO, BACKSLASH - 1);
			else bound(at, BACKSLASH + 1, 0x7f);
		}
	};
	const word = (letters: string): void => {
		for (const letter of letters) expect(letter.charCodeAt(0));
	};

	/** Where a number's pieces stand. */
	interface Token {
		readonly negative: boolean;
		readonly from: number;
		/** After the digits before the point. */
		readonly point: number;
		/** After the last fraction digit. */
		readonly end: number;
	}
	const number = (): Token => {
		const negative = bytes[p] === 0x2d;
		if (negative) p++;
		const from = p;
		while (isDigit(p)) p++;
		const point = p;
		if (point === from) fail();
		if (bytes[p] === 0x2e) {
			p++;
			while (isDigit(p)) p++;
		}
		if (bytes[p] === 0x65 || bytes[p] === 0x45) fail();
		return { negative, from, point, end: p };
	};
	const anyNumber = (): void => {
		const { from, point, end } = number();
		whole(from, point);
		if (end > point) digits(point + 1, end);
	};

	const unknown = (depth: number): void => {
		if (depth > 64) fail();
		const code = byte();
		if (code === QUOTE) {
			const { from, to, plain } = string();
			if (plain && to > from) {
				free(from, to);
				spot({ kind: 'check', start: relative(from), length: to - from, short: to - from < 16 });
			}
		} else if (code === 0x7b) members(() => unknown(depth + 1));
		else if (code === 0x5b) elements(() => unknown(depth + 1));
		else if (code === 0x74) word('true');
		else if (code === 0x66) word('false');
		else if (code === 0x6e) word('null');
		else anyNumber();
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
			if (column !== null) spot({ kind: 'null', column });
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
		if (column !== null && column.validity >= 0) spot({ kind: 'valid', column });
	};
	const list = (plan: ListPlan): void => {
		if (plan.column === null) fail();
		// How many items there are, and what they are, varies: nothing may depend on it.
		const bounded = ({ path: steps, test }: Discriminant): boolean => (steps.length > path.length ? 'index' in (steps[path.length] as Step) : test.kind === 'array' && (test.least > 0 || test.most !== Number.POSITIVE_INFINITY));
		if (rivals.some((rival) => leadsHere(rival) && bounded(rival))) fail();
		const items: LearnedSequence[] = [];
		expect(0x5b);
		close(p, { plan: plan as ListPlan & { column: ListColumn }, items });
		if (byte() !== 0x5d) {
			for (;;) {
				items.push(sequence(p, () => value(plan.item)));
				if (byte() === 0x5d) break;
				expect(0x2c);
			}
		}
		open.start = p;
		p++;
	};

	const value = (plan: ValuePlan): void => {
		if (byte() === 0x6e && 'nullable' in plan && plan.nullable && plan.kind !== 'literal' && plan.kind !== 'skip') {
			word('null');
			const column = columnOf(plan);
			if (column !== null) spot({ kind: 'null', column });
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
				orStrict(plan, () => templateString(plan));
				return;
			case 'skip':
			case 'absent':
				unknown(0);
				return;
			case 'scalar':
				orStrict(plan, () => scalar(plan));
		}
	};
	/** Where a scalar is spelled in an unusual way, its strict function takes it. */
	const orStrict = (plan: ScalarPlan | TemplatePlan, read: () => void): void => {
		const start = p;
		const { length } = open.spots;
		try {
			read();
		} catch (error) {
			if (error !== noLayout) throw error;
			p = start;
			open.spots.length = length;
			if (byte() === QUOTE) string();
			else if (bytes[p] === 0x2d || isDigit(p)) while (p < bytes.length && /[-+.eE0-9]/.test(String.fromCharCode(bytes[p] as number))) p++;
			else fail();
			constant(start, p);
			free(start, p);
			spot({ kind: 'strict', plan, start: relative(start), length: p - start });
		}
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
		const { from, to, plain } = string();
		if (!plain) fail();
		const encoder = new TextEncoder();
		const prefix = encoder.encode(plan.type.prefix).length;
		const suffix = encoder.encode(plan.type.suffix).length;
		if (to - from < prefix + suffix) fail();
		captured(plan.type.capture?.kind ?? null, plan.column, from + prefix, to - suffix, suffix === 0);
	};
	/** `closes`: the closing quote follows at once. */
	const captured = (kind: 'symbol' | 'text' | null, column: ScalarColumn | null, from: number, to: number, closes: boolean): void => {
		const length = to - from;
		if (kind === 'symbol' && length > 255) fail();
		if (kind === 'symbol' && column !== null) {
			name(from, to);
			spot({ kind: 'symbol', column, start: relative(from), length });
		} else if (kind === 'text' && column !== null) {
			if (closes) {
				free(from, to);
				spot({ kind: 'text', column, start: relative(from), length, short: length <= 12 });
			} else fail();
		} else if (closes && length > 0) {
			free(from, to);
			spot({ kind: 'check', start: relative(from), length, short: length < 16 });
		}
	};

	const scalar = (plan: ScalarPlan): void => {
		const { type, column } = plan;
		switch (type.kind) {
			case 'symbol':
			case 'text': {
				const { from, to, plain } = string();
				if (!plain) fail();
				captured(type.kind, column, from, to, true);
				return;
			}
			case 'flag': {
				const isTrue = byte() === 0x74;
				word(isTrue ? 'true' : 'false');
				if (column !== null) spot({ kind: 'constant', column, value: isTrue ? 1 : 0 });
				return;
			}
			case 'enumeration': {
				const { from, to, plain } = string();
				if (!plain) fail();
				if (column === null) return;
				const content = text(from, to);
				const listed = type.values.indexOf(content);
				if (listed >= 0) spot({ kind: 'constant', column, value: listed });
				else if (type.unknown === 'null') spot({ kind: 'null', column });
				else {
					const id = type.unknown === 'intern' ? resolve(column.symbolTable, content) : -1;
					if (id < 0) fail();
					spot({ kind: 'constant', column, value: id });
				}
				return;
			}
			case 'timestamp':
				if (type.format === 'rfc3339') clock(column);
				else quotable(plan);
				return;
			default:
				quotable(plan);
		}
	};
	const quotable = (plan: ScalarPlan): void => {
		const quoted = byte() === QUOTE;
		if (quoted) p++;
		if (quoted && byte() === QUOTE) {
			p++;
			if (plan.column !== null) spot({ kind: 'null', column: plan.column });
			return;
		}
		place(plan, number());
		if (quoted) expect(QUOTE);
	};
	const numberSpot = (column: ScalarColumn, token: Token, form: NumberForm, window: number, mask: number[], base: bigint): void => {
		spot({ kind: 'number', column, form, window: relative(window), mask, base, negative: token.negative, textScale: Math.max(0, token.end - token.point - 1) });
	};
	/** Lanes with digits: `count` of them, up to lane `end`. */
	const lanes = (size: number, end: number, count: number): number[] => Array.from({ length: size }, (_, lane) => (lane >= end - count && lane < end ? 0x0f : 0));

	const place = ({ type, column }: ScalarPlan, token: Token): void => {
		const { from, point, end } = token;
		const digitCount = point - from;
		const written = Math.max(0, end - point - 1);
		whole(from, point);
		if (end > point) digits(point + 1, end);
		const rules = numberRules(type);
		const { scale } = rules;
		// Digits beyond the scale: zeros that stay, or any where they are cut off.
		const used = Math.min(written, scale);
		if (written > scale && !rules.cutOff) {
			for (let at = point + 1 + scale; at < end; at++) if (bytes[at] !== ZERO) fail();
			constant(point + 1 + scale, end);
		}
		if (type.kind === 'float') {
			if (digitCount > 7 || written > 8) fail();
			if (column !== null) numberSpot(column, token, 'split', point - 8, [...lanes(8, 8, digitCount), ...lanes(8, written, written)], 0n);
			return;
		}
		const split = used > 0 || (type.kind === 'decimal' && scale > 0);
		if (written > 127) fail();
		const unit = 10n ** BigInt(scale);
		const wants = split ? 8 : rules.narrow ? digitCount : type.kind === 'timestamp' && (scale === 9 || scale === 6) ? 8 : digitCount <= 8 ? 8 : 16;
		let converted = Math.min(digitCount, wants);
		const baseOf = (count: number): bigint => (count === digitCount ? 0n : BigInt(text(from, point - count)) * 10n ** BigInt(count) * unit);
		// The greatest value that passes must fit: the first digit is limited where that is enough, else it stays as it is.
		const most = (count: number, first: number): bigint => baseOf(count) + BigInt(first + 1) * 10n ** BigInt(count - 1) * unit;
		for (; converted > 0 && most(converted, 9) > rules.most; converted--) {
			const leading = (bytes[point - converted] as number) - ZERO;
			let first = 9;
			while (first >= leading && most(converted, first) > rules.most) first--;
			if (first < leading) continue;
			const least = converted === digitCount && digitCount > 1 ? 1 : 0;
			bound(point - converted, ZERO + least, ZERO + first);
			break;
		}
		if (converted === 0) fail();
		let base = baseOf(converted);
		constant(from, point - converted);
		if (column === null) return;
		if (split) {
			const places = Math.min(scale, 8);
			if (used > places) {
				// Further digits would need a third window: constants.
				constant(point + 1 + places, point + 1 + used);
				base += BigInt(text(point + 1 + places, point + 1 + used)) * 10n ** BigInt(scale - used);
			}
			const shown = Math.min(used, places);
			numberSpot(column, token, 'split', point - 8, [...lanes(8, 8, converted), ...lanes(8, 8 - places + shown, shown)], base);
		} else if (wants > 8 || (rules.narrow && digitCount > 8)) numberSpot(column, token, 'full', point - 16, lanes(16, 16, converted), base);
		else numberSpot(column, token, 'low', point - 8, lanes(8, 8, converted), base);
	};

	const clock = (column: ScalarColumn | null): void => {
		const { from, to, plain } = string();
		const content = text(from, to);
		const match = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:(\d{2}):(\d{2})(?:[.,](\d+))?(.*)$/.exec(content);
		const base = match === null ? null : parseTimestamp(`${content.slice(0, 14)}00:00${match[4]}`);
		// An hour well inside of what an i64 holds; the second 60 has rules of its own.
		if (!plain || match === null || base === null || match[2] === '60' || base < -(2n ** 62n) || base > 2n ** 62n) fail();
		const fraction = match[3]?.length ?? 0;
		const hourEnd = from + 13;
		bound(hourEnd + 1, ZERO, 0x35);
		bound(hourEnd + 2, ZERO, 0x39);
		bound(hourEnd + 4, ZERO, 0x35);
		bound(hourEnd + 5, ZERO, 0x39);
		const fractionStart = hourEnd + 7;
		digits(fractionStart, fractionStart + Math.min(fraction, 8));
		let nanoseconds = base;
		if (fraction > 8) {
			nanoseconds += BigInt((bytes[fractionStart + 8] as number) - ZERO);
			digits(fractionStart + 9, fractionStart + fraction);
		}
		if (column === null) return;
		const shown = Math.min(fraction, 8);
		spot({ kind: 'number', column, form: 'clock', window: relative(hourEnd), mask: [0, 0, 0, 0, 15, 15, 15, 15, ...lanes(8, shown, shown)], base: nanoseconds, negative: false, textScale: 0 });
	};

	return { sequence, space, value, at: () => p };
}

function columnOf(plan: ValuePlan): Column | null {
	return 'column' in plan ? plan.column : null;
}

interface NumberRules {
	readonly scale: number;
	readonly most: bigint;
	/** Digits beyond the scale are dropped. */
	readonly cutOff: boolean;
	/** 32 bits. */
	readonly narrow: boolean;
}

/** How digits are used; what a type's limits leave for the magnitude. */
export function numberRules(type: ScalarType): NumberRules {
	switch (type.kind) {
		case 'integer':
			if (type.bits === 64) return { scale: 0, most: type.signed ? I64_MOST : 2n ** 64n - 1n, cutOff: false, narrow: false };
			return { scale: 0, most: type.signed ? 0x7fffffffn : 0xffffffffn, cutOff: false, narrow: true };
		case 'decimal':
			return { scale: type.scale, most: I64_MOST, cutOff: type.excess === 'truncate', narrow: false };
		case 'timestamp':
			return { scale: { s: 9, ms: 6, us: 3, ns: 0, rfc3339: 0 }[type.format], most: I64_MOST, cutOff: true, narrow: false };
		default:
			return { scale: 8, most: I64_MOST, cutOff: false, narrow: false };
	}
}
