/**
 * Rows into messages: what a format reads, written. For tests, simulators and replay; allocates as it likes.
 */
import type { RowOf, Schema, TableNames, VariantNames } from '../../schema/index.ts';
import type { BinaryProtocol } from './index.ts';
import { scaled, UNIT_NANOSECONDS } from './values.ts';
import { type DataNode, fixedSize, type GroupNode, type Meaning, type NumberNode, type Place, type WireFormat, type WireInteger, type WireMessage, type WireNode, type WireNumber } from './wire.ts';

/** A value to write. Decimals are mantissas at the column's scale (bigint), or text such as `1.50`; timestamps are nanoseconds since 1970. */
export type EncodedValue = null | undefined | bigint | number | boolean | string | Uint8Array | readonly EncodedValue[] | { readonly [name: string]: EncodedValue };
export interface EncodedRow {
	readonly [name: string]: EncodedValue;
}

export interface EncodeOptions {
	/** Version to write, where the header has one: fields that came later are left out. Default: the format's. */
	readonly version?: number;
	/** Bytes of unknown content at the end of the root block and of each group's items, where those have a block length: what a newer version would have there. */
	readonly extraBlockBytes?: number;
}

export interface Encoder<S extends Schema = Schema> {
	/**
	 * One message. Presence maps, lengths, block lengths, counts and exponents without a column are computed.
	 *
	 * @throws TypeError or RangeError where a value does not fit its field; the message names it
	 */
	encode<const Name extends VariantNames<S>>(name: Name, row: Name extends TableNames<S> ? RowOf<S, Name> | EncodedRow : EncodedRow, options?: EncodeOptions): Uint8Array;
}

export function createEncoder<S extends Schema>(protocol: BinaryProtocol<S>): Encoder<S> {
	const { format } = protocol;
	return {
		encode(name, row, options = {}) {
			const message = format.messages.find((candidate) => candidate.name === name);
			if (message === undefined) throw new TypeError(`tickforge: the format "${format.name}" has no message "${name}"; it has ${format.messages.map((one) => one.name).join(', ')}`);
			return encodeMessage(format, message, row as EncodedRow, options);
		},
	};
}

/** Bytes that grow. */
class Writer {
	#bytes = new Uint8Array(64);
	length = 0;

	reserve(count: number): number {
		const at = this.length;
		this.length += count;
		if (this.length > this.#bytes.length) {
			const grown = new Uint8Array(Math.max(this.length, this.#bytes.length * 2));
			grown.set(this.#bytes);
			this.#bytes = grown;
		}
		return at;
	}

	integer(at: number, value: bigint, { bytes, endian }: WireInteger): void {
		for (let index = 0; index < bytes; index++) this.#bytes[endian === 'little' ? at + index : at + bytes - 1 - index] = Number((value >> BigInt(index * 8)) & 0xffn);
	}

	put(bytes: Uint8Array): void {
		const at = this.reserve(bytes.length);
		this.#bytes.set(bytes, at);
	}

	fill(count: number, byte: number): void {
		const at = this.reserve(count);
		this.#bytes.fill(byte, at, this.length);
	}

	taken(): Uint8Array {
		return this.#bytes.slice(0, this.length);
	}
}

interface Writing {
	readonly to: Writer;
	readonly version: number;
	readonly extra: number;
}
/** Numbers written so far, by name. */
type Scope = Map<string, bigint>;

const encoder = new TextEncoder();

function encodeMessage(format: WireFormat, message: WireMessage, row: EncodedRow, options: EncodeOptions): Uint8Array {
	const { header } = format;
	const to = new Writer();
	const writing: Writing = { to, version: options.version ?? format.version, extra: header.blockLength === null ? 0 : (options.extraBlockBytes ?? 0) };
	to.reserve(header.size);
	const put = (place: Place | null, value: bigint, what: string): void => {
		if (place === null) return;
		checkFits(value, place, `${message.name}: ${what}`);
		to.integer(place.offset, value, place);
	};
	for (const { place, value } of header.constants) put(place, BigInt(value), 'constant');
	if (message.type !== null) put(header.type, BigInt(message.type), 'type');
	put(header.version, BigInt(writing.version), 'version');
	const block = writeNodes(writing, message.nodes, row, message.name, new Map(), { ...options, ofBlock: header.blockLength !== null, atRoot: true });
	put(header.blockLength, BigInt(block), 'block length');
	put(header.length, BigInt(to.length - header.lengthExcludes), 'length');
	return to.taken();
}

/** Writes nodes one after the other; returns the bytes of the leading ones of fixed size. */
function writeNodes(writing: Writing, nodes: readonly WireNode[], row: EncodedRow, path: string, outer: Scope, block: { readonly ofBlock: boolean; readonly atRoot?: boolean; readonly extraBlockBytes?: number }): number {
	const { to } = writing;
	const scope: Scope = new Map(outer);
	const start = to.length;
	let blockEnd = -1;
	let known = block.atRoot === true;
	const endBlock = (): void => {
		if (blockEnd >= 0) return;
		if (block.ofBlock) to.fill(block.extraBlockBytes ?? 0, 0xee);
		blockEnd = to.length;
	};
	for (const node of nodes) {
		const size = node.kind === 'align' && node.when === null && known ? 0 : fixedSize(node);
		// Where a later version's field may stand before it, nobody knows how far an alignment goes.
		if (node.since > 0) known = false;
		if (size === null) {
			known = false;
			endBlock();
		}
		if (node.since > writing.version) continue;
		const value = row[node.name];
		if (node.when !== null && !isSet(scope, node)) continue;
		writeNode(writing, node, value, `${path}.${node.name}`, scope, () => presenceOf(nodes, row, node.name), node.kind === 'number' && node.meaning.type === null ? exponentFor(nodes, node.name) : null, block.extraBlockBytes ?? 0);
	}
	endBlock();
	return blockEnd - start;
}

const isSet = (scope: Scope, { when }: WireNode): boolean => when !== null && (((scope.get(when.map) ?? 0n) >> BigInt(when.bit)) & 1n) === 1n;

/** Bits of a presence map: of each later field that the row has. */
function presenceOf(nodes: readonly WireNode[], row: EncodedRow, map: string): bigint {
	let bits = 0n;
	for (const { when, name } of nodes) if (when?.map === map && row[name] !== undefined && row[name] !== null) bits |= 1n << BigInt(when.bit);
	return bits;
}

/** The exponent at which all decimals that refer to a hidden number lose nothing: that of their columns' scale. */
function exponentFor(nodes: readonly WireNode[], carrier: string): bigint | null {
	let found: bigint | null = null;
	const look = (inner: readonly WireNode[]): void => {
		for (const node of inner) {
			if (node.kind === 'struct' || node.kind === 'group') look(node.nodes);
			const number = node.kind === 'array' && node.item.kind === 'number' ? node.item : node;
			if (number.kind !== 'number' || number.meaning.exponent !== carrier || number.meaning.type?.kind !== 'decimal') continue;
			const exponent = BigInt(-number.meaning.type.scale);
			found = found === null || exponent < found ? exponent : found;
		}
	};
	look(nodes);
	return found;
}

function writeNode(writing: Writing, node: WireNode, value: EncodedValue, path: string, scope: Scope, presence: () => bigint, exponent: bigint | null, extraBlockBytes: number): void {
	const { to } = writing;
	switch (node.kind) {
		case 'number': {
			if (node.exponentAfter !== undefined && node.exponentAfter !== null && node.meaning.type?.kind === 'decimal') {
				// At the column's scale nothing is lost.
				const power = -node.meaning.type.scale;
				writeNumber(to, node.number, meantBy({ ...node.meaning, exponent: power }, value, path, scope), path);
				writeNumber(to, node.exponentAfter, BigInt(power), `${path}: exponent`);
				return;
			}
			const raw = node.meaning.type === null ? hiddenValue(node, value, presence(), exponent, path) : meantBy(node.meaning, value, path, scope) | presence();
			writeNumber(to, node.number, raw, path);
			scope.set(node.name, raw);
			return;
		}
		case 'bits': {
			const parts = (value ?? {}) as EncodedRow;
			let word = 0n;
			for (const { name, shift, width, meaning } of node.parts) {
				const raw = meaning.constant !== null ? BigInt(meaning.constant) : meaning.type === null ? toInteger(parts[name] ?? 0, `${path}.${name}`) : meantBy(meaning, parts[name], `${path}.${name}`, scope);
				if (raw < 0n || raw >= 2n ** BigInt(width)) throw new RangeError(`tickforge: "${path}.${name}" is ${raw}, which does not fit ${width} bits`);
				word |= raw << BigInt(shift);
			}
			to.integer(to.reserve(node.number.bytes), word, node.number);
			return;
		}
		case 'float': {
			if (value === null || value === undefined ? !node.nullable : typeof value !== 'number') throw wrong(path, 'a number', value);
			const view = new DataView(new ArrayBuffer(8));
			if (node.bytes === 4) view.setFloat32(0, (value ?? Number.NaN) as number);
			else view.setFloat64(0, (value ?? Number.NaN) as number);
			const bytes = new Uint8Array(view.buffer, 0, node.bytes);
			to.put(node.endian === 'big' ? bytes : bytes.reverse());
			return;
		}
		case 'text': {
			if (node.type.kind === 'bytes') {
				if (!(value instanceof Uint8Array)) throw wrong(path, 'bytes (a Uint8Array)', value);
				if (value.length !== node.bytes) throw new RangeError(`tickforge: "${path}" has ${value.length} bytes, and must have ${node.bytes}`);
				to.put(value);
				return;
			}
			const bytes = nameBytes(value, node.nullable, path);
			const filler = node.pad === 'space' ? 0x20 : 0;
			if (bytes.length > node.bytes) throw new RangeError(`tickforge: "${path}" has ${bytes.length} bytes, and ${node.bytes} are there`);
			if (bytes.at(-1) === 0x20 && node.pad === 'space') throw new RangeError(`tickforge: "${path}" ends with a space, which would be lost among the padding`);
			if (bytes.includes(0) && node.pad === 'nul') throw new RangeError(`tickforge: "${path}" has a NUL, which would end it`);
			to.put(bytes);
			to.fill(node.bytes - bytes.length, filler);
			return;
		}
		case 'data': {
			const bytes = dataBytes(node, value, path);
			writeNumber(to, node.length, BigInt(bytes.length), `${path}: length`);
			to.put(bytes);
			return;
		}
		case 'skip':
			to.fill(node.bytes, 0);
			return;
		case 'align':
			to.fill((node.to - (to.length % node.to)) % node.to, 0);
			return;
		case 'stated':
			return;
		case 'struct':
			writeNodes(writing, node.nodes, (value ?? {}) as EncodedRow, path, scope, { ofBlock: false });
			return;
		case 'array': {
			const items = listOf(value, path);
			if (items.length !== node.count) throw new RangeError(`tickforge: "${path}" has ${items.length} items, and must have ${node.count}`);
			items.forEach((item, index) => {
				writeNode(writing, node.item, item, `${path}[${index}]`, scope, () => 0n, null, 0);
			});
			return;
		}
		case 'group':
			writeGroup(writing, node, listOf(value, path), path, scope, extraBlockBytes);
	}
}

function writeGroup(writing: Writing, node: GroupNode, items: readonly EncodedValue[], path: string, scope: Scope, extraBlockBytes: number): void {
	const { to } = writing;
	const count = BigInt(items.length);
	if (!('offset' in node.count)) writeNumber(to, node.count, count, `${path}: count`);
	const head = to.reserve(node.head);
	const hasBlock = node.blockLength !== null;
	// Every item has a block of the same length; without items, that of an empty one.
	let block = hasBlock ? emptyBlock(writing, node, extraBlockBytes) : 0;
	items.forEach((item, index) => {
		block = writeNodes(writing, node.nodes, (item ?? {}) as EncodedRow, `${path}[${index}]`, scope, { ofBlock: hasBlock, extraBlockBytes });
	});
	if ('offset' in node.count) {
		checkFits(count, node.count, `${path}: count`);
		to.integer(head + node.count.offset, count, node.count);
	}
	if (node.blockLength !== null) {
		checkFits(BigInt(block), node.blockLength, `${path}: block length`);
		to.integer(head + node.blockLength.offset, BigInt(block), node.blockLength);
	}
}

function emptyBlock({ version }: Writing, { nodes }: GroupNode, extra: number): number {
	let size = extra;
	for (const node of nodes) {
		const bytes = fixedSize(node);
		if (bytes === null) break;
		if (node.since <= version) size += bytes;
	}
	return size;
}

function hiddenValue({ meaning }: NumberNode, given: EncodedValue, presence: bigint, exponent: bigint | null, path: string): bigint {
	if (meaning.constant !== null) return BigInt(meaning.constant);
	if (given !== undefined && given !== null) return toInteger(given, path) | presence;
	return presence === 0n ? (exponent ?? 0n) : presence;
}

function writeNumber(to: Writer, number: WireNumber, value: bigint, path: string): void {
	if (number.kind === 'integer') {
		checkFits(value, number, path);
		to.integer(to.reserve(number.bytes), value, number);
		return;
	}
	checkFits(value, { bytes: 8, signed: number.zigzag }, path);
	let rest = number.zigzag ? BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)) : value;
	const bytes: number[] = [];
	do {
		const low = Number(rest & 0x7fn);
		rest >>= 7n;
		bytes.push(rest > 0n ? low | 0x80 : low);
	} while (rest > 0n);
	to.put(Uint8Array.from(bytes));
}

function checkFits(value: bigint, { bytes, signed }: { readonly bytes: number; readonly signed: boolean }, path: string): void {
	const bits = bytes * 8;
	if ((signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) !== value) throw new RangeError(`tickforge: "${path}" is ${value}, which does not fit ${bits} bits, ${signed ? 'signed' : 'unsigned'}`);
}

/** The integer of the wire that means a value. */
function meantBy({ type, nullValue, exponent, base, codes }: Meaning, value: EncodedValue, path: string, scope: Scope): bigint {
	if (value === null || value === undefined) {
		if (nullValue !== null) return BigInt(nullValue);
		throw new TypeError(`tickforge: "${path}" is ${value === null ? 'null' : 'missing'}, and nothing on the wire says null there`);
	}
	switch (type?.kind) {
		case 'decimal': {
			const atScale = typeof value === 'string' ? decimalText(value, type.scale, path) : toInteger(value, path);
			const power = typeof exponent === 'number' ? BigInt(exponent) : (scope.get(exponent) as bigint);
			const mantissa = scaled(atScale, -(power + BigInt(type.scale)), 'reject');
			if (typeof mantissa === 'string') throw new RangeError(`tickforge: "${path}" cannot be written as a mantissa with the exponent ${power}`);
			return mantissa;
		}
		case 'timestamp': {
			const unit = UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS];
			const since = toInteger(value, path) - BigInt(base);
			if (since % unit !== 0n) throw new RangeError(`tickforge: "${path}" is no whole number of ${type.format}`);
			return since / unit;
		}
		case 'flag':
			if (typeof value !== 'boolean') throw wrong(path, 'a flag', value);
			return codes.length === 0 ? (value ? 1n : 0n) : BigInt(codes[value ? 1 : 0] as string);
		case 'enumeration': {
			if (typeof value !== 'string') throw wrong(path, 'a value of the enumeration', value);
			const index = type.values.indexOf(value);
			if (index >= 0) return BigInt(codes[index] as string);
			if (type.unknown === 'intern' && value.length === 1 && value.charCodeAt(0) < 0x80) return BigInt(value.charCodeAt(0));
			throw new RangeError(`tickforge: "${path}" is '${value}', and one of ${type.values.join(', ')} can be written`);
		}
		default:
			return toInteger(value, path);
	}
}

export function toInteger(value: EncodedValue, path: string): bigint {
	if (typeof value === 'bigint') return value;
	if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
	throw wrong(path, 'an integer (bigint, or a safe number)', value);
}

export function decimalText(text: string, scale: number, path: string): bigint {
	const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
	const fraction = (match?.[3] ?? '').replace(/0+$/, '');
	if (match === null || fraction.length > scale) throw wrong(path, `a decimal of at most ${scale} digits after the point`, text);
	const magnitude = BigInt((match[2] as string) + fraction.padEnd(scale, '0'));
	return match[1] === '-' ? -magnitude : magnitude;
}

function nameBytes(value: EncodedValue, nullable: boolean, path: string): Uint8Array {
	if ((value === null || value === undefined) && nullable) return new Uint8Array();
	if (typeof value !== 'string') throw wrong(path, 'text', value);
	return encoder.encode(value);
}

/** Dropped and plain bytes may be given as such; text as text. */
function dataBytes({ type, nullable }: DataNode, value: EncodedValue, path: string): Uint8Array {
	if (type !== null && type.kind !== 'bytes') return nameBytes(value, nullable, path);
	if (value instanceof Uint8Array) return value;
	if ((value === null || value === undefined) && (type === null || nullable)) return new Uint8Array();
	if (type !== null) throw wrong(path, 'bytes (a Uint8Array)', value);
	return nameBytes(value, nullable, path);
}

export function listOf(value: EncodedValue, path: string): readonly EncodedValue[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) throw wrong(path, 'a list', value);
	return value as readonly EncodedValue[];
}

export function wrong(path: string, wanted: string, value: EncodedValue): TypeError {
	const shown = typeof value === 'string' ? `'${value}'` : value instanceof Uint8Array ? `${value.length} bytes` : typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : String(value);
	return new TypeError(`tickforge: "${path}" wants ${wanted}, not ${shown}`);
}
