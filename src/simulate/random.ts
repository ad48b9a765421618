/** A small seeded generator (mulberry32): the same seed gives the same session on every machine. */
export interface Random {
	/** 32 bits. */
	word(): number;
	/** 0 to bound - 1. */
	below(bound: number): number;
	/** 0 to 1. */
	share(): number;
	chance(probability: number): boolean;
	/** Waiting times of a process with this mean. */
	exponential(mean: number): number;
	/** About normal (a sum of twelve), mean 0, deviation 1. */
	normal(): number;
	pick<T>(list: readonly T[]): T;
}

export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const word = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};
	return {
		word,
		below: (bound) => word() % bound,
		share: () => word() / 4294967296,
		chance: (probability) => word() < probability * 4294967296,
		exponential: (mean) => -Math.log(1 - word() / 4294967296) * mean,
		normal: () => {
			let sum = 0;
			for (let turn = 0; turn < 6; turn++) {
				const both = word();
				sum += (both & 0xffff) + (both >>> 16);
			}
			return sum / 65536 - 6;
		},
		pick: (list) => list[word() % list.length] as never,
	};
}
