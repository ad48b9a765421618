/**
 * The bound that no parser can pass: as many bytes as the messages have, loaded once, in the same WebAssembly memory.
 *
 * Each message gets a fixed number of vector loads (11 where the mean is 164 bytes), unrolled, without a branch on its
 * length: a loop that ends where a message ends mispredicts once a message, and would measure the predictor. Messages of
 * a feed differ in length by orders of magnitude, so the loads of message k start at k × mean: every byte is loaded, none
 * twice.
 */
import { type Arena, DESCRIPTOR, type Region } from '../src/index.ts';
import { createModule, I32, V128 } from '../src/wasm/index.ts';

/** Beyond this a loop of constant length, which is predicted, goes round: code that leaves the first-level cache would be no bound. */
const UNROLLED = 64;

/** Loads a message; what is left after whole turns of the loop is unrolled behind it. */
export const loadsOf = (meanLength: number): number => Math.max(1, Math.ceil(meanLength / 16));

export interface TouchInput {
	/** Where the messages' bytes begin. */
	readonly address: number;
	/** Their bytes; at least 1024 readable bytes must follow. */
	readonly bytes: number;
	readonly messages: number;
}

export interface Touch {
	/** Entries of the table: as many as messages, but at least `least`. */
	readonly entries: number;
	/** Loads the bytes of `count` messages, from the `first` on. */
	run(first: number, count: number): number;
	release(): void;
}

export function createTouch(arena: Arena, { address, bytes, messages }: TouchInput, least = 0): Touch {
	const mean = bytes / messages;
	const passes = Math.max(1, Math.ceil(least / messages));
	const entries = messages * passes;
	const table: Region = arena.allocate('touched places', entries * DESCRIPTOR.size);
	const words = arena.u32();
	for (let entry = 0; entry < entries; entry++) words[(table.address + entry * DESCRIPTOR.size) >>> 2] = address + Math.floor((entry % messages) * mean);
	const touch = compileTouch(arena.memory, loadsOf(mean));
	return { entries, run: (first, count) => touch(table.address + first * DESCRIPTOR.size, count), release: () => arena.release(table) };
}

function compileTouch(memory: WebAssembly.Memory, loads: number): (descriptors: number, count: number) => number {
	const m = createModule('touch');
	m.importMemory('env', 'memory', { min: 1 });
	const turns = loads > UNROLLED ? Math.floor(loads / UNROLLED) : 0;
	m.func('touch', { params: { descriptors: I32, count: I32 }, results: [I32], export: 'touch' }, (f, { descriptors, count }) => {
		// Four sums, so that no load waits for the sum before.
		const sums = [0, 1, 2, 3].map((index) => f.local(V128, V128.i32x4(0, 0, 0, 0), `sum${index}`));
		const p = f.local(I32, undefined, 'p');
		const left = f.local(I32, undefined, 'left');
		const loadSome = (howMany: number): void => {
			for (let index = 0; index < howMany; index++) {
				const sum = sums[index % 4] as (typeof sums)[number];
				sum.set(sum.xor(V128.load(p, index * 16)));
			}
		};
		f.loop((message) => {
			p.set(I32.load(descriptors));
			if (turns > 0) {
				left.set(I32.of(turns));
				f.loop((again) => {
					loadSome(UNROLLED);
					p.set(p.add(UNROLLED * 16));
					left.set(left.sub(1));
					again.branchIf(left);
				});
			}
			loadSome(loads - turns * UNROLLED);
			descriptors.set(descriptors.add(DESCRIPTOR.size));
			count.set(count.sub(1));
			message.branchIf(count);
		});
		const [a, b, c, d] = sums as unknown as [V128, V128, V128, V128];
		f.return(a.xor(b).xor(c.xor(d)).i32x4.extractLane(0));
	});
	return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports.touch as (descriptors: number, count: number) => number;
}
