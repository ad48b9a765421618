/** RFC 3339 times to nanoseconds. */
import { createBelow } from '../statistics.ts';
import { createBench, type KernelCase, placeTexts } from './kernel-case.ts';
import { buildKernelLoops } from './kernel-module.ts';
import { mustAgree, timed } from './timed.ts';

const COUNT = 4096;

export function timestampCases(): KernelCase[] {
	const below = createBelow(17);
	const bench = createBench();
	const loops = buildKernelLoops(bench);
	const { texts, places, meanBytes } = placeTexts(
		bench,
		Array.from({ length: COUNT }, () => `${new Date(1_600_000_000_000 + below(2 ** 31) * 90).toISOString().slice(0, 23)}${String(below(1000)).padStart(3, '0')}Z`),
	);
	const bytes = new Uint8Array(bench.memory.buffer);
	const words = new Uint32Array(bench.memory.buffer);
	const expected = BigInt.asIntN(
		64,
		texts.reduce((sum, text) => sum + BigInt(Date.parse(text)) * 1_000_000n + BigInt(text.slice(23, 26)) * 1000n, 0n),
	);
	mustAgree('the kernel of timestamps', expected, loops.timestamp(places, COUNT));
	mustAgree('plain TypeScript', expected, sumOfBytes(bytes, words, places));
	return [
		{
			name: 'timestamps with microseconds',
			unit: 'time',
			bytes: meanBytes,
			candidates: [timed('kernel', COUNT, () => loops.timestamp(places, COUNT)), timed('TypeScript, bytes', COUNT, () => sumOfBytes(bytes, words, places)), timed('Date.parse(text)', COUNT, () => texts.reduce((sum, text) => sum + Date.parse(text), 0))],
			notes: ['Date.parse cuts off after milliseconds, and its texts are strings already'],
		},
	];
}

/** Without checks; seconds and microseconds apart, since doubles do not hold nanoseconds. */
function sumOfBytes(bytes: Uint8Array, words: Uint32Array, places: number): bigint {
	let seconds = 0;
	let microseconds = 0;
	for (let index = 0; index < COUNT; index++) {
		const p = words[places / 4 + index * 2] as number;
		const end = words[places / 4 + index * 2 + 1] as number;
		const two = (at: number): number => (bytes[p + at] as number) * 10 + (bytes[p + at + 1] as number) - 528;
		const month = two(5);
		const year = two(0) * 100 + two(2) - (month <= 2 ? 1 : 0);
		const era = Math.floor(year / 400);
		const yearOfEra = year - era * 400;
		const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + two(8) - 1;
		const days = era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
		seconds += ((days * 24 + two(11)) * 60 + two(14)) * 60 + two(17);
		let fraction = 0;
		for (let at = p + 20; at < end - 1; at++) fraction = fraction * 10 + (bytes[at] as number) - 0x30;
		microseconds += fraction;
	}
	return BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n + BigInt(microseconds) * 1000n);
}
