/** A format's schema, and what is wrong with a format. */
import { type Field, type MessageType, type Schema, SchemaError, type SchemaMistake, schemaMistakes, type ValueType, type Variant } from '../../schema/index.ts';
import { fixedSize, type Meaning, type NodeCommon, type Place, type WireFormat, type WireHeader, type WireNode, type WireNumber } from './wire.ts';

/** Name of the literal that tells messages apart. */
export const TYPE_FIELD = 'messageType';

const field = (name: string, type: ValueType, optional: boolean, nullable: boolean): Field => ({ name, keys: [name], type, optional, nullable, distinguishing: false });
const isOptional = ({ since, when }: NodeCommon): boolean => since > 0 || when !== null;

/** Whether a node has a column in its table. */
export function hasColumn(node: WireNode): boolean {
	switch (node.kind) {
		case 'number':
			return node.meaning.type !== null;
		case 'bits':
			return node.parts.some(({ meaning }) => meaning.type !== null);
		case 'data':
			return node.type !== null;
		case 'struct':
		case 'group':
			return node.nodes.some(hasColumn);
		case 'array':
			return hasColumn(node.item);
		case 'float':
		case 'text':
			return true;
		default:
			return false;
	}
}

/** The schema that a format's tables have: one variant a message, told apart by the literal `messageType`. */
export function schemaOf(format: WireFormat): Schema {
	return {
		name: format.name,
		version: format.schemaVersion ?? format.version,
		variants: format.messages.map(({ name, role, literal, nodes }): Variant => {
			const fields = fieldsOf(nodes);
			return { name, role, type: messageOf(literal === null ? fields : [field(TYPE_FIELD, { kind: 'literal', value: literal }, false, false), ...fields]) };
		}),
	};
}

const messageOf = (fields: readonly Field[]): MessageType => ({ kind: 'message', fields, unknownKeys: 'skip' });

function fieldsOf(nodes: readonly WireNode[]): Field[] {
	return nodes.flatMap((node): Field[] => {
		const optional = isOptional(node);
		if (node.kind === 'stated') return [field(node.name, { kind: 'literal', value: node.value }, false, false)];
		if (!hasColumn(node)) return [];
		switch (node.kind) {
			case 'number':
				return [field(node.name, node.meaning.type as ValueType, optional, isNullable(node.meaning))];
			case 'float':
				return [field(node.name, { kind: 'float' }, optional, node.nullable)];
			case 'text':
			case 'data':
				return [field(node.name, node.type as ValueType, optional, node.nullable)];
			case 'bits':
				return [field(node.name, messageOf(node.parts.flatMap(({ name, meaning }) => (meaning.type === null ? [] : [field(name, meaning.type, false, isNullable(meaning))]))), optional, false)];
			case 'struct':
				return [field(node.name, messageOf(fieldsOf(node.nodes)), optional, false)];
			case 'group':
				return [field(node.name, { kind: 'list', item: messageOf(fieldsOf(node.nodes)), itemNullable: false }, optional, false)];
			case 'array': {
				const [item] = fieldsOf([node.item]) as [Field];
				return [field(node.name, { kind: 'list', item: item.type, itemNullable: item.nullable }, optional, false)];
			}
			default:
				return [];
		}
	});
}

export function isNullable(meaning: Meaning): boolean {
	return meaning.nullValue !== null || (meaning.type?.kind === 'enumeration' && meaning.type.unknown === 'null');
}

/** Throws a {@link SchemaError} with every mistake of a format, or gives its schema. */
export function checkedSchema(format: WireFormat): Schema {
	const mistakes = formatMistakes(format);
	const schema = schemaOf(format);
	if (mistakes.length === 0) mistakes.push(...schemaMistakes(schema));
	if (mistakes.length > 0) throw new SchemaError(format.name, mistakes);
	return schema;
}

type Add = (path: string, message: string) => void;

/** What a scope's numbers are called, for exponents and presence maps; inner scopes see outer ones. */
type Known = ReadonlyMap<string, 'always' | 'sometimes'>;

function formatMistakes(format: WireFormat): SchemaMistake[] {
	const mistakes: SchemaMistake[] = [];
	const add: Add = (path, message) => {
		mistakes.push({ path, message });
	};
	checkHeader(format.header, add);
	const { header, messages } = format;
	if (header.type === null && messages.length > 1) add('header', `nothing tells its ${messages.length} messages apart; add typeField() to the header`);
	const types = new Map<string, string>();
	for (const { name, type, nodes } of messages) {
		if (header.type === null && type !== null) add(name, `it has the type ${type}, and the header has no place for it; add typeField() to the header`);
		if (header.type !== null && type === null) add(name, 'it has no type, by which the header would tell it from others');
		if (header.type !== null && type !== null && !fits(BigInt(type), header.type)) add(name, `its type ${type} does not fit the ${header.type.bytes} bytes of the header's type`);
		if (type !== null && types.has(type)) add(name, `it has the type ${type}, as "${types.get(type)}" has`);
		if (type !== null) types.set(type, name);
		checkNodes(nodes, name, new Map(), format, 1, add);
		for (const carrier of carriersOf(nodes)) {
			const count = namesOfNumbers(nodes).filter((number) => number === carrier).length;
			if (count > 1) add(`${name}.${carrier}`, `${count} numbers of the message have this name, and others refer to it; give it a name of its own`);
		}
	}
	return mistakes;
}

/** Names that exponents and presence maps refer to. */
function carriersOf(nodes: readonly WireNode[]): Set<string> {
	const found = new Set<string>();
	for (const node of nodes) {
		if (node.when !== null) found.add(node.when.map);
		const number = node.kind === 'array' ? node.item : node;
		if (number.kind === 'number' && typeof number.meaning.exponent === 'string') found.add(number.meaning.exponent);
		if (node.kind === 'struct' || node.kind === 'group') for (const inner of carriersOf(node.nodes)) found.add(inner);
	}
	return found;
}

function namesOfNumbers(nodes: readonly WireNode[]): string[] {
	return nodes.flatMap((node) => (node.kind === 'number' ? [node.name] : node.kind === 'array' ? [node.item.name] : node.kind === 'struct' || node.kind === 'group' ? namesOfNumbers(node.nodes) : []));
}

function checkHeader(header: WireHeader, add: Add): void {
	// Generated code reads the type before it looks at the length: it must lie where any message may be read.
	if (!(header.size >= 0 && header.size <= 48)) add('header', `its ${header.size} bytes are not 0 to 48`);
	for (const place of [header.type, header.length, header.blockLength, header.version, ...header.constants.map((constant) => constant.place)]) {
		if (place === null) continue;
		checkPlace(place, header.size, 'header', add);
	}
	for (const { place, value } of header.constants) if (!fits(BigInt(value), place)) add('header', `the constant ${value} does not fit its ${place.bytes} bytes`);
	if (header.type !== null && header.type.bytes > 4) add('header', 'a type of more than 4 bytes is not possible');
}

function checkPlace({ offset, bytes, signed }: Place, size: number, path: string, add: Add): void {
	if (!(Number.isInteger(bytes) && bytes >= 1 && bytes <= 8)) add(path, `an integer of ${bytes} bytes is not one of 1 to 8`);
	if (signed) add(path, 'a signed integer cannot say a type, a length or a count; make it unsigned');
	if (!(offset >= 0 && offset + bytes <= size)) add(path, `the bytes ${offset} to ${offset + bytes - 1} are not within its ${size} bytes`);
}

const fits = (value: bigint, { bytes, signed }: { readonly bytes: number; readonly signed: boolean }): boolean => (signed ? BigInt.asIntN(bytes * 8, value) : BigInt.asUintN(bytes * 8, value)) === value;

function checkNumber(number: WireNumber, path: string, add: Add): void {
	if (number.kind === 'integer' && !(Number.isInteger(number.bytes) && number.bytes >= 1 && number.bytes <= 8)) add(path, `an integer of ${number.bytes * 8} bits is not one of 8, 16, 24, … 64`);
}

function checkNodes(nodes: readonly WireNode[], path: string, outer: Known, format: WireFormat, depth: number, add: Add): void {
	const known = new Map(outer);
	let newest = 0;
	let isBlock = true;
	if (depth > 16) {
		add(path, 'it is nested deeper than 16');
		return;
	}
	for (const node of nodes) {
		const here = `${path}.${node.name}`;
		if (node.since > 0 && format.header.version === null) add(here, 'it says since which version it is there, and the header has no version; add versionField() to the header');
		if (node.since > format.version) add(here, `it is there since version ${node.since}, and the format is version ${format.version}`);
		if (fixedSize(node) === null && node.kind !== 'align') isBlock = false;
		if (isBlock && node.kind !== 'stated') {
			if (node.since < newest) add(here, `it is there since version ${node.since} and stands after one that came with ${newest}; new fields come last`);
			newest = Math.max(newest, node.since);
		}
		if (node.when !== null) {
			const carrier = known.get(node.when.map);
			if (carrier === undefined) add(here, `no number called "${node.when.map}" stands before it; its presence map must`);
			if (carrier === 'sometimes') add(here, `its presence map "${node.when.map}" is not always there itself`);
			if (!(Number.isInteger(node.when.bit) && node.when.bit >= 0 && node.when.bit < 64)) add(here, `the bit ${node.when.bit} is not one of 0 to 63`);
		}
		const always = isOptional(node) ? 'sometimes' : 'always';
		switch (node.kind) {
			case 'number':
				checkNumber(node.number, here, add);
				checkMeaning(node.meaning, node.number, known, here, add);
				known.set(node.name, always);
				break;
			case 'bits':
				checkNumber(node.number, here, add);
				for (const part of node.parts) {
					const partPath = `${here}.${part.name}`;
					if (!(Number.isInteger(part.shift) && Number.isInteger(part.width) && part.shift >= 0 && part.width >= 1 && part.width <= 32 && part.shift + part.width <= node.number.bytes * 8)) {
						add(partPath, `the bits ${part.shift} to ${part.shift + part.width - 1} are not within its ${node.number.bytes * 8} bits, or more than 32`);
					}
					checkMeaning(part.meaning, { kind: 'integer', bytes: 4, endian: 'little', signed: false }, known, partPath, add);
				}
				break;
			case 'text':
				if (!(Number.isInteger(node.bytes) && node.bytes >= 1 && node.bytes <= 4096)) add(here, `text of ${node.bytes} bytes is not one of 1 to 4096`);
				if ((node.type.kind === 'bytes') !== (node.pad === 'none')) add(here, `${node.type.kind === 'bytes' ? 'bytes have' : 'text has'} the padding "${node.pad}"; bytes have none, text has space or nul`);
				if (node.type.kind === 'bytes' && node.nullable) add(here, 'bytes of a fixed length cannot be blank; say when they are there with .when(map, bit)');
				if (node.type.kind === 'symbol' && node.bytes > 255) add(here, `a symbol of ${node.bytes} bytes is not possible (255 are); use text`);
				break;
			case 'data':
				checkNumber(node.length, here, add);
				if (node.length.kind === 'integer' && node.length.signed) add(here, 'its length is signed; make it unsigned');
				if (node.length.kind === 'varint' && node.length.zigzag) add(here, 'its length is a signed varint; use varint()');
				break;
			case 'skip':
				if (!(Number.isInteger(node.bytes) && node.bytes >= 0 && node.bytes <= 65536)) add(here, `${node.bytes} bytes cannot be skipped; 0 to 65536 can`);
				break;
			case 'align':
				if (isOptional(node)) add(here, 'room up to an alignment is always there; take .since() and .when() away');
				if (![1, 2, 4, 8, 16, 32, 64].includes(node.to)) add(here, `${node.to} is no alignment; a power of two up to 64 is`);
				break;
			case 'struct':
				checkNodes(node.nodes, here, known, format, depth + 1, add);
				break;
			case 'group':
				if ('offset' in node.count) checkPlace(node.count, node.head, here, add);
				else if (node.head !== 0 || node.blockLength !== null) add(here, 'a count that is a varint has no block length beside it');
				if (node.blockLength !== null) checkPlace(node.blockLength, node.head, here, add);
				if (node.nodes.every((inner) => fixedSize(inner) === 0)) add(here, 'its items take no bytes; describe a field in them');
				if (node.nodes.length > 0 && !node.nodes.some((inner) => (fixedSize(inner) ?? 1) > 0 && inner.since === 0 && inner.when === null)) add(here, 'its items may take no bytes at all; one field must always be there');
				checkNodes(node.nodes, `${here}[]`, known, format, depth + 1, add);
				break;
			case 'array':
				if (!(Number.isInteger(node.count) && node.count >= 1 && node.count <= 4096)) add(here, `an array of ${node.count} is not one of 1 to 4096 items`);
				if (node.item.when !== null || node.item.since > 0) add(here, 'the items of an array are there or not together; put .when() and .since() on the array');
				if (node.item.kind === 'number') checkMeaning(node.item.meaning, node.item.number, known, here, add);
		}
	}
}

function checkMeaning({ type, nullValue, exponent, codes, constant, base }: Meaning, number: WireNumber, known: Known, path: string, add: Add): void {
	const range = number.kind === 'integer' ? number : { bytes: 8, signed: number.zigzag };
	for (const [what, value] of [['null value', nullValue], ['constant', constant], ...codes.map((code) => ['code', code] as const)] as const) {
		if (value !== null && !fits(BigInt(value), range)) add(path, `the ${what} ${value} does not fit ${range.bytes * 8} bits, ${range.signed ? 'signed' : 'unsigned'}`);
	}
	if (type?.kind === 'decimal') {
		if (typeof exponent === 'string') {
			const carrier = known.get(exponent);
			if (carrier === undefined) add(path, `no number called "${exponent}" stands before it; its exponent must`);
			if (carrier === 'sometimes') add(path, `its exponent "${exponent}" is not always there`);
		} else if (!(Number.isInteger(exponent) && exponent >= -100 && exponent <= 100)) add(path, `the exponent ${exponent} is not one of -100 to 100`);
	}
	if (type?.kind === 'timestamp' && type.format === 'rfc3339') add(path, 'a binary timestamp counts s, ms, us or ns');
	if (type?.kind === 'timestamp' && !fits(BigInt(base), { bytes: 8, signed: true })) add(path, `the base ${base} is no 64-bit integer`);
	if (type?.kind === 'enumeration') {
		if (new Set(codes).size !== codes.length) add(path, 'two of its values have the same code');
		if (codes.length !== type.values.length) add(path, `it has ${type.values.length} values and ${codes.length} codes`);
		if (type.unknown === 'intern' && !(number.kind === 'integer' && number.bytes === 1)) add(path, "codes that are not listed can be kept only where they are one byte; choose .unknown('null') or .unknown('reject')");
	}
}
