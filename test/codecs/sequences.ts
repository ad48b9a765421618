/** Blocks made of random literals and matches of all forms the formats have, which no compressor would choose. */
import type { BlockFormat } from '../../src/codecs/block-decoder.ts';

export interface MadeBlock {
	/** What follows the content's length in a Snappy block. */
	readonly elements: Uint8Array;
	readonly content: Uint8Array;
}

type Draw = (below: number) => number;

const little = (value: number, bytes: number): number[] => Array.from({ length: bytes }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff);

/** Mostly short, around the borders of vectors and forms, now and then long. */
const drawLength = (draw: Draw): number => (draw(12) === 0 ? draw(600) : draw(4) === 0 ? 58 + draw(10) : draw(40));

export function makeBlock(format: BlockFormat, draw: Draw): MadeBlock {
	const out: number[] = [];
	const content: number[] = [];
	const literals = (count: number): number[] => Array.from({ length: count }, () => draw(256));
	const repeat = (offset: number, length: number): void => {
		for (let k = 0; k < length; k++) content.push(content[content.length - offset] as number);
	};
	const drawOffset = (): number => 1 + draw(Math.min(content.length, draw(2) === 0 ? 40 : 65535));
	const rest = (length: number): number[] => (length < 15 ? [] : [...new Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255]);
	for (let elements = 1 + draw(30); elements > 0; elements--) {
		if (format === 'lz4') {
			const added = literals(drawLength(draw) + (content.length === 0 ? 1 : 0));
			content.push(...added);
			const offset = drawOffset();
			const match = 4 + drawLength(draw);
			out.push((Math.min(15, added.length) << 4) | Math.min(15, match - 4), ...rest(added.length), ...added, ...little(offset, 2), ...rest(match - 4));
			repeat(offset, match);
			if (elements > 1) continue;
			const last = literals(draw(40));
			out.push(Math.min(15, last.length) << 4, ...rest(last.length), ...last);
			content.push(...last);
		} else if (content.length === 0 || draw(3) === 0) {
			const added = literals(1 + drawLength(draw));
			const least = added.length <= 60 ? 0 : added.length <= 256 ? 1 : 2;
			const bytes = least + draw(5 - least);
			out.push(...(bytes === 0 ? [(added.length - 1) << 2] : [(59 + bytes) << 2, ...little(added.length - 1, bytes)]), ...added);
			content.push(...added);
		} else {
			const offset = drawOffset();
			const length = 1 + draw(64);
			if (length >= 4 && length <= 11 && offset < 2048) out.push(1 | ((length - 4) << 2) | ((offset >>> 8) << 5), offset & 0xff);
			else if (draw(3) === 0) out.push(3 | ((length - 1) << 2), ...little(offset, 4));
			else out.push(2 | ((length - 1) << 2), ...little(offset, 2));
			repeat(offset, length);
		}
	}
	return { elements: Uint8Array.from(out), content: Uint8Array.from(content) };
}

export function withLength(length: number, elements: Uint8Array): Uint8Array {
	const head: number[] = [];
	for (let left = length; ; left = Math.floor(left / 128)) {
		head.push(left < 128 ? left : (left % 128) | 0x80);
		if (left < 128) return Uint8Array.from([...head, ...elements]);
	}
}
