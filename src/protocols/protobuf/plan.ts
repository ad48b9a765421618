/** A format joined with the columns of its tables: what the reference and the generator walk over. */
import type { Column, ListColumn, ScalarColumn, SchemaLayout, StructColumn, TableLayout } from '../../compiler/batch-layout.ts';
import { SCALARS, WIRE, type WireType } from './types.ts';
import { hasColumn, type InstantNode, type MessageNode, type ProtobufFormat, type ScalarNode, type SkipNode, UNKNOWN_FIELDS, type WireNode, type WireVariant } from './wire.ts';

interface Common {
	/** The wire type of its tag; with another, the field is an unknown one. */
	readonly wireType: WireType;
	/** Several values may stand behind one tag of wire type 2. */
	readonly packable: boolean;
	/** Index into the message's `oneofs`; -1 for none. */
	readonly oneof: number;
	/** Index into the row's `required`, of those that must be there; -1 for others. */
	readonly required: number;
	/** The field's own column where it is repeated. Null where it is not, and in control variants. */
	readonly list: ListColumn | null;
}
export interface ScalarPlan extends Common {
	readonly kind: 'scalar';
	readonly node: ScalarNode;
	/** Of the value: the field's own, or that of the list's items. Null in control variants. */
	readonly column: ScalarColumn | null;
}
export interface InstantPlan extends Common {
	readonly kind: 'instant';
	readonly node: InstantNode;
	readonly column: ScalarColumn | null;
}
export interface SkipPlan extends Common {
	readonly kind: 'skip';
	readonly node: SkipNode;
}
export interface MessagePlan extends Common {
	readonly kind: 'message';
	readonly node: MessageNode;
	readonly column: StructColumn | null;
	readonly body: Body;
	/** Of a repeated message: the row that each of its items is. Null where it stands in its message's row. */
	readonly row: Row | null;
}
export type FieldPlan = ScalarPlan | InstantPlan | SkipPlan | MessagePlan;

/** The fields of one message. */
export interface Body {
	/** For names of functions and locals. */
	readonly path: string;
	/** The root message is 1; each message, group and entry in it is one more. */
	readonly depth: number;
	readonly fields: readonly FieldPlan[];
	readonly byNumber: ReadonlyMap<number, FieldPlan>;
	readonly oneofs: readonly string[];
}

/** What is written as one row: a root message, or an item of a list, with the messages in it that are not repeated. */
export interface Row {
	readonly body: Body;
	/** Fields that must be there, at any depth of the row: each where the message that it is in is there. */
	readonly required: readonly FieldPlan[];
	/** Lists of the row, at any depth, in the order of their columns. */
	readonly lists: readonly ListColumn[];
}

export interface VariantPlan {
	readonly variant: WireVariant;
	/** Index into the schema's variants. */
	readonly index: number;
	readonly table: TableLayout | null;
	/** Index into `SchemaLayout.tables`, or -1. */
	readonly tableIndex: number;
	readonly row: Row;
	/** The column of kept unknown fields. */
	readonly unknown: ScalarColumn | null;
}

export function planVariants(format: ProtobufFormat, layout: SchemaLayout): VariantPlan[] {
	return format.variants.map((variant, index) => {
		const tableIndex = layout.tableOfVariant[index] as number;
		const table = tableIndex < 0 ? null : (layout.tables[tableIndex] as TableLayout);
		return { variant, index, table, tableIndex, row: planRow(variant.nodes, table?.columns ?? null, variant.name, 1), unknown: format.unknown === 'keep' && table !== null ? (table.columns.find((column) => column.name === UNKNOWN_FIELDS) as ScalarColumn) : null };
	});
}

function planRow(nodes: readonly WireNode[], columns: readonly Column[] | null, path: string, depth: number): Row {
	const required: FieldPlan[] = [];
	const lists: ListColumn[] = [];
	return { body: planBody(nodes, columns, path, depth, required, lists), required, lists };
}

function planBody(nodes: readonly WireNode[], columns: readonly Column[] | null, path: string, depth: number, required: FieldPlan[], lists: ListColumn[]): Body {
	let next = 0;
	const oneofs = [...new Set(nodes.flatMap(({ oneof }) => (oneof === null ? [] : [oneof])))];
	const fields = nodes.map((node): FieldPlan => {
		const own = columns !== null && hasColumn(node) ? (columns[next++] as Column) : null;
		const list = node.repeated ? (own as ListColumn | null) : null;
		if (list !== null) lists.push(list);
		const value = node.repeated ? (list?.item ?? null) : own;
		const mustBe = node.presence === 'required' && !node.repeated;
		const common: Common = { wireType: expectedWireType(node), packable: node.kind === 'skip' ? node.packable : node.kind === 'scalar' && node.repeated && SCALARS[node.scalar].wireType !== WIRE.bytes, oneof: node.oneof === null ? -1 : oneofs.indexOf(node.oneof), required: mustBe ? required.length : -1, list };
		const here = `${path}.${node.name}`;
		// Its place among the required ones is kept until it is made.
		if (mustBe) required.push(null as unknown as FieldPlan);
		const plan = ((): FieldPlan => {
			switch (node.kind) {
				case 'scalar':
					return { ...common, kind: 'scalar', node, column: value as ScalarColumn | null };
				case 'instant':
					return { ...common, kind: 'instant', node, column: value as ScalarColumn | null };
				case 'skip':
					return { ...common, kind: 'skip', node };
				case 'message': {
					const column = value as StructColumn | null;
					const row = node.repeated ? planRow(node.nodes, column?.children ?? null, here, depth + 1) : null;
					const body = row?.body ?? planBody(node.nodes, column?.children ?? null, here, depth + 1, required, lists);
					return { ...common, kind: 'message', node, column, body, row };
				}
			}
		})();
		if (mustBe) required[common.required] = plan;
		return plan;
	});
	return { path, depth, fields, byNumber: new Map(fields.map((field) => [field.node.number, field])), oneofs };
}

function expectedWireType(node: WireNode): WireType {
	switch (node.kind) {
		case 'scalar':
			return SCALARS[node.scalar].wireType;
		case 'skip':
			return node.wireType;
		default:
			return node.delimited ? WIRE.startGroup : WIRE.bytes;
	}
}
