/** Decimal text to fixed point with eight digits. */
import { createBelow } from '../statistics.ts';
import { createBench, type KernelCase, placeTexts } from './kernel-case.ts';
import { buildKernelLoops, SCALE } from './kernel-module.ts';
import { mustAgree, timed } from './timed.ts';

const COUNT = 4096;
const TEXTS: Readonly<Record<string, (below: (bound: number) => number) => string>> = {
	'of one width': (below) => `${10_000 + below(80_000)}.${String(below(100)).padStart(2, '0')}`,
	'of any width': (below) => {
		const fraction = below(8);
		return `${below(10 ** (1 + below(7)))}${fraction === 0 ? '' : `.${String(below(10 ** fraction)).padStart(fraction, '0')}`}`;
	},
};

export function decimalCases(): KernelCase[] {
	return Object.entries(TEXTS).map(([name, make]) => {
		const below = createBelow(11);
		const bench = createBench();
		const loops = buildKernelLoops(bench);
		const { texts, places, meanBytes } = placeTexts(
			bench,
			Array.from({ length: COUNT }, () => make(below)),
		);
		const bytes = new Uint8Array(bench.memory.buffer);
		const words = new Uint32Array(bench.memory.buffer);
		const expected = texts.reduce((sum, text) => sum + fixedPoint(text), 0n);
		mustAgree('the short decimal kernel', expected, loops.shortDecimal(places, COUNT));
		mustAgree('the long decimal kernel', expected, loops.longDecimal(places, COUNT));
		mustAgree('plain TypeScript', expected, sumOfBytes(bytes, words, places));
		return {
			name: `decimals ${name}`,
			unit: 'number',
			bytes: meanBytes,
			candidates: [
				timed('kernel', COUNT, () => loops.shortDecimal(places, COUNT)),
				timed('kernel, long form', COUNT, () => loops.longDecimal(places, COUNT)),
				timed('TypeScript, bytes', COUNT, () => sumOfBytes(bytes, words, places)),
				timed('Number(text)', COUNT, () => texts.reduce((sum, text) => sum + Number(text), 0)),
				timed('BigInt(text)', COUNT, () => texts.reduce((sum, text) => sum + fixedPoint(text), 0n)),
			],
			notes: ['Number rounds, and its texts are strings already; the others are exact'],
		};
	});
}

function fixedPoint(text: string): bigint {
	const point = text.indexOf('.');
	return point < 0 ? BigInt(text) * 10n ** BigInt(SCALE) : BigInt(text.slice(0, point) + text.slice(point + 1).padEnd(SCALE, '0'));
}

const POWERS = Array.from({ length: SCALE + 1 }, (_, exponent) => 10 ** exponent);

/** Exact while values stay below 2^53, as these do; the sum is kept in two halves. */
function sumOfBytes(bytes: Uint8Array, words: Uint32Array, places: number): bigint {
	let high = 0;
	let low = 0;
	for (let index = 0; index < COUNT; index++) {
		let at = words[places / 4 + index * 2] as number;
		const end = words[places / 4 + index * 2 + 1] as number;
		let value = 0;
		let fraction = 0;
		let isFraction = false;
		for (; at < end; at++) {
			const byte = bytes[at] as number;
			if (byte === 0x2e) {
				isFraction = true;
				continue;
			}
			value = value * 10 + (byte - 0x30);
			if (isFraction) fraction++;
		}
		value *= POWERS[SCALE - fraction] as number;
		const top = Math.floor(value / 2 ** 32);
		high += top;
		low += value - top * 2 ** 32;
	}
	return BigInt(high) * 2n ** 32n + BigInt(low);
}
