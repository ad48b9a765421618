/**
 * How the messages of tables lie in bytes, as plain data: types (`types.ts`) with what their columns mean, a tree for each
 * table. `format.ts` makes it; the reference, the generator and the encoder read it. docs/protobuf.md has the rules.
 */
import type { ScalarType } from '../../schema/model.ts';
import type { Presence, Scalar, WireType } from './types.ts';

interface NodeCommon {
	/** The column's. */
	readonly name: string;
	/** The file's. */
	readonly protoName: string;
	readonly number: number;
	/** A list; fields that are not repeated stand once, and the last of several counts. */
	readonly repeated: boolean;
	readonly presence: Presence;
	/** Members of the same oneof exclude each other; null for none. */
	readonly oneof: string | null;
}

/** What a scalar becomes in its column. */
export interface Meaning {
	readonly type: ScalarType;
	/** Of decimals that are integers on the wire: the power of ten. Else 0. */
	readonly exponent: number;
	/** Of enums that are an enumeration: the number of each of `type.values`. Else empty. */
	readonly codes: readonly number[];
	/** Of closed enums, whatever their column: the numbers that are values. Null where every number is one. */
	readonly known: readonly number[] | null;
	/** The empty string is null: of what is read from strings and bytes, other than text and bytes. */
	readonly emptyIsNull: boolean;
	/**
	 * What the column holds where the field is absent in a message that is there; null for null. Integers as stored (at the
	 * column's scale, an enumeration's id), `true` or `false`, `String(double)`, the empty text (of bytes, too).
	 */
	readonly absent: string | null;
}

export interface ScalarNode extends NodeCommon {
	readonly kind: 'scalar';
	readonly scalar: Scalar;
	/** How the encoder writes it where it is repeated. */
	readonly packed: boolean;
	readonly meaning: Meaning;
}
/** A `google.protobuf.Timestamp` as nanoseconds in a timestamp column. */
export interface InstantNode extends NodeCommon {
	readonly kind: 'instant';
	readonly delimited: boolean;
}
/** A message: a struct; a list of them where it is repeated. An entry of a map is a repeated message of key (1) and value (2). */
export interface MessageNode extends NodeCommon {
	readonly kind: 'message';
	readonly typeName: string;
	readonly delimited: boolean;
	readonly isMapEntry: boolean;
	readonly nodes: readonly WireNode[];
}
/** A field that is known and has no column: its value is not looked at. */
export interface SkipNode extends NodeCommon {
	readonly kind: 'skip';
	readonly wireType: WireType;
	/** Several values may stand behind one tag of wire type 2. */
	readonly packable: boolean;
}
export type WireNode = ScalarNode | InstantNode | MessageNode | SkipNode;

export interface WireVariant {
	readonly name: string;
	readonly role: 'table' | 'control';
	/** Number of the oneof's member that is set in its messages; null where there is one kind of message. */
	readonly member: number | null;
	/** Fields of the root message. */
	readonly nodes: readonly WireNode[];
}

export interface ProtobufFormat {
	readonly name: string;
	/** Of the tables. */
	readonly version: number;
	/** Full name of the root message. */
	readonly message: string;
	/** Where the oneof is that tells the variants apart: numbers of the messages on the way from the root. Null with one variant. */
	readonly oneofPath: readonly number[] | null;
	/** Unknown fields of the root message: dropped, or kept as they are, one after the other, in a last column `unknownFields`. */
	readonly unknown: 'skip' | 'keep';
	readonly variants: readonly WireVariant[];
}

/** The column of kept unknown fields. */
export const UNKNOWN_FIELDS = 'unknownFields';

/** Whether the column of a field that stands once may be null where its message is there. */
export function isNullable(node: WireNode): boolean {
	if (node.repeated) return false;
	if (node.kind === 'scalar') return node.meaning.emptyIsNull || (node.meaning.absent === null && node.presence !== 'required');
	return node.presence === 'explicit';
}

/** Whether items of a list may be null. */
export function isItemNullable(node: WireNode): boolean {
	return node.kind === 'scalar' && node.meaning.emptyIsNull;
}

/** Whether a node has a column in its table. */
export function hasColumn(node: WireNode): boolean {
	return node.kind === 'message' ? node.nodes.some(hasColumn) : node.kind !== 'skip';
}
