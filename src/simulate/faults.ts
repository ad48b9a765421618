/** Ways in which a message arrives broken. Each is refused by every preset that checks what it reads. */
import { readUnsigned } from '../protocols/binary/reference/values.ts';
import { fixedSize, type Place, type WireFormat, type WireMessage } from '../protocols/binary/wire.ts';
import type { Random } from './random.ts';

export const FAULTS = ['cut', 'flipped byte', 'wrong type', 'number out of range', 'control character'] as const;
/** Of binary formats: those that the message has a place for. */
export const BINARY_FAULTS = ['cut', 'trailing bytes', 'unknown message', 'wrong code', 'forged count', 'not UTF-8'] as const;
/** Of MessagePack. */
export const MESSAGEPACK_FAULTS = ['cut', 'trailing bytes', 'unused byte'] as const;
/** Of Protobuf, in which a part of a message may be a whole one. */
export const PROTOBUF_FAULTS = ['cut', 'wrong type', 'forged count'] as const;
export type Fault = (typeof FAULTS)[number] | (typeof BINARY_FAULTS)[number] | (typeof MESSAGEPACK_FAULTS)[number] | (typeof PROTOBUF_FAULTS)[number];

/** Breaks a message: the broken one and how, or null where this kind finds nothing to break. */
export type Breaker = (random: Random, message: Uint8Array) => { readonly bytes: Uint8Array; readonly fault: Fault } | null;

export const breakJson: Breaker = (random, message) => {
	const { text, fault } = breakMessage(random, Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1'));
	return fault === null ? null : { bytes: Buffer.from(text, 'latin1'), fault };
};

const cut = (random: Random, message: Uint8Array): Uint8Array => message.slice(0, message.length < 2 ? 0 : 1 + random.below(message.length - 1));

const longer = (random: Random, message: Uint8Array): Uint8Array => {
	const bytes = new Uint8Array(message.length + 1 + random.below(8));
	bytes.set(message);
	return bytes;
};

export const breakMessagePack: Breaker = (random, message) => {
	const fault = random.pick(MESSAGEPACK_FAULTS);
	if (fault === 'cut') return { bytes: cut(random, message), fault };
	if (fault === 'trailing bytes') return { bytes: longer(random, message), fault };
	const bytes = message.slice();
	bytes[0] = 0xc1;
	return { bytes, fault };
};

export const breakProtobuf: Breaker = (random, message) => {
	const fault = random.pick(PROTOBUF_FAULTS);
	// A tag that is not complete; a wire type that is none; a length that nothing has.
	const tail = { cut: [0x80], 'wrong type': [0x0f], 'forged count': [0x7a, 0xff, 0xff, 0xff, 0xff, 0x0f] }[fault];
	return { bytes: Uint8Array.from([...message, ...tail]), fault };
};

/** Where a message of a format can be broken. Offsets are from its start. */
interface Weaknesses {
	/** Numbers that may only be one of a few. */
	readonly codes: readonly { readonly place: Place; readonly allowed: readonly string[] }[];
	/** The count of its first group. */
	readonly count: Place | null;
	/** First bytes of texts. */
	readonly texts: readonly number[];
}

/** Breaks messages of a binary format, told apart by their header. */
export function breakerOf(format: WireFormat): Breaker {
	const { header, messages } = format;
	const weaknesses = new Map(messages.map((message) => [message.type, weaknessesOf(format, message)]));
	return (random, message) => {
		const type = header.type === null ? null : readUnsigned(message, header.type.offset, header.type).toString();
		const weak = weaknesses.get(type);
		if (weak === undefined) return null;
		const kinds = BINARY_FAULTS.filter((kind) => {
			if (kind === 'cut') return true;
			if (kind === 'trailing bytes') return format.trailing === 'reject' || header.length !== null;
			if (kind === 'unknown message') return header.type !== null;
			if (kind === 'wrong code') return weak.codes.length > 0;
			return kind === 'forged count' ? weak.count !== null : weak.texts.length > 0;
		});
		const fault = random.pick(kinds);
		if (fault === 'cut') return { bytes: cut(random, message), fault };
		if (fault === 'trailing bytes') return { bytes: longer(random, message), fault };
		const bytes = message.slice();
		if (fault === 'unknown message') {
			const place = header.type as Place;
			do writePlace(bytes, place, anyOf(random, place));
			while (weaknesses.has(readUnsigned(bytes, place.offset, place).toString()));
		} else if (fault === 'wrong code') {
			const { place, allowed } = random.pick(weak.codes);
			do writePlace(bytes, place, anyOf(random, place));
			while (allowed.includes(readUnsigned(bytes, place.offset, place).toString()));
		} else if (fault === 'forged count') {
			const place = weak.count as Place;
			bytes.fill(0xff, place.offset, place.offset + place.bytes);
		} else bytes[random.pick(weak.texts)] = 0xff;
		return { bytes, fault };
	};
}

function weaknessesOf({ header }: WireFormat, { nodes }: WireMessage): Weaknesses {
	const codes: { place: Place; allowed: string[] }[] = [];
	const texts: number[] = [];
	let count: Place | null = null;
	let at = header.size;
	for (const node of nodes) {
		if (node.kind === 'group' && 'offset' in node.count && node.count.bytes > 1 && node.when === null && node.since === 0) count = { ...node.count, offset: at + node.count.offset };
		const size = fixedSize(node);
		// Behind it nothing stands at a known place; of older versions neither.
		if (size === null || node.since > 0) break;
		if (node.kind === 'number' && node.number.kind === 'integer' && !node.number.signed) {
			const { type, codes: allowed, nullValue } = node.meaning;
			const isClosed = (type?.kind === 'enumeration' && type.unknown === 'reject') || (type?.kind === 'flag' && allowed.length > 0);
			if (isClosed) codes.push({ place: { ...node.number, offset: at }, allowed: [...allowed, ...(nullValue === null ? [] : [nullValue])] });
		}
		if (node.kind === 'text' && node.type.kind !== 'bytes') texts.push(at);
		at += size;
	}
	return { codes, count, texts };
}

const anyOf = (random: Random, { bytes }: Place): number => random.below(2 ** (8 * Math.min(4, bytes)));

function writePlace(message: Uint8Array, { offset, bytes, endian }: Place, value: number): void {
	for (let index = 0; index < bytes; index++) message[endian === 'little' ? offset + index : offset + bytes - 1 - index] = Math.floor(value / 2 ** (8 * index)) & 0xff;
}

/** A price: after the keys, or at the place in a list, where venues have prices, which no preset reads as floats. */
const PRICE = /(?:"(?:p|b|o|price|px|last|open_24h)":|\["(?:buy|sell)",|\[\[?)"(\d+\.\d+)"/;

/** Breaks a message; gives it back unbroken, with null, where this kind of fault finds nothing to break. */
export function breakMessage(random: Random, text: string): { text: string; fault: Fault | null } {
	const fault = random.pick(FAULTS);
	const replacePrice = (by: string): { text: string; fault: Fault | null } => {
		const found = PRICE.exec(text);
		if (found === null) return { text, fault: null };
		const [all, price = ''] = found;
		const end = found.index + all.length;
		return { text: text.slice(0, end - price.length - 2) + by + text.slice(end), fault };
	};
	switch (fault) {
		case 'cut':
			return { text: text.slice(0, 1 + random.below(text.length - 1)), fault };
		case 'flipped byte': {
			// A structural byte, so that the message cannot stay valid by chance.
			const places = [...text.matchAll(/[{}[\]:,]/g)].map((match) => match.index);
			const at = places[random.below(places.length)] as number;
			return { text: `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`, fault };
		}
		case 'wrong type':
			return replacePrice('{}');
		case 'number out of range':
			return replacePrice('"99999999999999999999.5"');
		case 'control character': {
			const quote = text.indexOf('"');
			return quote < 0 ? { text, fault: null } : { text: `${text.slice(0, quote + 1)}\u0001${text.slice(quote + 1)}`, fault };
		}
	}
}
