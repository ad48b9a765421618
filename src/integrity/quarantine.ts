/**
 * The quarantine: refused messages with the reason, kept so that they can be replayed after a fix.
 *
 * A file, all numbers little endian, everything 8-byte aligned:
 * ```
 *  0               8         12       16
 *  | "TFQUAR\r\n"  | version | length | header: JSON, padded with spaces … | record | record | …
 * ```
 * A record:
 * ```
 *  0        4     8          12       16        20       24         32         40         48       52     56
 *  | marker | crc | category | offset | variant | unused | sequence | received | position | length | kept | bytes … |
 * ```
 * `marker` is "TFQR"; `crc` is the CRC-32 of everything from `category` to the last byte kept; `length` is the whole
 * message's (0xFFFFFFFF where it was longer than that, which one dropped while it arrived may be);
 * `kept` bytes of it follow, padded to 8. `position` is where the message began in the input, -1 where that is not known.
 */
import { crc32 } from '../codecs/crc.ts';
import { ERROR_CATEGORIES, type ErrorCategory } from '../compiler/parser-abi.ts';

const FILE = { magic: 0, version: 8, headerLength: 12, header: 16 } as const;
const RECORD = { marker: 0, crc: 4, category: 8, offset: 12, variant: 16, sequence: 24, received: 32, position: 40, length: 48, kept: 52, bytes: 56 } as const;
const MAGIC = Uint8Array.of(0x54, 0x46, 0x51, 0x55, 0x41, 0x52, 0x0d, 0x0a);
const MARKER = 0x52514654;
const MARKER_FIRST_BYTE = 0x54;
/** The newest version that is read, and the one that is written. */
export const QUARANTINE_VERSION = 1;
const NO_VARIANT = 0xffffffff;
/**
 * Checksums that turn out wrong are computed over so many times the file's bytes at most. Damage costs hardly any; but in
 * a forged file each of many records could claim all the rest.
 */
const MOST_IN_VAIN = 8;

const align = (size: number): number => Math.ceil(size / 8) * 8;

/** What stands at a quarantine file's start. */
export interface QuarantineHeader {
	/** `name` and `version` of the schema that refused the messages. */
	readonly schema: { readonly name: string; readonly version: number; readonly variants: readonly string[] };
	readonly protocol: string;
	/** ISO 8601. */
	readonly created: string;
	/** What wrote it. */
	readonly writer: string;
	/** Names of the inputs. */
	readonly inputs?: readonly string[];
}

/** One refused message. */
export interface QuarantineRecord {
	readonly category: ErrorCategory;
	/** From the message's first byte. */
	readonly offset: number;
	/** Number of the message in its stream, from 0. */
	readonly sequence: number;
	/** Index into the schema's variants, or -1 where none was selected. */
	readonly variant: number;
	/** Nanoseconds since the epoch, 0 when unknown. */
	readonly received: bigint;
	/** Where it began in the input, -1 when unknown. */
	readonly position: number;
	/** Bytes of the whole message. */
	readonly length: number;
	/** The message, or its start where it was longer than what is kept. */
	readonly bytes: Uint8Array;
}

export class QuarantineError extends Error {
	override readonly name = 'QuarantineError';
}

const categoryNames = new Map<number, ErrorCategory>(Object.entries(ERROR_CATEGORIES).map(([name, code]) => [code, name as ErrorCategory]));

/** The name of an error record's category number. */
export function categoryName(code: number): ErrorCategory | null {
	return categoryNames.get(code) ?? null;
}

export function encodeQuarantineHeader(header: QuarantineHeader): Uint8Array {
	const text = new TextEncoder().encode(JSON.stringify(header));
	const bytes = new Uint8Array(align(FILE.header + text.length)).fill(0x20, FILE.header);
	const view = new DataView(bytes.buffer);
	bytes.set(MAGIC, FILE.magic);
	view.setUint32(FILE.version, QUARANTINE_VERSION, true);
	view.setUint32(FILE.headerLength, bytes.length - FILE.header, true);
	bytes.set(text, FILE.header);
	return bytes;
}

export function encodeQuarantineRecord(record: QuarantineRecord): Uint8Array {
	const kept = record.bytes.length;
	const bytes = new Uint8Array(align(RECORD.bytes + kept));
	const view = new DataView(bytes.buffer);
	view.setUint32(RECORD.marker, MARKER, true);
	view.setUint32(RECORD.category, ERROR_CATEGORIES[record.category], true);
	view.setUint32(RECORD.offset, record.offset, true);
	view.setUint32(RECORD.variant, record.variant < 0 ? NO_VARIANT : record.variant, true);
	view.setBigUint64(RECORD.sequence, BigInt(record.sequence), true);
	view.setBigInt64(RECORD.received, record.received, true);
	view.setBigInt64(RECORD.position, BigInt(record.position), true);
	view.setUint32(RECORD.length, Math.min(record.length, 0xffffffff), true);
	view.setUint32(RECORD.kept, kept, true);
	bytes.set(record.bytes, RECORD.bytes);
	view.setUint32(RECORD.crc, crc32(bytes.subarray(RECORD.category, RECORD.bytes + kept)), true);
	return bytes;
}

export interface QuarantineReader {
	readonly header: QuarantineHeader;
	/** The records that are whole. Damaged stretches are passed over, up to the next record that checks out; the work is bounded by the file's size. */
	records(): Generator<QuarantineRecord, void, undefined>;
	/** Bytes passed over so far because they were damaged or cut short. */
	readonly damagedBytes: number;
}

/** Whether these are the first bytes of a quarantine file. */
export function isQuarantine(bytes: Uint8Array): boolean {
	return MAGIC.every((byte, index) => bytes[index] === byte);
}

/** Reads a quarantine file's bytes. Throws a {@link QuarantineError} where its start is not what it should be; nothing after it can make it throw. */
export function readQuarantine(given: Uint8Array): QuarantineReader {
	// A Buffer's slices are Buffers, and views: records are neither.
	const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
	if (!isQuarantine(bytes)) throw new QuarantineError('tickforge: this is no quarantine file (its first bytes are not "TFQUAR")');
	if (bytes.length < FILE.header) throw new QuarantineError('tickforge: this quarantine file ends within its header');
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const version = view.getUint32(FILE.version, true);
	if (version < 1 || version > QUARANTINE_VERSION) throw new QuarantineError(`tickforge: this quarantine file has version ${version}; this tickforge reads up to ${QUARANTINE_VERSION}`);
	const headerLength = view.getUint32(FILE.headerLength, true);
	if (headerLength > bytes.length - FILE.header) throw new QuarantineError('tickforge: this quarantine file ends within its header');
	const header = parseHeader(bytes.subarray(FILE.header, FILE.header + headerLength));
	const first = FILE.header + headerLength;
	let damagedBytes = 0;
	let inVain = 0;

	const recordAt = (at: number): { readonly record: QuarantineRecord; readonly next: number } | null => {
		if (bytes.length - at < RECORD.bytes || view.getUint32(at + RECORD.marker, true) !== MARKER) return null;
		const kept = view.getUint32(at + RECORD.kept, true);
		const category = categoryName(view.getUint32(at + RECORD.category, true));
		if (category === null || kept > bytes.length - at - RECORD.bytes || kept > view.getUint32(at + RECORD.length, true) || inVain + kept > bytes.length * MOST_IN_VAIN) return null;
		if (crc32(bytes.subarray(at + RECORD.category, at + RECORD.bytes + kept)) !== view.getUint32(at + RECORD.crc, true)) {
			inVain += kept;
			return null;
		}
		const variant = view.getUint32(at + RECORD.variant, true);
		return {
			record: {
				category,
				offset: view.getUint32(at + RECORD.offset, true),
				sequence: Number(view.getBigUint64(at + RECORD.sequence, true)),
				variant: variant === NO_VARIANT ? -1 : variant,
				received: view.getBigInt64(at + RECORD.received, true),
				position: Number(view.getBigInt64(at + RECORD.position, true)),
				length: view.getUint32(at + RECORD.length, true),
				bytes: bytes.slice(at + RECORD.bytes, at + RECORD.bytes + kept),
			},
			next: Math.min(at + align(RECORD.bytes + kept), bytes.length),
		};
	};

	return {
		header,
		get damagedBytes() {
			return damagedBytes;
		},
		*records() {
			damagedBytes = 0;
			inVain = 0;
			let at = first;
			while (at < bytes.length) {
				const found = recordAt(at);
				if (found !== null) {
					yield found.record;
					at = found.next;
					continue;
				}
				const next = bytes.indexOf(MARKER_FIRST_BYTE, at + 1);
				damagedBytes += (next < 0 ? bytes.length : next) - at;
				at = next < 0 ? bytes.length : next;
			}
		},
	};
}

function parseHeader(bytes: Uint8Array): QuarantineHeader {
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch {
		throw new QuarantineError("tickforge: this quarantine file's header is damaged");
	}
	if (!isHeader(value)) throw new QuarantineError("tickforge: this quarantine file's header is damaged");
	return value;
}

function isHeader(value: unknown): value is QuarantineHeader {
	if (typeof value !== 'object' || value === null) return false;
	const { schema, protocol, created, writer } = value as Partial<Record<keyof QuarantineHeader, unknown>>;
	if (typeof protocol !== 'string' || typeof created !== 'string' || typeof writer !== 'string') return false;
	if (typeof schema !== 'object' || schema === null) return false;
	const { name, version, variants } = schema as Record<string, unknown>;
	return typeof name === 'string' && typeof version === 'number' && Array.isArray(variants) && variants.every((variant) => typeof variant === 'string');
}
