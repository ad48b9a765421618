import type { RingMapping } from '../memory/index.ts';
import { MAP, type Native, native, PAGE_SIZE, PROTECTION } from './native.ts';

/** Mirrors rings by mapping one anonymous file twice in a row; undefined where the system cannot. */
export function ringMapping(): RingMapping | undefined {
	const calls = native();
	return calls === null ? undefined : mappingWith(calls);
}

function mappingWith(calls: Native): RingMapping {
	const writable = PROTECTION.read | PROTECTION.write;
	const restore = (memory: WebAssembly.Memory, address: number, bytes: number): void => {
		const at = calls.addressOf(memory) + BigInt(address);
		if (calls.mmap(at, bytes, writable, MAP.private | MAP.anonymous | MAP.fixed, -1, 0) !== at) throw new Error(`tickforge: a ring's memory could not be restored (error ${calls.errno()})`);
	};
	return {
		granularity: PAGE_SIZE,
		base: (memory) => calls.addressOf(memory),
		mirror(memory, address, bytes) {
			const file = calls.memfdCreate('tickforge-ring', 0);
			if (file < 0) return false;
			try {
				if (calls.ftruncate(file, bytes) !== 0) return false;
				const at = calls.addressOf(memory) + BigInt(address);
				const once = (where: bigint): boolean => calls.mmap(where, bytes, writable, MAP.shared | MAP.fixed, file, 0) === where;
				if (once(at) && once(at + BigInt(bytes))) return true;
				restore(memory, address, bytes * 2);
				return false;
			} finally {
				calls.close(file);
			}
		},
		restore,
	};
}
