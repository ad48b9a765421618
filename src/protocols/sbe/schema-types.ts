/** The types of an SBE schema, resolved: what `<types>` declares. After FIX Simple Binary Encoding 1.0. */
import type { XmlElement } from './xml.ts';

/** Bytes of each primitive type. */
export const PRIMITIVES: Readonly<Record<string, { readonly bytes: number; readonly signed: boolean; readonly isFloat: boolean }>> = {
	char: { bytes: 1, signed: false, isFloat: false },
	int8: { bytes: 1, signed: true, isFloat: false },
	int16: { bytes: 2, signed: true, isFloat: false },
	int32: { bytes: 4, signed: true, isFloat: false },
	int64: { bytes: 8, signed: true, isFloat: false },
	uint8: { bytes: 1, signed: false, isFloat: false },
	uint16: { bytes: 2, signed: false, isFloat: false },
	uint32: { bytes: 4, signed: false, isFloat: false },
	uint64: { bytes: 8, signed: false, isFloat: false },
	float: { bytes: 4, signed: true, isFloat: true },
	double: { bytes: 8, signed: true, isFloat: true },
};

/** What stands for null where the schema does not say: the least signed integer, the largest unsigned one, NUL. */
export function defaultNull(primitive: string): string {
	const known = PRIMITIVES[primitive];
	if (known === undefined || known.isFloat || primitive === 'char') return '0';
	return (known.signed ? -(2n ** BigInt(known.bytes * 8 - 1)) : 2n ** BigInt(known.bytes * 8) - 1n).toString();
}

interface TypeCommon {
	readonly name: string;
	readonly element: XmlElement;
}
export interface EncodedType extends TypeCommon {
	readonly kind: 'type';
	readonly primitive: string;
	readonly length: number;
	readonly presence: 'required' | 'optional' | 'constant';
	readonly nullValue: string | null;
	readonly constant: string;
	readonly isText: boolean;
	readonly semanticType: string;
	readonly offset: number | null;
}
export interface EnumType extends TypeCommon {
	readonly kind: 'enum';
	readonly primitive: string;
	readonly nullValue: string | null;
	readonly values: readonly { readonly name: string; readonly code: string }[];
	readonly offset: number | null;
}
export interface SetType extends TypeCommon {
	readonly kind: 'set';
	readonly primitive: string;
	readonly choices: readonly { readonly name: string; readonly bit: number }[];
	readonly offset: number | null;
}
export interface CompositeType extends TypeCommon {
	readonly kind: 'composite';
	readonly members: readonly SbeType[];
	readonly semanticType: string;
	readonly offset: number | null;
}
export type SbeType = EncodedType | EnumType | SetType | CompositeType;

export type Add = (element: XmlElement, message: string) => void;

/** Reads all `<types>` of a schema. What is wrong is told to `add`, and left out. */
export function readTypes(schema: XmlElement, add: Add): Map<string, SbeType> {
	const declared = new Map<string, XmlElement>();
	for (const block of schema.children.filter(({ name }) => name === 'types')) {
		for (const element of block.children) {
			const name = element.attributes.get('name');
			if (!['type', 'enum', 'set', 'composite'].includes(element.name)) add(element, `<${element.name}> is no type; a type, enum, set or composite is`);
			else if (name === undefined) add(element, 'the type has no name');
			else if (declared.has(name)) add(element, `the type "${name}" is declared twice, first in line ${declared.get(name)?.line}`);
			else declared.set(name, element);
		}
	}
	const types = new Map<string, SbeType>();
	const underWay = new Set<string>();
	const resolve = (name: string, from: XmlElement): SbeType | null => {
		const known = types.get(name);
		if (known !== undefined) return known;
		const element = declared.get(name);
		if (element === undefined) {
			add(from, `there is no type "${name}"`);
			return null;
		}
		if (underWay.has(name)) {
			add(from, `the type "${name}" contains itself`);
			return null;
		}
		underWay.add(name);
		const made = readType(element, resolve, add, declared);
		underWay.delete(name);
		if (made !== null) types.set(name, made);
		return made;
	};
	for (const [name, element] of declared) resolve(name, element);
	return types;
}

type Resolve = (name: string, from: XmlElement) => SbeType | null;

/** The primitive that an enum or set is encoded as: named itself, or through a type. */
function encodingOf(element: XmlElement, resolve: Resolve, add: Add): { primitive: string; nullValue: string | null } | null {
	const name = element.attributes.get('encodingType') ?? '';
	if (PRIMITIVES[name] !== undefined) return { primitive: name, nullValue: element.attributes.get('nullValue') ?? null };
	const type = resolve(name, element);
	if (type === null) return null;
	if (type.kind !== 'type' || type.length !== 1) {
		add(element, `its encoding type "${name}" is no single primitive`);
		return null;
	}
	return { primitive: type.primitive, nullValue: type.nullValue };
}

const offsetOf = (element: XmlElement): number | null => (element.attributes.has('offset') ? Number(element.attributes.get('offset')) : null);

function readType(element: XmlElement, resolve: Resolve, add: Add, declared: ReadonlyMap<string, XmlElement>): SbeType | null {
	const { attributes } = element;
	const common = { name: attributes.get('name') ?? '', element, offset: offsetOf(element) };
	switch (element.name) {
		case 'type':
			return readEncodedType(element, common, declared, add);
		case 'enum': {
			const encoding = encodingOf(element, resolve, add);
			if (encoding === null) return null;
			const values = element.children.flatMap((value) => {
				if (value.name !== 'validValue') return [];
				const name = value.attributes.get('name');
				if (name === undefined) {
					add(value, 'the valid value has no name');
					return [];
				}
				const code = encoding.primitive === 'char' ? String(value.text.codePointAt(0) ?? 0) : value.text;
				if (!/^-?\d+$/.test(code) || (encoding.primitive === 'char' && value.text.length !== 1)) {
					add(value, `the valid value "${name}" is '${value.text}', which is no ${encoding.primitive}`);
					return [];
				}
				return [{ name, code }];
			});
			if (values.length === 0) add(element, `the enum "${common.name}" has no valid value`);
			return { ...common, kind: 'enum', ...encoding, values };
		}
		case 'set': {
			const encoding = encodingOf(element, resolve, add);
			if (encoding === null) return null;
			const bits = (PRIMITIVES[encoding.primitive]?.bytes ?? 0) * 8;
			const choices = element.children.flatMap((choice) => {
				if (choice.name !== 'choice') return [];
				const bit = Number(choice.text);
				const name = choice.attributes.get('name') ?? '';
				if (choice.text === '' || !(Number.isInteger(bit) && bit >= 0 && bit < bits)) {
					add(choice, `the choice "${name}" is bit '${choice.text}' of ${bits}`);
					return [];
				}
				return [{ name, bit }];
			});
			return { ...common, kind: 'set', primitive: encoding.primitive, choices };
		}
		default: {
			const members = element.children.flatMap((member): SbeType[] => {
				const made = member.name === 'ref' ? referred(member, resolve, add) : readType(member, resolve, add, declared);
				return made === null ? [] : [made];
			});
			return { ...common, kind: 'composite', members, semanticType: attributes.get('semanticType') ?? '' };
		}
	}
}

/** A type under the name and at the offset that a `<ref>` gives it. */
function referred(element: XmlElement, resolve: Resolve, add: Add): SbeType | null {
	const type = element.attributes.get('type');
	if (type === undefined) {
		add(element, 'the ref names no type');
		return null;
	}
	const found = resolve(type, element);
	return found === null ? null : { ...found, name: element.attributes.get('name') ?? type, element, offset: offsetOf(element) };
}

function readEncodedType(element: XmlElement, common: { name: string; element: XmlElement; offset: number | null }, declared: ReadonlyMap<string, XmlElement>, add: Add): EncodedType | null {
	const { attributes } = element;
	const primitive = attributes.get('primitiveType') ?? '';
	if (PRIMITIVES[primitive] === undefined) {
		add(element, `the type "${common.name}" has the primitive type "${primitive}", and one of ${Object.keys(PRIMITIVES).join(', ')} is possible`);
		return null;
	}
	const presence = attributes.get('presence') ?? 'required';
	if (presence !== 'required' && presence !== 'optional' && presence !== 'constant') {
		add(element, `the presence "${presence}" is not one of required, optional, constant`);
		return null;
	}
	const valueRef = attributes.get('valueRef');
	const constant = valueRef === undefined ? element.text : (valueRef.split('.')[1] ?? valueRef);
	if (valueRef !== undefined && !declared.has(valueRef.split('.')[0] ?? '')) add(element, `there is no enum for its valueRef "${valueRef}"`);
	if (presence === 'constant' && constant === '') add(element, `the constant "${common.name}" has no value`);
	const length = Number(attributes.get('length') ?? 1);
	if (!(Number.isInteger(length) && length >= 0)) {
		add(element, `the length "${attributes.get('length')}" is no whole number`);
		return null;
	}
	const given = attributes.get('nullValue');
	const nullValue = given === undefined ? null : primitive === 'char' && !/^-?\d+$/.test(given) ? String(given.codePointAt(0) ?? 0) : given;
	return { ...common, kind: 'type', primitive, length, presence, nullValue, constant, isText: primitive === 'char' || attributes.has('characterEncoding'), semanticType: attributes.get('semanticType') ?? '' };
}
