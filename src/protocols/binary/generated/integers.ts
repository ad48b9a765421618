/**
 * Integers out of bytes. WebAssembly has no byte swap: several big-endian (or oddly wide) fields are loaded as one vector
 * of 16 bytes and brought into lanes by one table look-up, from which they are stored or taken.
 *
 * ```
 *  bytes   | t | locate | tracking | time (6)         | reference …     a window of 16 bytes
 *  lanes   | time, zero-extended (8)  | locate (4) | tracking (4) |      after the look-up
 * ```
 */
import { F32, F64, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import type { Plan, RunSegment } from '../plan.ts';
import type { FloatNode, WireInteger } from '../wire.ts';
import type { Scope } from './scope.ts';

/** An integer: of 32 bits where it has up to four bytes, extended by its sign. */
export type Raw = I32 | I64;

/** A field's place in a window's lanes. */
interface LaneField {
	readonly offset: number;
	readonly bytes: number;
	/** Width of the lane, 4 or 8, and its first byte. */
	readonly lane: 4 | 8;
	readonly at: number;
}

/** Sixteen bytes from `offset` of a run, and the fields that one look-up brings out. */
export interface Window {
	readonly offset: number;
	readonly mask: Uint8Array;
	readonly fields: readonly LaneField[];
}

/** Integers that a plain load does not give. */
const wantsLane = ({ bytes, endian }: WireInteger): boolean => bytes > 1 && (endian === 'big' || ![2, 4, 8].includes(bytes));

/** A run's windows, the same for the same run. */
export function windowsOf(run: RunSegment): Window[] {
	const wanted = integersOf(run.entries)
		.filter(({ integer }) => wantsLane(integer))
		.sort((a, b) => a.offset - b.offset);
	const windows: { offset: number; mask: Uint8Array; fields: LaneField[] }[] = [];
	for (const { offset, integer } of wanted) {
		const lane = integer.bytes > 4 ? 8 : 4;
		const open = windows.at(-1);
		const place = open === undefined || offset + integer.bytes > open.offset + 16 ? -1 : freeLane(open.mask, open.fields, lane);
		const window = place < 0 ? { offset, mask: new Uint8Array(16).fill(0xff), fields: [] as LaneField[] } : (open as (typeof windows)[number]);
		if (place < 0) windows.push(window);
		const at = Math.max(0, place);
		for (let byte = 0; byte < integer.bytes; byte++) window.mask[at + byte] = offset - window.offset + (integer.endian === 'big' ? integer.bytes - 1 - byte : byte);
		window.fields.push({ offset, bytes: integer.bytes, lane, at });
	}
	return windows;
}

function freeLane(_: Uint8Array, fields: readonly LaneField[], lane: 4 | 8): number {
	for (let at = 0; at + lane <= 16; at += lane) if (fields.every((field) => field.at + field.lane <= at || at + lane <= field.at)) return at;
	return -1;
}

function integersOf(entries: readonly { readonly offset: number; readonly plan: Plan }[], base = 0): { offset: number; integer: WireInteger }[] {
	return entries.flatMap(({ offset, plan }): { offset: number; integer: WireInteger }[] => {
		const at = base + offset;
		switch (plan.kind) {
			case 'number':
				// A number of a later version may not be there; those are loaded by themselves.
				return plan.node.since > 0 || plan.node.number.kind !== 'integer' || (plan.column === null && plan.node.meaning.type !== null) ? [] : [{ offset: at, integer: plan.node.number }];
			case 'bits':
				return plan.node.since > 0 ? [] : [{ offset: at, integer: plan.node.number }];
			case 'struct':
				return plan.node.since > 0 ? [] : integersOf(plan.body.segments[0].entries, at);
			default:
				return [];
		}
	});
}

export const maskKey = (mask: Uint8Array): string => mask.join();

/** Bytes in another order; an index with its highest bit set gives 0. */
export function lookUp(scope: Pick<Scope, 'e' | 'base' | 'masks'>, bytes: V128, mask: Uint8Array): V128 {
	const { e, base, masks } = scope;
	const indices = masks.get(maskKey(mask)) ?? V128.load(base, e.pool.add(mask));
	return e.relaxed ? bytes.relaxedSwizzle(indices) : bytes.swizzle(indices);
}

/** A window that was loaded, in a local; its fields' offsets count from the address that all loads are relative to. */
export interface LoadedWindow extends Window {
	readonly lanes: Local<V128>;
}

/** The vector and the lane that hold a field at an offset; null where a plain load is better. */
export function laneOf(windows: readonly LoadedWindow[], offset: number, { bytes }: WireInteger): { lanes: V128; width: 4 | 8; index: number } | null {
	for (const { lanes, fields } of windows) {
		const field = fields.find((candidate) => candidate.offset === offset && candidate.bytes === bytes);
		if (field !== undefined) return { lanes, width: field.lane, index: field.at / field.lane };
	}
	return null;
}

/** The integer at `p + offset`, which is there. Reads up to 15 bytes beyond it. */
export function loadInteger(scope: Scope, integer: WireInteger, p: I32, offset: number, windows: readonly LoadedWindow[] = []): Raw {
	const { bytes, signed } = integer;
	const lane = laneOf(windows, offset, integer);
	if (lane !== null) return lane.width === 4 ? signExtend32(lane.lanes.i32x4.extractLane(lane.index), integer) : signExtend64(lane.lanes.i64x2.extractLane(lane.index), integer);
	if (!wantsLane(integer)) {
		switch (bytes) {
			case 1:
				return signed ? I32.load8S(p, offset) : I32.load8U(p, offset);
			case 2:
				return signed ? I32.load16S(p, offset) : I32.load16U(p, offset);
			case 4:
				return I32.load(p, offset);
			default:
				return I64.load(p, offset);
		}
	}
	const mask = new Uint8Array(16).fill(0xff);
	for (let byte = 0; byte < bytes; byte++) mask[byte] = integer.endian === 'big' ? bytes - 1 - byte : byte;
	const lanes = lookUp(scope, bytes > 8 ? V128.load(p, offset) : V128.load64Zero(p, offset), mask);
	return bytes <= 4 ? signExtend32(lanes.i32x4.extractLane(0), integer) : signExtend64(lanes.i64x2.extractLane(0), integer);
}

function signExtend32(value: I32, { bytes, signed }: WireInteger): I32 {
	return signed && bytes < 4 ? value.shl(32 - bytes * 8).shrS(32 - bytes * 8) : value;
}

function signExtend64(value: I64, { bytes, signed }: WireInteger): I64 {
	return signed && bytes < 8 ? value.shl(BigInt(64 - bytes * 8)).shrS(BigInt(64 - bytes * 8)) : value;
}

/** The integer as 64 bits. */
export function widen(raw: Raw, signed: boolean): I64 {
	if (raw instanceof I64) return raw;
	return signed ? raw.extendS() : raw.extendU();
}

export function loadFloat(scope: Scope, { bytes, endian }: FloatNode, p: I32, offset: number): F64 {
	if (endian === 'little') return bytes === 4 ? F32.load(p, offset).promote() : F64.load(p, offset);
	const raw = loadInteger(scope, { kind: 'integer', bytes, endian, signed: bytes === 8 }, p, offset);
	return raw instanceof I64 ? raw.reinterpretF64() : raw.reinterpretF32().promote();
}
