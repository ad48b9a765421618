/** The walk over a message's bytes with its plan: reads each value, checks it, and writes it. */
import type { Column, ListColumn, ScalarColumn } from '../../../compiler/batch-layout.ts';
import { SYMBOL_LIMIT } from '../../../compiler/parser-abi.ts';
import type { Intern } from '../../rows/reference/parser.ts';
import type { PendingRow } from '../../rows/reference/pending-row.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import type { Body, Plan, RunSegment } from '../plan.ts';
import { I64_LEAST, I64_MOST, scaled, UNIT_NANOSECONDS } from '../values.ts';
import type { Meaning, TextNode, WireInteger, WireNumber } from '../wire.ts';

interface Walk {
	readonly bytes: Uint8Array;
	readonly intern: Intern;
	/** Null for control variants. */
	readonly target: PendingRow | null;
	/** Of the message. */
	readonly version: bigint;
}

/** Numbers read so far that others refer to, by name. */
type Scope = Map<string, bigint>;

/** Most bytes of a varint: nine times seven bits, and one. */
const LONGEST_VARINT = 10;

export function readUnsigned(bytes: Uint8Array, at: number, { bytes: width, endian }: WireInteger): bigint {
	let value = 0n;
	for (let index = 0; index < width; index++) value = (value << 8n) | BigInt(bytes[endian === 'big' ? at + index : at + width - 1 - index] as number);
	return value;
}

function need({ bytes }: Walk, end: number): void {
	if (end > bytes.length) throw new Refusal('truncated', bytes.length);
}

/** The number, and where it ends. */
function readNumber(walk: Walk, number: WireNumber, at: number): { readonly value: bigint; readonly end: number } {
	if (number.kind === 'integer') {
		need(walk, at + number.bytes);
		const raw = readUnsigned(walk.bytes, at, number);
		return { value: number.signed ? BigInt.asIntN(number.bytes * 8, raw) : raw, end: at + number.bytes };
	}
	let value = 0n;
	for (let index = 0; ; index++) {
		need(walk, at + index + 1);
		const byte = walk.bytes[at + index] as number;
		value |= BigInt(byte & 0x7f) << BigInt(index * 7);
		// The tenth byte has room for one bit, and ends it.
		if (index === LONGEST_VARINT - 1 && byte > 1) throw new Refusal('range', at);
		if (byte < 0x80) return { value: number.zigzag ? (value >> 1n) ^ -(value & 1n) : value, end: at + index + 1 };
	}
}

/** Where a body's fixed-size part has a length of its own. */
interface Block {
	readonly length: bigint;
	/** Offset of that length. */
	readonly at: number;
}

/** Returns where the body ends. Throws `Refusal` or `BatchFull`. */
export function readBody(walk: Walk, body: Body, start: number, block: Block | null, row: number, outer: Scope): number {
	const scope: Scope = new Map(outer);
	const [first, ...rest] = body.segments;
	let at = readRun(walk, first, start, block, row, scope);
	for (const segment of rest) at = segment.kind === 'run' ? readRun(walk, segment, at, null, row, scope) : readSingle(walk, segment.plan, at, row, scope);
	return at;
}

function readRun(walk: Walk, run: RunSegment, start: number, block: Block | null, row: number, scope: Scope): number {
	const needed = run.steps.findLast(({ since }) => walk.version >= BigInt(since))?.size ?? 0;
	if (block !== null && block.length < BigInt(needed)) throw new Refusal('length', block.at);
	if (block !== null && block.length > BigInt(walk.bytes.length - start)) throw new Refusal('truncated', walk.bytes.length);
	const length = block === null ? needed : Number(block.length);
	need(walk, start + length);
	for (const { offset, plan } of run.entries) {
		if (walk.version < BigInt(plan.node.since)) writeNull(walk, plan.column, row);
		else readPlan(walk, plan, start + offset, row, scope);
	}
	return start + length;
}

function readSingle(walk: Walk, plan: Plan, at: number, row: number, scope: Scope): number {
	const { since, when } = plan.node;
	const isThere = walk.version >= BigInt(since) && (when === null || (((scope.get(when.map) as bigint) >> BigInt(when.bit)) & 1n) === 1n);
	if (isThere) return readPlan(walk, plan, at, row, scope);
	writeNull(walk, plan.column, row);
	return at;
}

function writeNull({ target }: Walk, column: Column | null, row: number): void {
	if (target !== null && column !== null) target.writeNull(column, row);
}

/** Reads one node that is there; returns where it ends. */
function readPlan(walk: Walk, plan: Plan, at: number, row: number, scope: Scope): number {
	const { target, bytes } = walk;
	switch (plan.kind) {
		case 'number': {
			const { value, end } = readNumber(walk, plan.node.number, at);
			const { exponentAfter = null } = plan.node;
			scope.set(plan.node.name, value);
			if (exponentAfter === null) {
				writeMeaning(walk, plan.node.meaning, plan.column, value, at, row, scope);
				return end;
			}
			const exponent = readNumber(walk, exponentAfter, end);
			writeMeaning(walk, { ...plan.node.meaning, exponent: Number(exponent.value) }, plan.column, value, at, row, scope);
			return exponent.end;
		}
		case 'bits': {
			const { value, end } = readNumber(walk, plan.node.number, at);
			plan.node.parts.forEach(({ shift, width, meaning }, index) => {
				writeMeaning(walk, meaning, plan.parts[index] ?? null, (BigInt.asUintN(64, value) >> BigInt(shift)) & (2n ** BigInt(width) - 1n), at, row, scope);
			});
			if (plan.column !== null) target?.writeValidity(plan.column, row, true);
			return end;
		}
		case 'float': {
			const { bytes: width, endian, nullable } = plan.node;
			need(walk, at + width);
			const view = new DataView(bytes.buffer, bytes.byteOffset + at, width);
			const value = width === 4 ? view.getFloat32(0, endian === 'little') : view.getFloat64(0, endian === 'little');
			if (plan.column === null || target === null) return at + width;
			if (nullable && Number.isNaN(value)) target.writeNull(plan.column, row);
			// One NaN for all: what bits others have, WebAssembly does not promise.
			else target.writeNumber(plan.column, row, Number.isNaN(value) ? Number.NaN : value);
			return at + width;
		}
		case 'text': {
			const { bytes: width, pad, type, nullable } = plan.node;
			need(walk, at + width);
			const field = bytes.subarray(at, at + width);
			writeName(walk, trimmed(field, pad), type.kind, nullable, plan.column, at, row);
			return at + width;
		}
		case 'data': {
			const { value: length, end } = readNumber(walk, plan.node.length, at);
			if (length > BigInt(bytes.length - end)) throw new Refusal('truncated', bytes.length);
			const after = end + Number(length);
			if (plan.node.type !== null) writeName(walk, bytes.subarray(end, after), plan.node.type.kind, plan.node.nullable, plan.column, end, row);
			return after;
		}
		case 'empty': {
			const after = at + (plan.node.kind === 'skip' ? plan.node.bytes : 0);
			need(walk, after);
			return after;
		}
		case 'align': {
			const after = Math.ceil(at / plan.node.to) * plan.node.to;
			need(walk, after);
			return after;
		}
		case 'struct': {
			const after = readBody(walk, plan.body, at, null, row, scope);
			if (plan.column !== null) target?.writeValidity(plan.column, row, true);
			return after;
		}
		case 'array': {
			let after = at;
			readItems(walk, plan.column, row, plan.node.count, (item) => {
				after = readPlan(walk, plan.item, after, item, scope);
			});
			return after;
		}
		case 'group': {
			const { count, head, blockLength } = plan.node;
			need(walk, at + head);
			const counted = 'offset' in count ? { value: readUnsigned(bytes, at + count.offset, count), end: at + head } : readNumber(walk, count, at);
			const block = blockLength === null ? null : { length: readUnsigned(bytes, at + blockLength.offset, blockLength), at: at + blockLength.offset };
			const each = block === null ? BigInt(plan.body.least) : block.length;
			// So a count that was forged costs nothing: every item takes a byte at least.
			if (counted.value * (each > 0n ? each : 1n) > BigInt(bytes.length - counted.end)) throw new Refusal('truncated', bytes.length);
			let after = counted.end;
			readItems(walk, plan.column, row, Number(counted.value), (item) => {
				after = readBody(walk, plan.body, after, block, item, scope);
				if (plan.column !== null) target?.writeValidity(plan.column.item, item, true);
			});
			return after;
		}
	}
}

/** Calls `read` for each item with its row in the list's space. */
function readItems({ target }: Walk, column: ListColumn | null, row: number, count: number, read: (item: number) => void): void {
	const start = target === null || column === null ? 0 : target.itemCount(column);
	for (let index = 0; index < count; index++) read(target === null || column === null ? 0 : target.append(column.itemSpace));
	if (target !== null && column !== null) target.writeList(column, row, start);
}

function trimmed(field: Uint8Array, pad: TextNode['pad']): Uint8Array {
	if (pad === 'none') return field;
	if (pad === 'nul') {
		const end = field.indexOf(0);
		return end < 0 ? field : field.subarray(0, end);
	}
	return field.subarray(0, field.findLastIndex((byte) => byte !== 0x20) + 1);
}

/** A name, a text or bytes: an id, or a view. @param at where its bytes start */
function writeName({ target, intern }: Walk, bytes: Uint8Array, kind: TextNode['type']['kind'], nullable: boolean, column: ScalarColumn | null, at: number, row: number): void {
	if (bytes.length === 0 && nullable) {
		if (column !== null) target?.writeNull(column, row);
		return;
	}
	if (kind === 'symbol' && bytes.length > SYMBOL_LIMIT) throw new Refusal('too-large', at);
	const wrong = kind === 'bytes' ? -1 : wrongUtf8(bytes);
	if (wrong >= 0) throw new Refusal('utf8', at + wrong);
	if (target === null || column === null) return;
	if (kind !== 'symbol') target.writeText(column, row, bytes);
	else {
		const id = intern(column.symbolTable, bytes);
		if (id < 0) throw new Refusal('too-large', at);
		target.writeNumber(column, row, id);
	}
}

/** Index of the first sequence that is not UTF-8, or -1 (table 3-7 of the Unicode Standard). */
function wrongUtf8(bytes: Uint8Array): number {
	const within = (byte: number | undefined, least: number, most: number): boolean => byte !== undefined && byte >= least && byte <= most;
	for (let at = 0; at < bytes.length; ) {
		const lead = bytes[at] as number;
		const more = lead < 0x80 ? 0 : within(lead, 0xc2, 0xdf) ? 1 : within(lead, 0xe0, 0xef) ? 2 : within(lead, 0xf0, 0xf4) ? 3 : -1;
		if (more < 0) return at;
		for (let index = 1; index <= more; index++) {
			const least = index > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
			const most = index > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
			if (!within(bytes[at + index], least, most)) return at;
		}
		at += more + 1;
	}
	return -1;
}

/** Writes what an integer means. @param at where it stands */
function writeMeaning({ target, intern }: Walk, { type, nullValue, exponent, base, codes, constant }: Meaning, column: ScalarColumn | null, value: bigint, at: number, row: number, scope: Scope): void {
	if (constant !== null && value !== BigInt(constant)) throw new Refusal('literal', at);
	if (type === null) return;
	const write = (written: bigint | number): void => {
		if (column !== null) target?.writeNumber(column, row, written);
	};
	if (nullValue !== null && value === BigInt(nullValue)) {
		if (column !== null) target?.writeNull(column, row);
		return;
	}
	switch (type.kind) {
		case 'integer':
			write(value);
			return;
		case 'decimal': {
			if (value > I64_MOST) throw new Refusal('range', at);
			const power = typeof exponent === 'number' ? BigInt(exponent) : (scope.get(exponent) as bigint);
			const result = scaled(value, power + BigInt(type.scale), type.excess);
			if (typeof result === 'string') throw new Refusal(result, at);
			write(result);
			return;
		}
		case 'timestamp': {
			const nanoseconds = value * UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS] + BigInt(base);
			if (nanoseconds < I64_LEAST || nanoseconds > I64_MOST) throw new Refusal('timestamp', at);
			write(nanoseconds);
			return;
		}
		case 'flag': {
			const index = codes.length === 0 ? (value === 0n ? 0 : 1) : codes.indexOf(value.toString());
			if (index < 0) throw new Refusal('enumeration', at);
			if (column !== null) target?.writeFlag(column, row, index === 1);
			return;
		}
		case 'enumeration': {
			const id = codes.indexOf(value.toString());
			if (id >= 0) write(id);
			else if (type.unknown === 'reject') throw new Refusal('enumeration', at);
			else if (type.unknown === 'null') {
				if (column !== null) target?.writeNull(column, row);
			} else if (value < 0n || value > 0x7fn) throw new Refusal('utf8', at);
			else if (column !== null && target !== null) {
				const interned = intern(column.symbolTable, Uint8Array.of(Number(value)));
				if (interned < 0) throw new Refusal('too-large', at);
				write(interned);
			}
		}
	}
}
