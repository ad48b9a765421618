/** Writes MessagePack value by value: for simulators, tests, and {@link encodeMessagePack}. */
import { FORMAT, TIMESTAMP_EXTENSION } from '../../kernels/messagepack-format.ts';

/** A format of integers, by its name in the specification. */
export type IntegerFormat = 'fixint' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'int8' | 'int16' | 'int32' | 'int64';

export interface MessagePackWriter {
	nil(): void;
	flag(value: boolean): void;
	/** In the shortest format, unsigned ones first, or in the given one, which it must fit. @throws RangeError */
	integer(value: number | bigint, format?: IntegerFormat): void;
	float32(value: number): void;
	float64(value: number): void;
	/** UTF-8; lone surrogates become U+FFFD. */
	string(text: string): void;
	/** A str of these bytes, which need not be UTF-8. */
	stringBytes(bytes: Uint8Array): void;
	binary(bytes: Uint8Array): void;
	/** The head of an array; its elements follow. */
	array(count: number): void;
	/** The head of a map; its keys and values follow in turn. */
	map(count: number): void;
	/** `type` is from -128 to 127. */
	extension(type: number, data: Uint8Array): void;
	/** Nanoseconds since 1970, in the shortest of the three formats or in the given one (bits), which it must fit. @throws RangeError */
	timestamp(nanoseconds: bigint, bits?: 32 | 64 | 96): void;
	/** Bytes as they are. */
	raw(bytes: Uint8Array): void;
	/** What was written since the last call, as a copy. */
	take(): Uint8Array<ArrayBuffer>;
}

const INTEGERS: Readonly<Record<Exclude<IntegerFormat, 'fixint'>, { readonly byte: number; readonly bits: number; readonly signed: boolean }>> = {
	uint8: { byte: FORMAT.uint8, bits: 8, signed: false },
	uint16: { byte: FORMAT.uint16, bits: 16, signed: false },
	uint32: { byte: FORMAT.uint32, bits: 32, signed: false },
	uint64: { byte: FORMAT.uint64, bits: 64, signed: false },
	int8: { byte: FORMAT.int8, bits: 8, signed: true },
	int16: { byte: FORMAT.int16, bits: 16, signed: true },
	int32: { byte: FORMAT.int32, bits: 32, signed: true },
	int64: { byte: FORMAT.int64, bits: 64, signed: true },
};
const SHORTEST: readonly IntegerFormat[] = ['fixint', 'uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'];

function fits(value: bigint, format: IntegerFormat): boolean {
	if (format === 'fixint') return value >= -32n && value <= 127n;
	const { bits, signed } = INTEGERS[format];
	return (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
}

const encoder = new TextEncoder();

export function createMessagePackWriter(): MessagePackWriter {
	let bytes = new Uint8Array(256);
	let view = new DataView(bytes.buffer);
	let used = 0;
	const room = (count: number): number => {
		if (used + count > bytes.length) {
			const grown = new Uint8Array(Math.max(bytes.length * 2, used + count));
			grown.set(bytes);
			bytes = grown;
			view = new DataView(bytes.buffer);
		}
		const at = used;
		used += count;
		return at;
	};
	const byte = (value: number): void => {
		const at = room(1);
		bytes[at] = value;
	};
	const raw = (content: Uint8Array): void => {
		const at = room(content.length);
		bytes.set(content, at);
	};
	/** The first byte and a length in as few bytes as hold it; `formats` are for 8 (where there is one), 16 and 32 bits. */
	const length = (count: number, formats: readonly [number | null, number, number]): void => {
		if (!Number.isInteger(count) || count < 0 || count > 0xffffffff) throw new RangeError(`tickforge: ${count} is no length in MessagePack; lengths are from 0 to 4294967295`);
		if (formats[0] !== null && count <= 0xff) {
			byte(formats[0]);
			byte(count);
		} else if (count <= 0xffff) {
			byte(formats[1]);
			const at = room(2);
			view.setUint16(at, count);
		} else {
			byte(formats[2]);
			const at = room(4);
			view.setUint32(at, count);
		}
	};
	const stringBytes = (content: Uint8Array): void => {
		if (content.length < 32) byte(FORMAT.fixstr | content.length);
		else length(content.length, [FORMAT.str8, FORMAT.str16, FORMAT.str32]);
		raw(content);
	};
	const extension = (type: number, data: Uint8Array): void => {
		if (!Number.isInteger(type) || type < -128 || type > 127) throw new RangeError(`tickforge: ${type} is no extension type in MessagePack; types are from -128 to 127`);
		const fixed = [1, 2, 4, 8, 16].indexOf(data.length);
		if (fixed >= 0) byte(FORMAT.fixext1 + fixed);
		else length(data.length, [FORMAT.ext8, FORMAT.ext16, FORMAT.ext32]);
		byte(type & 0xff);
		raw(data);
	};
	return {
		nil: () => byte(FORMAT.nil),
		flag: (value) => byte(value ? FORMAT.true : FORMAT.false),
		integer(value, format) {
			const whole = BigInt(value);
			const chosen = format ?? SHORTEST.find((one) => fits(whole, one));
			if (chosen === undefined || !fits(whole, chosen)) throw new RangeError(`tickforge: ${value} does not fit ${format ?? 'any integer format of MessagePack; those have 64 bits'}`);
			if (chosen === 'fixint') {
				byte(Number(whole) & 0xff);
				return;
			}
			const { byte: first, bits } = INTEGERS[chosen];
			byte(first);
			const at = room(bits / 8);
			for (let index = 0; index < bits / 8; index++) bytes[at + index] = Number((whole >> BigInt(bits - 8 - index * 8)) & 0xffn);
		},
		float32(value) {
			byte(FORMAT.float32);
			const at = room(4);
			view.setFloat32(at, value);
		},
		float64(value) {
			byte(FORMAT.float64);
			const at = room(8);
			view.setFloat64(at, value);
		},
		string: (text) => stringBytes(encoder.encode(text)),
		stringBytes,
		binary(content) {
			length(content.length, [FORMAT.bin8, FORMAT.bin16, FORMAT.bin32]);
			raw(content);
		},
		array(count) {
			if (count >= 0 && count < 16) byte(FORMAT.fixarray | count);
			else length(count, [null, FORMAT.array16, FORMAT.array32]);
		},
		map(count) {
			if (count >= 0 && count < 16) byte(FORMAT.fixmap | count);
			else length(count, [null, FORMAT.map16, FORMAT.map32]);
		},
		extension,
		timestamp(instant, bits) {
			let seconds = instant / 1_000_000_000n;
			let nanoseconds = instant % 1_000_000_000n;
			if (nanoseconds < 0n) {
				seconds -= 1n;
				nanoseconds += 1_000_000_000n;
			}
			const least = seconds < 0n || seconds >= 1n << 34n ? 96 : nanoseconds > 0n || seconds >= 1n << 32n ? 64 : 32;
			const chosen = bits ?? least;
			if (chosen < least) throw new RangeError(`tickforge: ${instant} ns does not fit a timestamp of ${chosen} bits; it needs ${least}`);
			const data = new DataView(new ArrayBuffer(chosen / 8));
			if (chosen === 32) data.setUint32(0, Number(seconds));
			else if (chosen === 64) data.setBigUint64(0, (nanoseconds << 34n) | seconds);
			else {
				data.setUint32(0, Number(nanoseconds));
				data.setBigInt64(4, seconds);
			}
			extension(TIMESTAMP_EXTENSION, new Uint8Array(data.buffer));
		},
		raw,
		take() {
			const taken = bytes.slice(0, used);
			used = 0;
			return taken;
		},
	};
}
