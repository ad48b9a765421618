/** An SBE schema as a wire format: what each element becomes. docs/sbe.md has the rules. */
import { SchemaError, type SchemaMistake } from '../../schema/index.ts';
import { hasColumn } from '../binary/format.ts';
import { type Endian, fixedSize, type Meaning, type NodeCommon, type NumberNode, type Place, type WireFormat, type WireHeader, type WireInteger, type WireMessage, type WireNode } from '../binary/wire.ts';
import { type Add, type CompositeType, defaultNull, type EncodedType, type EnumType, PRIMITIVES, readTypes, type SbeType, type SetType } from './schema-types.ts';
import type { XmlElement } from './xml.ts';

export interface SbeOptions {
	/** Digits after the point of decimals that carry their exponent, by field name; `default` for the others (8 without it). */
	readonly scales?: Readonly<Record<string, number>>;
	/**
	 * Which texts are names that come again and again, stored as ids: the universe of their ids, or null. Default: fields
	 * called symbol, asset, currency, instrument or like that, in the universe `symbol`.
	 */
	readonly symbols?: (name: string) => string | null;
	/** What becomes of codes that an enum does not list: null, as later versions of a schema may add values (the default), or a reason to refuse the message. */
	readonly unknownCodes?: 'null' | 'refuse';
	/** Name of the schema. Default: its package. */
	readonly name?: string;
}

const NONE: Meaning = { type: null, nullValue: null, exponent: 0, base: '0', codes: [], constant: null };
const NAMES = /symbol|asset|currency|instrument|securitygroup|ticker/i;

/** What a message, group or composite is read with. */
interface Reading {
	readonly types: ReadonlyMap<string, SbeType>;
	readonly endian: Endian;
	readonly options: SbeOptions;
	readonly add: Add;
	/** Integers that other fields name as their exponent. */
	readonly exponents: ReadonlySet<string>;
}

/** @throws SchemaError with every mistake, each with its element and line */
export function wireFormatOf(schema: XmlElement, options: SbeOptions = {}): WireFormat {
	const mistakes: SchemaMistake[] = [];
	const add: Add = ({ name, attributes, line }, message) => {
		mistakes.push({ path: `<${name}${attributes.has('name') ? ` name="${attributes.get('name')}"` : ''}> in line ${line}`, message });
	};
	const name = options.name ?? schema.attributes.get('package') ?? 'sbe';
	if (schema.name !== 'messageSchema') add(schema, 'the outermost element is no messageSchema');
	const byteOrder = schema.attributes.get('byteOrder') ?? 'littleEndian';
	if (byteOrder !== 'littleEndian' && byteOrder !== 'bigEndian') add(schema, `the byte order "${byteOrder}" is not one of littleEndian, bigEndian`);
	const endian: Endian = byteOrder === 'bigEndian' ? 'big' : 'little';
	const number = (attribute: string): number => {
		const value = Number(schema.attributes.get(attribute) ?? 0);
		if (!(Number.isInteger(value) && value >= 0)) add(schema, `the ${attribute} "${schema.attributes.get(attribute)}" is no whole number`);
		return value;
	};
	const id = number('id');
	const version = number('version');
	const types = readTypes(schema, add);
	const header = headerOf(schema, types, endian, id, add);
	const described = schema.children.filter((child) => child.name === 'message');
	if (described.length === 0) add(schema, 'it has no message');
	const messages = described.map((element): WireMessage => {
		const reading: Reading = { types, endian, options, add, exponents: hiddenExponents(element, types) };
		const type = element.attributes.get('id') ?? '';
		if (!/^\d+$/.test(type)) add(element, `the message's id "${type}" is no whole number`);
		const nodes = nodesOf(element, reading);
		return { name: identifier(element, add), role: nodes.some(hasColumn) ? 'table' : 'control', type: /^\d+$/.test(type) ? type : '0', literal: Number(type), nodes, ...deprecatedSince(element, add) };
	});
	if (mistakes.length > 0) throw new SchemaError(name, mistakes);
	// Version 0 is the first; tables are counted from 1.
	return { name, version, schemaVersion: version + 1, header, messages, trailing: 'skip' };
}

/** Names in columns are identifiers; SBE's are, mostly. */
function identifier(element: XmlElement, add: Add): string {
	const name = element.attributes.get('name');
	if (name === undefined || name === '') {
		add(element, 'it has no name');
		return 'unnamed';
	}
	const made = name.replace(/[^A-Za-z0-9_$]/g, '_').replace(/^\d/, '_$&');
	return ['received', 'messageType', '__proto__'].includes(made) ? `${made}_` : made;
}

/** Exponents that decimals take in. A mantissa of more than 64 bits has a column of its bytes, so its exponent keeps its own. */
function hiddenExponents(message: XmlElement, types: ReadonlyMap<string, SbeType>): Set<string> {
	const found = new Set<string>();
	const shown = new Set<string>();
	const visit = ({ attributes, children }: XmlElement): void => {
		const exponent = attributes.get('exponent');
		const type = types.get(attributes.get('type') ?? '');
		if (exponent !== undefined) (type?.kind === 'type' && type.length > 1 ? shown : found).add(exponent);
		for (const child of children) visit(child);
	};
	visit(message);
	return new Set([...found].filter((name) => !shown.has(name)));
}

/** The version that deprecated an element (SBE 1.0, "Schema extension"): said, and read as before. */
function deprecatedSince(element: XmlElement, add: Add): { readonly deprecated?: number } {
	const given = element.attributes.get('deprecated');
	if (given === undefined) return {};
	if (/^\d+$/.test(given)) return { deprecated: Number(given) };
	add(element, `deprecated "${given}" is no whole number; it is the version that deprecated it`);
	return {};
}

// Headers

interface Laid {
	readonly size: number;
	readonly places: ReadonlyMap<string, Place>;
}

/** A composite of integers as places: of headers and of groups' dimensions. */
function layOut(composite: CompositeType, endian: Endian, add: Add): Laid {
	const places = new Map<string, Place>();
	let at = 0;
	for (const member of composite.members) {
		at = member.offset ?? at;
		if (member.kind === 'type' && member.presence === 'constant') continue;
		const primitive = member.kind === 'type' ? PRIMITIVES[member.primitive] : undefined;
		if (member.kind !== 'type' || primitive === undefined || primitive.isFloat || member.length !== 1) {
			add(member.element, `"${member.name}" of "${composite.name}" is no single integer`);
			continue;
		}
		places.set(member.name, { kind: 'integer', bytes: primitive.bytes, endian, signed: primitive.signed, offset: at });
		at += primitive.bytes;
	}
	return { size: at, places };
}

function compositeOf(name: string, from: XmlElement, types: ReadonlyMap<string, SbeType>, add: Add): CompositeType | null {
	const found = types.get(name);
	if (found?.kind === 'composite') return found;
	add(from, found === undefined ? `there is no composite "${name}"` : `"${name}" is a ${found.kind}, and must be a composite`);
	return null;
}

function headerOf(schema: XmlElement, types: ReadonlyMap<string, SbeType>, endian: Endian, id: number, add: Add): WireHeader {
	const composite = compositeOf(schema.attributes.get('headerType') ?? 'messageHeader', schema, types, add);
	const none: WireHeader = { size: 0, type: null, length: null, lengthExcludes: 0, blockLength: null, version: null, constants: [] };
	if (composite === null) return none;
	const { size, places } = layOut(composite, endian, add);
	const place = (name: string): Place | null => {
		const found = places.get(name);
		if (found === undefined) add(composite.element, `the message header has no "${name}"`);
		return found ?? null;
	};
	const schemaId = place('schemaId');
	return { size, type: place('templateId'), length: null, lengthExcludes: 0, blockLength: place('blockLength'), version: place('version'), constants: schemaId === null ? [] : [{ place: schemaId, value: String(id) }] };
}

// Messages

/** The fields, groups and data of a message or group, in the order of the wire. */
function nodesOf(element: XmlElement, reading: Reading): WireNode[] {
	const { add } = reading;
	const nodes: WireNode[] = [];
	let at = 0;
	let isBlock = true;
	const pad = (to: number, name: string, since: number): void => {
		if (to > at) nodes.push({ name: `${name}$before`, since, when: null, kind: 'skip', bytes: to - at });
		at = Math.max(at, to);
	};
	/** A block that is longer than its fields is filled up. */
	const endBlock = (): void => {
		if (!isBlock) return;
		isBlock = false;
		const length = element.attributes.get('blockLength');
		if (length === undefined) return;
		if (Number(length) < at) add(element, `its block length ${length} is less than the ${at} bytes of its fields`);
		else pad(Number(length), 'block', nodes.findLast((node) => fixedSize(node) !== 0)?.since ?? 0);
	};
	for (const child of element.children) {
		const since = Number(child.attributes.get('sinceVersion') ?? 0);
		if (!(Number.isInteger(since) && since >= 0)) add(child, `sinceVersion "${child.attributes.get('sinceVersion')}" is no whole number`);
		const deprecated = deprecatedSince(child, add);
		switch (child.name) {
			case 'field': {
				if (!isBlock) add(child, 'a field stands after a group or data; fields come first');
				const node = fieldOf(child, reading);
				if (node === null) break;
				const offset = child.attributes.get('offset');
				if (offset !== undefined && node.kind !== 'stated') {
					if (Number(offset) < at) add(child, `its offset ${offset} lies within the field before it, which ends at ${at}`);
					else pad(Number(offset), node.name, since);
				}
				nodes.push({ ...node, since, ...deprecated });
				at += fixedSize(node) ?? 0;
				break;
			}
			case 'group':
				endBlock();
				nodes.push(...groupOf(child, reading, since).map((node) => ({ ...node, ...deprecated })));
				break;
			case 'data':
				endBlock();
				nodes.push(...dataOf(child, reading, since).map((node) => ({ ...node, ...deprecated })));
				break;
			default:
				add(child, `<${child.name}> is no field, group or data`);
		}
	}
	endBlock();
	return nodes;
}

function groupOf(element: XmlElement, reading: Reading, since: number): WireNode[] {
	const { types, endian, add } = reading;
	const composite = compositeOf(element.attributes.get('dimensionType') ?? 'groupSizeEncoding', element, types, add);
	if (composite === null) return [];
	const { size, places } = layOut(composite, endian, add);
	const count = places.get('numInGroup');
	const blockLength = places.get('blockLength');
	if (count === undefined || blockLength === undefined) {
		add(composite.element, `a group's dimensions need "blockLength" and "numInGroup", and it has ${[...places.keys()].join(', ') || 'neither'}`);
		return [];
	}
	return [{ name: identifier(element, add), since, when: null, kind: 'group', head: size, blockLength, count, nodes: nodesOf(element, reading) }];
}

function dataOf(element: XmlElement, reading: Reading, since: number): WireNode[] {
	const { types, endian, add } = reading;
	const composite = compositeOf(element.attributes.get('type') ?? '', element, types, add);
	if (composite === null) return [];
	const length = composite.members.find((member) => member.name === 'length');
	const content = composite.members.find((member) => member.name === 'varData');
	const primitive = length?.kind === 'type' ? PRIMITIVES[length.primitive] : undefined;
	if (primitive === undefined || primitive.isFloat || primitive.signed || content?.kind !== 'type') {
		add(element, `its type "${composite.name}" needs an unsigned "length" and "varData"`);
		return [];
	}
	const name = identifier(element, add);
	const isText = content.isText || element.attributes.get('semanticType') === 'String';
	const universe = isText ? universeOf(name, reading) : null;
	return [{ name, since, when: null, kind: 'data', length: { kind: 'integer', bytes: primitive.bytes, endian, signed: false }, type: !isText ? { kind: 'bytes' } : universe === null ? { kind: 'text' } : { kind: 'symbol', universe }, nullable: false }];
}

function universeOf(name: string, { options }: Reading): string | null {
	return options.symbols === undefined ? (NAMES.test(name) ? 'symbol' : null) : options.symbols(name);
}

function fieldOf(element: XmlElement, reading: Reading): WireNode | null {
	const { types, add } = reading;
	const name = identifier(element, add);
	const typeName = element.attributes.get('type') ?? '';
	const presence = element.attributes.get('presence');
	const valueRef = element.attributes.get('valueRef');
	if (presence === 'constant' && valueRef !== undefined) {
		const [enumName = '', value = ''] = valueRef.split('.');
		const found = types.get(enumName);
		if (found?.kind !== 'enum' || !found.values.some((known) => known.name === value)) add(element, `its valueRef "${valueRef}" is no value of an enum`);
		return { ...commonOf(name), kind: 'stated', value };
	}
	const primitive = PRIMITIVES[typeName];
	const type: SbeType | undefined = types.get(typeName) ?? (primitive === undefined ? undefined : { kind: 'type', name: typeName, element, primitive: typeName, length: 1, presence: 'required', nullValue: null, constant: '', isText: typeName === 'char', semanticType: '', offset: null });
	if (type === undefined) {
		add(element, `there is no type "${typeName}"`);
		return null;
	}
	return nodeOf(type, name, presence === 'optional', element, reading);
}

const commonOf = (name: string): NodeCommon => ({ name, since: 0, when: null });

/** @param from the field that has the type, for its attributes */
function nodeOf(type: SbeType, name: string, isOptional: boolean, from: XmlElement, reading: Reading): WireNode {
	switch (type.kind) {
		case 'type':
			return typeNode(type, name, isOptional, from, reading);
		case 'enum':
			return enumNode(type, name, reading);
		case 'set':
			return setNode(type, name, reading);
		case 'composite':
			return compositeNode(type, name, isOptional, reading);
	}
}

const integerOf = (primitive: string, endian: Endian): WireInteger => ({ kind: 'integer', bytes: PRIMITIVES[primitive]?.bytes ?? 1, endian, signed: PRIMITIVES[primitive]?.signed ?? false });

function typeNode(type: EncodedType, name: string, fieldIsOptional: boolean, from: XmlElement, reading: Reading): WireNode {
	const { endian, options, exponents } = reading;
	if (type.presence === 'constant') return { ...commonOf(name), kind: 'stated', value: type.isText || !/^-?\d+$/.test(type.constant) ? type.constant : Number(type.constant) };
	const isOptional = fieldIsOptional || type.presence === 'optional';
	if (type.isText && (type.primitive === 'char' || type.length > 1)) {
		const universe = type.length > 255 ? null : universeOf(name, reading);
		return { ...commonOf(name), kind: 'text', bytes: Math.max(1, type.length), pad: 'nul', type: universe === null ? { kind: 'text' } : { kind: 'symbol', universe }, nullable: isOptional };
	}
	// Numbers one byte wide, of which none may be null, are bytes: hashes, keys, identifiers; so are mantissas that no integer holds.
	const exponent = from.attributes.get('exponent');
	if (type.primitive === 'uint8' && type.length > 1 && (!isOptional || exponent !== undefined)) return { ...commonOf(name), kind: 'text', bytes: type.length, pad: 'none', type: { kind: 'bytes' }, nullable: false };
	const float = PRIMITIVES[type.primitive]?.isFloat === true;
	const number = integerOf(type.primitive, endian);
	const nullValue = isOptional ? (type.nullValue ?? defaultNull(type.primitive)) : null;
	const meaning = ((): Meaning => {
		if (exponents.has(name)) return NONE;
		if (exponent !== undefined) return { ...NONE, nullValue, exponent, type: { kind: 'decimal', scale: options.scales?.[name] ?? options.scales?.default ?? 8, excess: 'reject', keepTextScale: false } };
		const unit = timestampUnit(type, from);
		if (unit !== null && number.bytes === 8) return { ...NONE, nullValue, type: { kind: 'timestamp', format: unit } };
		return { ...NONE, nullValue, type: { kind: 'integer', bits: number.bytes > 4 ? 64 : 32, signed: number.signed } };
	})();
	const item: WireNode = float ? { ...commonOf('item'), kind: 'float', bytes: number.bytes === 4 ? 4 : 8, endian, nullable: isOptional } : { ...commonOf('item'), kind: 'number', number, meaning };
	return type.length > 1 ? { ...commonOf(name), kind: 'array', count: type.length, item } : { ...item, name };
}

/** Of instants: by the type's name (utcTimestampUs) or the semantic type UTCTimestamp, whose unit is the nanosecond. */
function timestampUnit(type: EncodedType, from: XmlElement): 's' | 'ms' | 'us' | 'ns' | null {
	const named = /timestamp(?:_|)(ns|us|ms|s)$/i.exec(type.name)?.[1]?.toLowerCase();
	if (named === 's' || named === 'ms' || named === 'us' || named === 'ns') return named;
	return type.semanticType === 'UTCTimestamp' || from.attributes.get('semanticType') === 'UTCTimestamp' ? 'ns' : null;
}

function enumNode({ primitive, nullValue, values }: EnumType, name: string, { endian, options }: Reading): NumberNode {
	const unknown = options.unknownCodes === 'refuse' ? 'reject' : 'null';
	return {
		...commonOf(name),
		kind: 'number',
		number: integerOf(primitive, endian),
		meaning: { ...NONE, nullValue: values.some(({ code }) => code === (nullValue ?? defaultNull(primitive))) ? null : (nullValue ?? defaultNull(primitive)), type: { kind: 'enumeration', values: values.map((value) => value.name), unknown }, codes: values.map(({ code }) => code) },
	};
}

function setNode({ primitive, choices }: SetType, name: string, { endian }: Reading): WireNode {
	return { ...commonOf(name), kind: 'bits', number: { ...integerOf(primitive, endian), signed: false }, parts: choices.map((choice) => ({ name: choice.name, shift: choice.bit, width: 1, meaning: { ...NONE, type: { kind: 'flag' } } })) };
}

function compositeNode(type: CompositeType, name: string, isOptional: boolean, reading: Reading): WireNode {
	return decimalNode(type, name, isOptional, reading) ?? instantNode(type, name, isOptional, reading) ?? structNode(type, name, reading);
}

const memberOf = (type: CompositeType, name: string): EncodedType | undefined => type.members.find((member): member is EncodedType => member.kind === 'type' && member.name === name && member.length === 1);

/** A mantissa and its exponent, constant or right behind it. */
function decimalNode(type: CompositeType, name: string, isOptional: boolean, { endian, options }: Reading): WireNode | null {
	const mantissa = memberOf(type, 'mantissa');
	const exponent = memberOf(type, 'exponent');
	if (type.members.length !== 2 || mantissa === undefined || exponent === undefined || type.members[0] !== mantissa) return null;
	const nullValue = isOptional || mantissa.presence === 'optional' ? (mantissa.nullValue ?? defaultNull(mantissa.primitive)) : null;
	const number = integerOf(mantissa.primitive, endian);
	const isConstant = exponent.presence === 'constant';
	const power = isConstant ? Number(exponent.constant) : 0;
	const scale = options.scales?.[name] ?? (isConstant ? Math.min(18, Math.max(0, -power)) : (options.scales?.default ?? 8));
	if (exponent.offset !== null && exponent.offset !== number.bytes) return null;
	return { ...commonOf(name), kind: 'number', number, meaning: { ...NONE, nullValue, exponent: power, type: { kind: 'decimal', scale, excess: 'reject', keepTextScale: false } }, exponentAfter: isConstant ? null : integerOf(exponent.primitive, endian) };
}

/** FIX's own timestamps: a count and a constant unit, as the power of ten of a second. */
function instantNode(type: CompositeType, name: string, isOptional: boolean, { endian }: Reading): WireNode | null {
	const time = memberOf(type, 'time');
	const unit = memberOf(type, 'unit');
	if (type.members.length !== 2 || time === undefined || unit?.presence !== 'constant' || PRIMITIVES[time.primitive]?.bytes !== 8) return null;
	const format = ({ '0': 's', second: 's', '3': 'ms', millisecond: 'ms', '6': 'us', microsecond: 'us', '9': 'ns', nanosecond: 'ns' } as const)[unit.constant as '0'];
	if (format === undefined) return null;
	const nullValue = isOptional || time.presence === 'optional' ? (time.nullValue ?? defaultNull(time.primitive)) : null;
	return { ...commonOf(name), kind: 'number', number: integerOf(time.primitive, endian), meaning: { ...NONE, nullValue, type: { kind: 'timestamp', format } } };
}

function structNode(type: CompositeType, name: string, reading: Reading): WireNode {
	const nodes: WireNode[] = [];
	let at = 0;
	for (const member of type.members) {
		if (member.offset !== null && member.offset < at) reading.add(member.element, `its offset ${member.offset} lies within the member before it, which ends at ${at}`);
		if (member.offset !== null && member.offset > at) nodes.push({ ...commonOf(`${member.name}$before`), kind: 'skip', bytes: member.offset - at });
		at = Math.max(at, member.offset ?? at);
		const node = nodeOf(member, identifier(withName(member), reading.add), false, member.element, reading);
		nodes.push(node);
		at += fixedSize(node) ?? 0;
	}
	return { ...commonOf(name), kind: 'struct', nodes };
}

const withName = ({ element, name }: SbeType): XmlElement => ({ ...element, attributes: new Map([...element.attributes, ['name', name]]) });
