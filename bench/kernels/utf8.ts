/** Whether bytes beyond ASCII are UTF-8. */
import { isUtf8 } from 'node:buffer';
import { createBelow } from '../statistics.ts';
import { createBench, type KernelCase, placeTexts } from './kernel-case.ts';
import { buildKernelLoops } from './kernel-module.ts';
import { mustAgree, timed } from './timed.ts';

const COUNT = 2048;

export function utf8Cases(): KernelCase[] {
	const below = createBelow(19);
	const bench = createBench();
	const loops = buildKernelLoops(bench);
	const letters = ['é', 'ß', 'я', '手', '續', '費', '€', '🚀'];
	const { texts, places, meanBytes } = placeTexts(
		bench,
		Array.from({ length: COUNT }, () => Array.from({ length: 4 + below(20) }, () => letters[below(letters.length)]).join('')),
	);
	const bytes = new Uint8Array(bench.memory.buffer);
	const words = new Uint32Array(bench.memory.buffer);
	const decoder = new TextDecoder('utf-8', { fatal: true });
	const overTexts = (take: (start: number, end: number) => number): number => {
		let sum = 0;
		for (let index = 0; index < COUNT; index++) sum += take(words[places / 4 + index * 2] as number, words[places / 4 + index * 2 + 1] as number);
		return sum;
	};
	const expected = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
	const plain = (): number => overTexts((start, end) => checkBytes(bytes, start, end));
	mustAgree('the kernel of UTF-8', expected, loops.utf8(places, COUNT));
	mustAgree('plain TypeScript', expected, plain());
	return [
		{
			name: 'utf8 sequences',
			unit: 'text',
			bytes: meanBytes,
			candidates: [
				timed('kernel', COUNT, () => loops.utf8(places, COUNT)),
				timed('TypeScript, bytes', COUNT, plain),
				timed('TextDecoder, fatal', COUNT, () => overTexts((start, end) => decoder.decode(bytes.subarray(start, end)).length)),
				timed('buffer.isUtf8', COUNT, () => overTexts((start, end) => (isUtf8(bytes.subarray(start, end)) ? end - start : 0))),
			],
			notes: ['every character is beyond ASCII, the worst for the kernel, which the parsers call for such characters alone'],
		},
	];
}

/** Bytes of right sequences up to the first that is wrong; table 3-7 of the Unicode Standard. */
function checkBytes(bytes: Uint8Array, start: number, end: number): number {
	let at = start;
	while (at < end) {
		const lead = bytes[at] as number;
		const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
		if (more === 0 || at + more >= end) break;
		const second = bytes[at + 1] as number;
		const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
		const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
		if (second < least || second > most) break;
		if (more >= 2 && ((bytes[at + 2] as number) & 0xc0) !== 0x80) break;
		if (more === 3 && ((bytes[at + 3] as number) & 0xc0) !== 0x80) break;
		at += more + 1;
	}
	return at - start;
}
