/**
 * A variant's type joined with the columns of its table: the tree that the emitters walk.
 */
import type { Column, ListColumn, ScalarColumn, SchemaLayout, StructColumn, TableLayout } from '../../compiler/batch-layout.ts';
import type { Field, ListType, LiteralType, MessageType, ScalarType, TemplateType, TupleType, ValueType, Variant } from '../../schema/model.ts';
import { keptKeys } from '../../schema/visit.ts';

interface Common {
	/** For names of functions and locals, and messages. */
	readonly path: string;
	/** Containers open around the value. */
	readonly depth: number;
	/** null (or, for numbers, the empty string) is accepted. */
	readonly nullable: boolean;
	/** Row space that the value's columns belong to. */
	readonly space: number;
}
export interface ScalarPlan extends Common {
	readonly kind: 'scalar';
	readonly type: ScalarType;
	readonly column: ScalarColumn | null;
}
export interface ConstantPlan extends Common {
	readonly kind: 'literal';
	readonly type: LiteralType;
}
export interface TemplatePlan extends Common {
	readonly kind: 'template';
	readonly type: TemplateType;
	readonly column: ScalarColumn | null;
}
export interface SkipPlan extends Common {
	readonly kind: 'skip' | 'absent';
}
export interface MessagePlan extends Common {
	readonly kind: 'message';
	readonly type: MessageType;
	/** Null for the table's top, which has no struct column, and in control variants. */
	readonly column: StructColumn | null;
	readonly fields: readonly FieldPlan[];
	readonly unknownKeys: ScalarColumn | null;
}
export interface TuplePlan extends Common {
	readonly kind: 'tuple';
	readonly type: TupleType;
	readonly column: StructColumn | null;
	readonly fields: readonly FieldPlan[];
}
export interface ListPlan extends Common {
	readonly kind: 'list';
	readonly type: ListType;
	readonly column: ListColumn | null;
	readonly item: ValuePlan;
}
export type ValuePlan = ScalarPlan | ConstantPlan | TemplatePlan | SkipPlan | MessagePlan | TuplePlan | ListPlan;

/** The value's own column; null where it has none. */
export function columnOf(plan: ValuePlan): Column | null {
	return 'column' in plan ? plan.column : null;
}

export interface FieldPlan {
	readonly field: Field;
	readonly value: ValuePlan;
}

export interface VariantPlan {
	readonly variant: Variant;
	readonly index: number;
	readonly table: TableLayout | null;
	/** Index into SchemaLayout.tables, or -1. */
	readonly tableIndex: number;
	readonly top: MessagePlan | TuplePlan;
}

export function planVariants(layout: SchemaLayout): VariantPlan[] {
	return layout.schema.variants.map((variant, index) => {
		const tableIndex = layout.tableOfVariant[index] as number;
		const table = tableIndex < 0 ? null : (layout.tables[tableIndex] as TableLayout);
		const top = planStruct(variant.type, null, table === null ? null : table.columns, variant.name, 0, false, 0);
		return { variant, index, table, tableIndex, top };
	});
}

function hasColumn(type: ValueType): boolean {
	return type.kind === 'template' ? type.capture !== null : type.kind !== 'literal' && type.kind !== 'absent' && type.kind !== 'skip';
}

function planStruct(type: MessageType | TupleType, column: StructColumn | null, columns: readonly Column[] | null, path: string, depth: number, nullable: boolean, space: number): MessagePlan | TuplePlan {
	let next = 0;
	const fields = type.fields.map((field): FieldPlan => {
		const own = columns !== null && hasColumn(field.type) ? (columns[next++] as Column) : null;
		return { field, value: planValue(field.type, own, `${path}.${field.name}`, depth + 1, field.nullable, space) };
	});
	const common = { path, depth, nullable, space, column, fields };
	if (type.kind === 'tuple') return { ...common, kind: 'tuple', type };
	const unknownKeys = keptKeys(type) !== null && columns !== null ? (columns[next] as ScalarColumn) : null;
	return { ...common, kind: 'message', type, unknownKeys };
}

function planValue(type: ValueType, column: Column | null, path: string, depth: number, nullable: boolean, space: number): ValuePlan {
	const common = { path, depth, nullable, space };
	switch (type.kind) {
		case 'literal':
			return { ...common, kind: 'literal', type };
		case 'template':
			return { ...common, kind: 'template', type, column: column as ScalarColumn | null };
		case 'skip':
		case 'absent':
			return { ...common, kind: type.kind };
		case 'message':
		case 'tuple': {
			const struct = column as StructColumn | null;
			return planStruct(type, struct, struct === null ? null : struct.children, path, depth, nullable, space);
		}
		case 'list': {
			const list = column as ListColumn | null;
			const itemSpace = list === null ? space : list.itemSpace;
			return { ...common, kind: 'list', type, column: list, item: planValue(type.item, list === null ? null : list.item, `${path}.item`, depth + 1, type.itemNullable, itemSpace) };
		}
		default:
			return { ...common, kind: 'scalar', type, column: column as ScalarColumn | null };
	}
}
