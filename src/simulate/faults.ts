/** Ways in which a message arrives broken. Each is refused by every preset that checks what it reads. */
import type { Random } from './random.ts';

export const FAULTS = ['cut', 'flipped byte', 'wrong type', 'number out of range', 'control character'] as const;
export type Fault = (typeof FAULTS)[number];

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
