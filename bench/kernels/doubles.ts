/** Number text to the nearest double. */
import { createBelow } from '../statistics.ts';
import { createBench, type KernelCase, placeTexts } from './kernel-case.ts';
import { buildKernelLoops } from './kernel-module.ts';
import { mustAgree, timed } from './timed.ts';

const COUNT = 4096;
const TEXTS: Readonly<Record<string, (below: (bound: number) => number) => string>> = {
	'as prices': (below) => `${below(70_000)}.${String(below(100)).padStart(2, '0')}`,
	'shortest of any double': (below) => String((1 + below(2 ** 31) / 2 ** 31 + below(2 ** 21) / 2 ** 52) * 10 ** (below(40) - 20)),
};

export function doubleCases(): KernelCase[] {
	return Object.entries(TEXTS).map(([name, make]) => {
		const below = createBelow(13);
		const bench = createBench();
		const loops = buildKernelLoops(bench);
		const { texts, places, meanBytes } = placeTexts(
			bench,
			Array.from({ length: COUNT }, () => make(below)),
		);
		const buffer = Buffer.from(bench.memory.buffer) as Buffer & { latin1Slice(start: number, end: number): string };
		const words = new Uint32Array(bench.memory.buffer);
		mustAgree(
			'the kernel of doubles',
			texts.reduce((sum, text) => sum + Number(text), 0),
			loops.parseDouble(places, COUNT),
		);
		return {
			name: `doubles ${name}`,
			unit: 'number',
			bytes: meanBytes,
			candidates: [
				timed('kernel', COUNT, () => loops.parseDouble(places, COUNT)),
				timed('Number(text)', COUNT, () => texts.reduce((sum, text) => sum + Number(text), 0)),
				timed('parseFloat(text)', COUNT, () => texts.reduce((sum, text) => sum + Number.parseFloat(text), 0)),
				timed('decode, Number', COUNT, () => {
					let sum = 0;
					for (let index = 0; index < COUNT; index++) sum += Number(buffer.latin1Slice(words[places / 4 + index * 2] as number, words[places / 4 + index * 2 + 1] as number));
					return sum;
				}),
			],
			notes: ['the texts of Number and parseFloat are strings already'],
		};
	});
}
