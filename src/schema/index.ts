/** Describing messages: the DSL, its types, validation, and what changes between two versions. docs/schema.md shows it. */
export { type ChangeKind, compareSchemas, type SchemaChange } from './compare.ts';
export {
	absent,
	bytes,
	type DecimalSpec,
	decimal,
	type EnumerationSpec,
	enumeration,
	type FieldRecord,
	type FieldSpec,
	flag,
	float,
	integer,
	integer32,
	list,
	literal,
	type ObjectOptions,
	object,
	skip,
	symbol,
	type TupleOptions,
	template,
	text,
	timestamp,
	tuple,
	unsigned,
	unsigned32,
} from './fields.ts';
export { control, controlTuple, envelope, type FeedOptions, message, oneOf, tupleMessage } from './messages.ts';
export { SchemaError, type SchemaMistake } from './mistakes.ts';
export type * from './model.ts';
export { readSchema } from './read.ts';
export type {
	ColumnAt,
	ColumnKinds,
	ColumnsOf,
	EnumerationShape,
	FieldNames,
	FieldShape,
	FieldShapes,
	FieldsOf,
	ListShape,
	NoColumn,
	OtherString,
	Row,
	RowOf,
	RowValue,
	ScalarShape,
	Shape,
	StructShape,
	TableNames,
	TypedSchema,
	TypedVariant,
	VariantNames,
	VariantOf,
} from './shapes.ts';
export { schemaMistakes, validateSchema } from './validate.ts';
