/** What a target is given: a list of parts (messages, or one stream of bytes), and the file it is kept in. */
import { createHash } from 'node:crypto';

export type Input = readonly Uint8Array[];

/** `one`: the file is the bytes as they are. `many`: each part after its length, u32 little endian. */
export type Parts = 'one' | 'many';

/** A part costs something by itself, so that there are not many empty ones. */
export const sizeOf = (input: Input): number => input.reduce((sum, part) => sum + part.length + 4, 0);

export function toFile(input: Input, parts: Parts): Uint8Array {
	if (parts === 'one') return input[0] ?? new Uint8Array(0);
	const bytes = new Uint8Array(sizeOf(input));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const part of input) {
		view.setUint32(at, part.length, true);
		bytes.set(part, at + 4);
		at += 4 + part.length;
	}
	return bytes;
}

/** Any bytes are an input: a length that is too large ends with the file. */
export function fromFile(file: Uint8Array, parts: Parts): Input {
	// No Buffer: its slices are views.
	const bytes = new Uint8Array(file);
	if (parts === 'one') return [bytes];
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const input: Uint8Array[] = [];
	for (let at = 0; at + 4 <= bytes.length; ) {
		const length = Math.min(view.getUint32(at, true), bytes.length - at - 4);
		input.push(bytes.slice(at + 4, at + 4 + length));
		at += 4 + length;
	}
	return input;
}

/** The same for the same input: its name in a folder. */
export function nameOf(input: Input): string {
	return createHash('sha256').update(toFile(input, 'many')).digest('hex').slice(0, 16);
}
