/** Where the express way looks (tables.ts): chosen such that the layouts at hand differ there. */
import type { LearnedPart } from './spots.ts';
import { asU64, EXPRESS_REACH, separators, WINDOW_REACH } from './tables.ts';

export interface ExpressSettings {
	/** Where the 8 bytes begin that tell kinds of messages apart. */
	readonly headAt: number;
	readonly multiplier: bigint;
	/** Where the name begins, by the hash of the head. */
	readonly heads: readonly number[];
	/** Bytes before the message's end; up to two. */
	readonly windows: readonly number[];
}

/** More samples would not say more. */
const SAMPLES = 256;
const HEADS = 64;
const MULTIPLIERS = [0x9e3779b97f4a7c15n, 0xbf58476d1ce4e5b9n, 0x94d049bb133111ebn, 0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n, 0x2127599bf4325c37n];

export function chooseExpress(parts: readonly LearnedPart[]): ExpressSettings {
	const samples = parts.slice(-SAMPLES);
	const { headAt, multiplier, heads } = chooseHeads(samples);
	return { headAt, multiplier, heads, windows: chooseWindows(samples) };
}

const nameAt = (part: LearnedPart): number => {
	const name = part.spots.find((spot) => spot.kind === 'symbol');
	return name === undefined || name.start > EXPRESS_REACH ? 0 : name.start;
};

function headOf(part: LearnedPart, at: number): bigint {
	let head = 0n;
	for (let index = 7; index >= 0; index--) head = (head << 8n) | BigInt(part.sample[at + index] ?? 0);
	return head;
}

/** Constant bytes that lead to where the name begins, right for as many layouts as possible. */
function chooseHeads(samples: readonly LearnedPart[]): Pick<ExpressSettings, 'headAt' | 'multiplier' | 'heads'> {
	let best = { right: -1, headAt: 0, multiplier: MULTIPLIERS[0] as bigint, heads: new Array<number>(HEADS).fill(0) };
	for (let headAt = 0; headAt <= EXPRESS_REACH && best.right < samples.length; headAt++) {
		const constant = samples.every(({ limits, template }) => template.length < headAt + 8 || limits.subarray(headAt, headAt + 8).every((limit) => limit === 0));
		if (!constant && headAt > 0) continue;
		for (const multiplier of MULTIPLIERS) {
			const votes = Array.from({ length: HEADS }, () => new Map<number, number>());
			for (const part of samples) {
				const vote = votes[Number(asU64(headOf(part, headAt) * multiplier) >> 58n)] as Map<number, number>;
				vote.set(nameAt(part), (vote.get(nameAt(part)) ?? 0) + 1);
			}
			const chosen = votes.map((vote) => [...vote].sort((a, b) => b[1] - a[1])[0]);
			const right = chosen.reduce((sum, winner) => sum + (winner?.[1] ?? 0), 0);
			// Where all names begin at one place, generated code need not ask.
			const usual = chosen.reduce((most, winner) => ((winner?.[1] ?? 0) > (most?.[1] ?? 0) ? winner : most), undefined)?.[0] ?? 0;
			if (right > best.right) best = { right, headAt, multiplier, heads: chosen.map((winner) => winner?.[0] ?? usual) };
		}
	}
	return best;
}

/** Windows that tell layouts of the same length apart: none where the length does, a second only where it tells more. */
function chooseWindows(samples: readonly LearnedPart[]): number[] {
	const reach = Math.min(WINDOW_REACH, ...samples.map(({ sample }) => sample.length));
	const candidates: number[] = [];
	for (let back = 16; back <= reach; back += 4) candidates.push(back);
	const masks = candidates.map((back) => samples.map(({ sample }) => Number(separators(sample, sample.length - back, 16))));
	const classes = (windows: readonly number[]): number => new Set(samples.map(({ sample }, index) => [sample.length, ...windows.map((window) => (masks[window] as number[])[index])].join())).size;
	const chosen: number[] = [];
	let most = classes([]);
	while (chosen.length < 2) {
		let best = -1;
		for (let window = 0; window < candidates.length; window++) {
			const found = classes([...chosen, window]);
			if (found <= most) continue;
			most = found;
			best = window;
		}
		if (best < 0) break;
		chosen.push(best);
	}
	return chosen.map((window) => candidates[window] as number);
}
