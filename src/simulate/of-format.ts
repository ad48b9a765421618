/**
 * Messages of any binary format, made up: every message in turn, values that move, now and then a null where there may be
 * one. Rows are drawn so that each fits the columns and the bytes at once, and the encoder writes them.
 */
import { type BinaryProtocol, createEncoder, type EncodedRow, type EncodedValue, type WireNode } from '../protocols/binary/index.ts';
import { I64_MOST, UNIT_NANOSECONDS } from '../protocols/binary/values.ts';
import type { Meaning, WireNumber } from '../protocols/binary/wire.ts';
import { createRandom, type Random } from './random.ts';

/** 2024-06-01 in nanoseconds: where times that have room for it move. */
const START = 1_717_200_000_000_000_000n;
const NAMES = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA', 'ECHO', 'FOXTROT', 'GOLF', 'HOTEL'];
const NULLS = 0.1;
const encoder = new TextEncoder();

/** Messages that the protocol accepts; the same for the same seed. Items of groups: one to eight. */
export function messagesOfFormat(protocol: BinaryProtocol, messages: number, seed = 1): Uint8Array[] {
	const random = createRandom(seed);
	const { format } = protocol;
	const { encode } = createEncoder(protocol);
	return Array.from({ length: messages }, (_, index) => {
		const { name, nodes } = format.messages[index % format.messages.length] as (typeof format.messages)[number];
		return encode(name, rowOf(nodes, { random, exponents: new Map(), scales: scalesIn(nodes), depth: 0 }));
	});
}

interface Drawing {
	readonly random: Random;
	/** Of numbers that others have as their exponent. */
	readonly exponents: Map<string, bigint>;
	/** Scales of the decimals that refer to a number. */
	readonly scales: ReadonlyMap<string, readonly number[]>;
	readonly depth: number;
}

function scalesIn(nodes: readonly WireNode[], found = new Map<string, number[]>()): Map<string, number[]> {
	for (const node of nodes) {
		const number = node.kind === 'array' ? node.item : node;
		if (number.kind === 'number' && number.meaning.type?.kind === 'decimal' && typeof number.meaning.exponent === 'string') {
			const { exponent, type } = number.meaning;
			found.set(exponent, [...(found.get(exponent) ?? []), type.scale]);
		}
		if (node.kind === 'struct' || node.kind === 'group') scalesIn(node.nodes, found);
	}
	return found;
}

/** Whether a presence map is among these, whose bits the encoder sets. */
const isMap = (nodes: readonly WireNode[], name: string): boolean => nodes.some((node) => node.when?.map === name || ((node.kind === 'struct' || node.kind === 'group') && isMap(node.nodes, name)));

function rowOf(nodes: readonly WireNode[], drawing: Drawing): EncodedRow {
	const row: Record<string, EncodedValue> = {};
	for (const node of nodes) {
		if (node.when !== null && drawing.random.chance(NULLS)) continue;
		const value = valueOf(node, drawing, isMap(nodes, node.name));
		if (value !== undefined) row[node.name] = value;
	}
	return row;
}

/** Undefined where the encoder knows by itself. */
function valueOf(node: WireNode, drawing: Drawing, isPresenceMap: boolean): EncodedValue {
	const { random } = drawing;
	switch (node.kind) {
		case 'number': {
			if (drawing.scales.has(node.name)) {
				const exponent = exponentOf(node.number, drawing.scales.get(node.name) as readonly number[], node.meaning.nullValue);
				drawing.exponents.set(node.name, exponent);
				return exponent;
			}
			if (isPresenceMap) return node.meaning.type === null ? undefined : 0;
			// An exponent right behind its mantissa is written as the column's scale has it.
			return numberOf(node.meaning, node.number, drawing, (node.exponentAfter ?? null) !== null);
		}
		case 'bits':
			return Object.fromEntries(node.parts.map(({ name, width, meaning }) => [name, numberOf(meaning, { kind: 'integer', bytes: 4, endian: 'little', signed: false }, drawing, false, (1n << BigInt(width)) - 1n) ?? null]));
		case 'float':
			return node.nullable && random.chance(NULLS) ? null : random.below(1_000_000) / 8;
		case 'text': {
			if (node.type.kind === 'bytes') return bytesOf(random, node.bytes);
			if (node.nullable && random.chance(NULLS)) return null;
			return textOf(random, node.type.kind, node.bytes);
		}
		case 'data': {
			if (node.nullable && random.chance(NULLS)) return null;
			const most = mostOf(node.length);
			if (node.type === null || node.type.kind === 'bytes') return bytesOf(random, (node.nullable ? 1 : 0) + random.below(Number(most < 40n ? most : 40n)));
			return textOf(random, node.type.kind, Number(most < 255n ? most : 255n));
		}
		case 'struct':
			return rowOf(node.nodes, drawing);
		case 'array':
			return Array.from({ length: node.count }, () => valueOf(node.item, drawing, false));
		case 'group': {
			const most = Number('offset' in node.count ? (1n << BigInt(Math.min(node.count.bytes, 2) * 8)) - 1n : 255n);
			const items = 1 + random.below(Math.min(most, drawing.depth === 0 ? 8 : 3));
			return Array.from({ length: items }, () => rowOf(node.nodes, { ...drawing, exponents: new Map(drawing.exponents), depth: drawing.depth + 1 }));
		}
		default:
			return undefined;
	}
}

/** At which the decimals of these scales lose nothing, as far as the number can say it. */
function exponentOf(number: WireNumber, scales: readonly number[], nullValue: string | null): bigint {
	const wanted = BigInt(-Math.min(...scales));
	const exponent = wanted < leastOf(number) ? 0n : wanted;
	return nullValue === exponent.toString() ? exponent + 1n : exponent;
}

const leastOf = (number: WireNumber): bigint => (number.kind === 'integer' ? (number.signed ? -(1n << BigInt(number.bytes * 8 - 1)) : 0n) : number.zigzag ? -(1n << 63n) : 0n);
const mostOf = (number: WireNumber): bigint => {
	const bits = number.kind === 'integer' ? number.bytes * 8 : 64;
	return (1n << BigInt((number.kind === 'integer' ? number.signed : number.zigzag) ? bits - 1 : bits)) - 1n;
};

function numberOf(meaning: Meaning, number: WireNumber, { random, exponents }: Drawing, atScale: boolean, most = mostOf(number)): EncodedValue {
	const { type, nullValue, codes, constant } = meaning;
	if (constant !== null || type === null) return undefined;
	if (nullValue !== null && random.chance(NULLS)) return null;
	const isNull = (raw: bigint): boolean => nullValue === raw.toString();
	/** 1 to a bound, or what the number holds; not what stands for null. */
	const raw = (bound: bigint): bigint => {
		const limit = bound < most ? bound : most;
		const drawn = limit < 1n ? 0n : 1n + BigInt(random.below(Number(limit > 1_000_000_000n ? 1_000_000_000n : limit)));
		if (!isNull(drawn)) return drawn;
		return drawn > 0n ? drawn - 1n : drawn + 1n;
	};
	switch (type.kind) {
		case 'integer':
			return raw(type.bits === 32 ? 1_000_000n : 1_000_000_000n);
		case 'decimal': {
			const power = atScale ? 0n : BigInt(typeof meaning.exponent === 'number' ? meaning.exponent : (exponents.get(meaning.exponent) ?? 0n)) + BigInt(type.scale);
			if (power < 0n) {
				// Digits beyond the scale would be lost: the mantissa ends with so many zeros.
				const unit = 10n ** -power;
				const value = most / unit < 1n ? 0n : raw(most / unit);
				return isNull(value * unit) ? null : value;
			}
			const unit = 10n ** (power > 18n ? 18n : power);
			return power > 18n ? (isNull(0n) ? null : 0n) : raw(I64_MOST / unit < 10_000_000n ? I64_MOST / unit : 10_000_000n) * unit;
		}
		case 'timestamp': {
			const unit = UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			const base = BigInt(meaning.base);
			const wanted = (START + BigInt(random.below(1_000_000_000)) * 1_000_000n - base) / unit;
			// What cannot count that far counts from its own beginning.
			const count = wanted >= leastOf(number) && wanted <= most ? wanted : raw(86_400_000_000_000n / unit);
			return (isNull(count) ? count + 1n : count) * unit + base;
		}
		case 'flag': {
			const flag = random.chance(0.5);
			return isNull(BigInt(codes.length === 0 ? (flag ? 1 : 0) : (codes[flag ? 1 : 0] as string))) ? !flag : flag;
		}
		case 'enumeration': {
			const usable = type.values.filter((_, index) => BigInt(codes[index] as string) <= most && !isNull(BigInt(codes[index] as string)));
			return usable.length === 0 ? null : random.pick(usable);
		}
	}
}

function textOf(random: Random, kind: 'symbol' | 'text', most: number): string {
	const text = kind === 'symbol' ? random.pick(NAMES) : `text ${random.below(1_000_000)}`;
	const cut = encoder.encode(text).subarray(0, Math.max(1, most));
	return String.fromCharCode(...cut).trimEnd();
}

const bytesOf = (random: Random, count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.below(256));
