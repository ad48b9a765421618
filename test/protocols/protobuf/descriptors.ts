/** Types as descriptors, for @bufbuild/protobuf: a file of edition 2023 with every feature said, whatever the syntax was. */
import { create, createFileRegistry, type FileRegistry } from '@bufbuild/protobuf';
import {
	Edition,
	FeatureSet_EnumType,
	FeatureSet_FieldPresence,
	FeatureSet_MessageEncoding,
	FeatureSet_RepeatedFieldEncoding,
	FeatureSet_Utf8Validation,
	FeatureSetSchema,
	type FieldDescriptorProto,
	FieldDescriptorProto_Label,
	FieldDescriptorProto_Type,
	FieldDescriptorProtoSchema,
	FileDescriptorProtoSchema,
	FileDescriptorSetSchema,
	file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt';
import type { ProtoField, ProtoTypes } from '../../../src/protocols/protobuf/index.ts';

const PACKAGE = 't';
const SCALAR_TYPES: Readonly<Record<ProtoField['type'], FieldDescriptorProto_Type>> = {
	double: FieldDescriptorProto_Type.DOUBLE,
	float: FieldDescriptorProto_Type.FLOAT,
	int32: FieldDescriptorProto_Type.INT32,
	int64: FieldDescriptorProto_Type.INT64,
	uint32: FieldDescriptorProto_Type.UINT32,
	uint64: FieldDescriptorProto_Type.UINT64,
	sint32: FieldDescriptorProto_Type.SINT32,
	sint64: FieldDescriptorProto_Type.SINT64,
	fixed32: FieldDescriptorProto_Type.FIXED32,
	fixed64: FieldDescriptorProto_Type.FIXED64,
	sfixed32: FieldDescriptorProto_Type.SFIXED32,
	sfixed64: FieldDescriptorProto_Type.SFIXED64,
	bool: FieldDescriptorProto_Type.BOOL,
	string: FieldDescriptorProto_Type.STRING,
	bytes: FieldDescriptorProto_Type.BYTES,
	enum: FieldDescriptorProto_Type.ENUM,
	message: FieldDescriptorProto_Type.MESSAGE,
};

/** Types of one package, none within another (but for groups, which stand beside their message here). */
export function registryOf(types: ProtoTypes): FileRegistry {
	const flat = (name: string): string => (name.startsWith('google.') ? name : `${PACKAGE}.${name.slice(PACKAGE.length + 1).replaceAll('.', '_')}`);
	const own = <T>(record: Readonly<Record<string, T>>): [string, T][] => Object.entries(record).filter(([name]) => name.startsWith(`${PACKAGE}.`));
	const file = create(FileDescriptorProtoSchema, {
		name: 't.proto',
		package: PACKAGE,
		syntax: 'editions',
		edition: Edition.EDITION_2023,
		dependency: [file_google_protobuf_timestamp.proto.name],
		enumType: own(types.enums).map(([name, { values, closed }]) => ({
			name: flat(name).slice(PACKAGE.length + 1),
			value: values.map((value) => ({ name: value.name, number: value.number })),
			options: { allowAlias: true, features: { enumType: closed ? FeatureSet_EnumType.CLOSED : FeatureSet_EnumType.OPEN } },
		})),
		messageType: own(types.messages).map(([name, { fields }]) => {
			const oneofs = [...new Set(fields.flatMap(({ oneof }) => (oneof === null ? [] : [oneof])))];
			return {
				name: flat(name).slice(PACKAGE.length + 1),
				oneofDecl: oneofs.map((oneof) => ({ name: oneof })),
				field: fields.map((field) => fieldOf(field, field.rule === 'map' ? `${flat(name)}.${entryName(field)}` : field.typeName === null ? '' : flat(field.typeName), oneofs)),
				nestedType: fields.flatMap((field) =>
					field.rule === 'map'
						? [
								{
									name: entryName(field),
									options: { mapEntry: true },
									field: [
										create(FieldDescriptorProtoSchema, { name: 'key', number: 1, label: FieldDescriptorProto_Label.OPTIONAL, type: SCALAR_TYPES[field.key ?? 'string'] }),
										create(FieldDescriptorProtoSchema, { name: 'value', number: 2, label: FieldDescriptorProto_Label.OPTIONAL, type: SCALAR_TYPES[field.type], typeName: field.typeName === null ? '' : `.${flat(field.typeName)}` }),
									],
								},
							]
						: [],
				),
			};
		}),
	});
	return createFileRegistry(create(FileDescriptorSetSchema, { file: [file_google_protobuf_timestamp.proto, file] }));
}

const entryName = ({ number }: ProtoField): string => `Map${number}Entry`;

function fieldOf(field: ProtoField, typeName: string, oneofs: readonly string[]): FieldDescriptorProto {
	const features = create(FeatureSetSchema, { utf8Validation: FeatureSet_Utf8Validation.VERIFY });
	if (field.rule === 'singular' && field.oneof === null) features.fieldPresence = { implicit: FeatureSet_FieldPresence.IMPLICIT, explicit: FeatureSet_FieldPresence.EXPLICIT, required: FeatureSet_FieldPresence.LEGACY_REQUIRED }[field.presence];
	if (field.type === 'message' && field.rule !== 'map') features.messageEncoding = field.delimited ? FeatureSet_MessageEncoding.DELIMITED : FeatureSet_MessageEncoding.LENGTH_PREFIXED;
	if (field.rule === 'repeated' && !['message', 'string', 'bytes'].includes(field.type)) features.repeatedFieldEncoding = field.packed ? FeatureSet_RepeatedFieldEncoding.PACKED : FeatureSet_RepeatedFieldEncoding.EXPANDED;
	return create(FieldDescriptorProtoSchema, {
		name: field.name,
		number: field.number,
		label: field.rule === 'singular' ? FieldDescriptorProto_Label.OPTIONAL : FieldDescriptorProto_Label.REPEATED,
		type: field.rule === 'map' ? FieldDescriptorProto_Type.MESSAGE : SCALAR_TYPES[field.type],
		typeName: typeName === '' ? '' : `.${typeName}`,
		...(field.oneof === null ? {} : { oneofIndex: oneofs.indexOf(field.oneof) }),
		options: { features },
	});
}
