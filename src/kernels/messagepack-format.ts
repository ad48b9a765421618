/**
 * The bytes that MessagePack values start with (https://github.com/msgpack/msgpack/blob/master/spec.md):
 * ```
 *  00–7f  positive fixint       c0  nil            ca cb        float 32, 64
 *  80–8f  fixmap                c1  never used     cc cd ce cf  uint 8, 16, 32, 64
 *  90–9f  fixarray              c2  false          d0 d1 d2 d3  int 8, 16, 32, 64
 *  a0–bf  fixstr                c3  true           d4 … d8      fixext 1, 2, 4, 8, 16
 *  e0–ff  negative fixint       c4 c5 c6  bin      d9 da db     str 8, 16, 32
 *                               c7 c8 c9  ext      dc dd  array 16, 32    de df  map 16, 32
 * ```
 * All numbers after it are big endian.
 */
export const FORMAT = {
	fixmap: 0x80,
	fixarray: 0x90,
	fixstr: 0xa0,
	nil: 0xc0,
	unused: 0xc1,
	false: 0xc2,
	true: 0xc3,
	bin8: 0xc4,
	bin16: 0xc5,
	bin32: 0xc6,
	ext8: 0xc7,
	ext16: 0xc8,
	ext32: 0xc9,
	float32: 0xca,
	float64: 0xcb,
	uint8: 0xcc,
	uint16: 0xcd,
	uint32: 0xce,
	uint64: 0xcf,
	int8: 0xd0,
	int16: 0xd1,
	int32: 0xd2,
	int64: 0xd3,
	fixext1: 0xd4,
	fixext2: 0xd5,
	fixext4: 0xd6,
	fixext8: 0xd7,
	fixext16: 0xd8,
	str8: 0xd9,
	str16: 0xda,
	str32: 0xdb,
	array16: 0xdc,
	array32: 0xdd,
	map16: 0xde,
	map32: 0xdf,
	negativeFixint: 0xe0,
} as const;

/** The extension type of timestamps, with data of 4, 8 or 12 bytes. */
export const TIMESTAMP_EXTENSION = -1;

/** What a value is, as its first byte says. */
export type Kind = 'nil' | 'boolean' | 'integer' | 'float' | 'string' | 'binary' | 'array' | 'map' | 'extension' | 'unused';

export function kindOf(byte: number): Kind {
	if (byte < FORMAT.fixmap || byte >= FORMAT.negativeFixint) return 'integer';
	if (byte < FORMAT.fixarray) return 'map';
	if (byte < FORMAT.fixstr) return 'array';
	if (byte < FORMAT.nil) return 'string';
	switch (byte) {
		case FORMAT.nil:
			return 'nil';
		case FORMAT.unused:
			return 'unused';
		case FORMAT.false:
		case FORMAT.true:
			return 'boolean';
		case FORMAT.bin8:
		case FORMAT.bin16:
		case FORMAT.bin32:
			return 'binary';
		case FORMAT.float32:
		case FORMAT.float64:
			return 'float';
		case FORMAT.str8:
		case FORMAT.str16:
		case FORMAT.str32:
			return 'string';
		case FORMAT.array16:
		case FORMAT.array32:
			return 'array';
		case FORMAT.map16:
		case FORMAT.map32:
			return 'map';
		default:
			return byte >= FORMAT.uint8 && byte <= FORMAT.int64 ? 'integer' : 'extension';
	}
}

/** How many bytes the length or the value's own number takes behind the first byte; 0 where that byte says it all. */
export function lengthBytesOf(byte: number): 0 | 1 | 2 | 4 {
	switch (byte) {
		case FORMAT.bin8:
		case FORMAT.ext8:
		case FORMAT.str8:
			return 1;
		case FORMAT.bin16:
		case FORMAT.ext16:
		case FORMAT.str16:
		case FORMAT.array16:
		case FORMAT.map16:
			return 2;
		case FORMAT.bin32:
		case FORMAT.ext32:
		case FORMAT.str32:
		case FORMAT.array32:
		case FORMAT.map32:
			return 4;
		default:
			return 0;
	}
}

/** Lengths that the first byte itself says: of numbers, fixed extensions (without their type), short strings, arrays and maps. */
export function fixedLengthOf(byte: number): number {
	if (byte >= FORMAT.fixmap && byte < FORMAT.fixstr) return byte & 0x0f;
	if (byte >= FORMAT.fixstr && byte < FORMAT.nil) return byte & 0x1f;
	if (byte === FORMAT.float32) return 4;
	if (byte === FORMAT.float64) return 8;
	if (byte >= FORMAT.uint8 && byte <= FORMAT.int64) return 1 << (byte & 3);
	if (byte >= FORMAT.fixext1 && byte <= FORMAT.fixext16) return 1 << (byte - FORMAT.fixext1);
	return 0;
}
