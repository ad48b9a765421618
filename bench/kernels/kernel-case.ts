/** A kernel and what plain TypeScript does instead, over the same texts in the same memory. */
import type { Candidate, Measurement } from '../measure.ts';

export interface KernelCase {
	readonly name: string;
	/** What times are of. */
	readonly unit: string;
	/** Mean bytes of a unit. */
	readonly bytes: number;
	readonly candidates: readonly Candidate[];
	readonly notes: readonly string[];
	/** More notes, once it is measured. */
	readonly found?: (measurements: readonly Measurement[]) => readonly string[];
}

/** Memory that a kernel's module imports, with room for its constants and for texts. */
export interface Bench {
	readonly memory: WebAssembly.Memory;
	/** 64 KiB for constants and workspaces. */
	readonly constants: number;
	/** 64-byte aligned; the rest of the memory. */
	readonly texts: number;
}

export function createBench(): Bench {
	return { memory: new WebAssembly.Memory({ initial: 256 }), constants: 65536, texts: 4 * 65536 };
}

/** Texts one after the other with two bytes between, as quotes and commas are, and (address, end) of each behind them. */
export interface PlacedTexts {
	readonly texts: readonly string[];
	/** u32 address, u32 end; of each. */
	readonly places: number;
	readonly meanBytes: number;
}

const encoder = new TextEncoder();

export function placeTexts({ memory, texts: at }: Bench, texts: readonly string[]): PlacedTexts {
	const bytes = new Uint8Array(memory.buffer);
	const encoded = texts.map((text) => encoder.encode(text));
	const total = encoded.reduce((sum, { length }) => sum + length, 0);
	const places = Math.ceil((at + total + texts.length * 2 + 64) / 64) * 64;
	if (places + texts.length * 8 > bytes.length) throw new RangeError('tickforge bench: the texts do not fit the memory');
	const words = new Uint32Array(memory.buffer);
	let address = at;
	encoded.forEach((text, index) => {
		bytes.set(text, address);
		bytes.set([0x22, 0x2c], address + text.length);
		words.set([address, address + text.length], places / 4 + index * 2);
		address += text.length + 2;
	});
	return { texts, places, meanBytes: total / texts.length };
}
