/** A small seeded generator (mulberry32): the same seed gives the same session on every machine. */
export interface Random {
	/** 0 to bound - 1. */
	below(bound: number): number;
	/** 0 to 1. */
	share(): number;
	chance(probability: number): boolean;
	/** Waiting times of a process with this mean. */
	exponential(mean: number): number;
	pick<T>(list: readonly T[]): T;
	/** 32 hexadecimal digits as a UUID. */
	uuid(): string;
}

export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	};
	const hex = (digits: number): string => next().toString(16).padStart(8, '0').slice(0, digits);
	return {
		below: (bound) => next() % bound,
		share: () => next() / 4294967296,
		chance: (probability) => next() / 4294967296 < probability,
		exponential: (mean) => -Math.log(1 - next() / 4294967296) * mean,
		pick: (list) => list[next() % list.length] as never,
		uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}`,
	};
}
