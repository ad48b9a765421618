/**
 * How messages lie in bytes, as plain data: what the builders in `fields.ts` (and loaders of other schema languages) make,
 * and what the reference, the generator and the encoder read. A format goes with a schema of the same names: `format.ts`
 * derives it.
 *
 * ```
 *  header                           | root block (its length may be in the header) | groups, data, … | trailing
 *  type · length · version · …      | fixed-size fields                            | variable        |
 * ```
 */
import type { BytesType, DecimalType, EnumerationType, FlagType, IntegerType, SymbolType, TextType, TimestampType } from '../../schema/model.ts';

export type Endian = 'little' | 'big';

/** One to eight bytes, two's complement where signed. */
export interface WireInteger {
	readonly kind: 'integer';
	readonly bytes: number;
	readonly endian: Endian;
	readonly signed: boolean;
}
/** LEB128: seven bits a byte, the lowest first, up to ten bytes; `zigzag` puts the sign into the lowest bit. */
export interface WireVarint {
	readonly kind: 'varint';
	readonly zigzag: boolean;
}
export type WireNumber = WireInteger | WireVarint;

/** What becomes of an integer that was read. Integers of any size are decimal text, so that all of it is plain data. */
export interface Meaning {
	/** Null: read, but not stored (counts, exponents, presence maps, constants). */
	readonly type: IntegerType | DecimalType | TimestampType | FlagType | EnumerationType | null;
	/** The integer that stands for null; null where none does. */
	readonly nullValue: string | null;
	/** Of decimals: the power of ten, or the name of an earlier number that carries it. */
	readonly exponent: number | string;
	/** Of timestamps: nanoseconds that are added, such as midnight. */
	readonly base: string;
	/** Of enumerations: the integer of each of its values. Of flags: those of false and true; empty where all but 0 is true. */
	readonly codes: readonly string[];
	/** The integer that must stand here; null where any may. */
	readonly constant: string | null;
}

export interface NodeCommon {
	readonly name: string;
	/** Version of the format that brought it; what is older lacks it. 0: always there. */
	readonly since: number;
	/** Version that deprecated it, where the schema says so. It is read as before. */
	readonly deprecated?: number;
	/** It is there only where this bit of an earlier number is set. */
	readonly when: { readonly map: string; readonly bit: number } | null;
}
export interface NumberNode extends NodeCommon {
	readonly kind: 'number';
	readonly number: WireNumber;
	readonly meaning: Meaning;
	/** Of decimals: their own exponent, right behind the mantissa; null where `meaning.exponent` says it. */
	readonly exponentAfter?: WireInteger | null;
}
/** Several values in one integer; a struct in the table. */
export interface BitsNode extends NodeCommon {
	readonly kind: 'bits';
	readonly number: WireInteger;
	readonly parts: readonly { readonly name: string; readonly shift: number; readonly width: number; readonly meaning: Meaning }[];
}
export interface FloatNode extends NodeCommon {
	readonly kind: 'float';
	readonly bytes: 4 | 8;
	readonly endian: Endian;
	/** NaN is null. */
	readonly nullable: boolean;
}
/** Text in a fixed number of bytes: up to its last byte that is no space, or up to its first NUL; bytes: all of them, padded with `none`. */
export interface TextNode extends NodeCommon {
	readonly kind: 'text';
	readonly bytes: number;
	readonly pad: 'space' | 'nul' | 'none';
	readonly type: SymbolType | TextType | BytesType;
	/** Nothing but padding is null. */
	readonly nullable: boolean;
}
/** Text or bytes after their length. */
export interface DataNode extends NodeCommon {
	readonly kind: 'data';
	readonly length: WireNumber;
	/** Null: any bytes, which are dropped. */
	readonly type: SymbolType | TextType | BytesType | null;
	/** Length 0 is null. */
	readonly nullable: boolean;
}
/** Bytes without a meaning. */
export interface SkipNode extends NodeCommon {
	readonly kind: 'skip';
	readonly bytes: number;
}
/** Bytes up to the next multiple, counted from the message's first byte. */
export interface AlignNode extends NodeCommon {
	readonly kind: 'align';
	readonly to: number;
}
/** A value that the format states, and no byte carries. */
export interface StatedNode extends NodeCommon {
	readonly kind: 'stated';
	readonly value: string | number;
}
export interface StructNode extends NodeCommon {
	readonly kind: 'struct';
	readonly nodes: readonly WireNode[];
}
/** Items after their count. With a block length each item's fixed part has that many bytes, described or not. */
export interface GroupNode extends NodeCommon {
	readonly kind: 'group';
	/** Bytes of the group's head, which holds the places below. A count that is a varint has no head. */
	readonly head: number;
	readonly blockLength: Place | null;
	readonly count: Place | WireVarint;
	readonly nodes: readonly WireNode[];
}
/** A fixed number of numbers. */
export interface ArrayNode extends NodeCommon {
	readonly kind: 'array';
	readonly count: number;
	readonly item: NumberNode | FloatNode;
}
export type WireNode = NumberNode | BitsNode | FloatNode | TextNode | DataNode | SkipNode | AlignNode | StatedNode | StructNode | GroupNode | ArrayNode;

/** An unsigned integer at a known offset from the start of a header. */
export interface Place extends WireInteger {
	readonly offset: number;
}

/** What every message starts with. */
export interface WireHeader {
	readonly size: number;
	/** Says which message it is; null where there is only one. */
	readonly type: Place | null;
	/** The message's own length in bytes, less `lengthExcludes`. */
	readonly length: Place | null;
	readonly lengthExcludes: number;
	/** Bytes of the root block: the fixed-size fields at the start of the body. */
	readonly blockLength: Place | null;
	/** Version that the message was written with. */
	readonly version: Place | null;
	/** Integers that must be these; another value is no message of this format. */
	readonly constants: readonly { readonly place: Place; readonly value: string }[];
}

export interface WireMessage {
	readonly name: string;
	readonly role: 'table' | 'control';
	/** What the header's type says; null where it has none. */
	readonly type: string | null;
	/** How the type is shown and compared as a schema's literal. */
	readonly literal: string | number | null;
	/** Version that deprecated it, where the schema says so. */
	readonly deprecated?: number;
	readonly nodes: readonly WireNode[];
}

export interface WireFormat {
	readonly name: string;
	/** Of the wire: what fields' `since` refers to. */
	readonly version: number;
	/** Of the tables. Default: `version`. */
	readonly schemaVersion?: number;
	readonly header: WireHeader;
	readonly messages: readonly WireMessage[];
	/** Bytes after what is described: a reason to refuse the message, or dropped. */
	readonly trailing: 'reject' | 'skip';
}

/** Bytes of a node that always takes the same number; null of one that does not. `align` depends on where it stands. */
export function fixedSize(node: WireNode): number | null {
	if (node.when !== null) return null;
	switch (node.kind) {
		case 'number':
			return node.number.kind === 'integer' ? node.number.bytes + (node.exponentAfter?.bytes ?? 0) : null;
		case 'bits':
			return node.number.bytes;
		case 'float':
		case 'text':
		case 'skip':
			return node.bytes;
		case 'stated':
			return 0;
		case 'array': {
			const item = fixedSize(node.item);
			return item === null ? null : item * node.count;
		}
		case 'struct':
			return node.nodes.reduce<number | null>((sum, inner) => {
				const size = fixedSize(inner);
				return sum === null || size === null ? null : sum + size;
			}, 0);
		default:
			return null;
	}
}
