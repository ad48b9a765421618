/**
 * Constants that generated code loads from memory: an engine rebuilds a `v128.const` at each use, and a table has no
 * other place. The module carries them as one passive data segment and copies them to an address the host chooses:
 *
 *     initialize(address)      takes `constantsBytes` bytes there: first the workspace, then the constants
 */
import { type Global, I32, type ModuleBuilder } from '../wasm/index.ts';

export interface ConstantPool {
	/** Address of the pool, once the module is initialized. */
	readonly base: Global<I32>;
	/** Bytes at `base` that kernels may write; nothing in them outlives a kernel's call. */
	readonly workspace: number;
	/** Adds 16-byte aligned bytes (the same bytes only once); returns their offset from `base`. */
	add(bytes: Uint8Array): number;
	/** Adds the data segment and the exports `initialize` and `constantsBytes`, and gives counters of branches their place. Call last. */
	finish(): void;
}

export function createConstantPool(m: ModuleBuilder, workspace = 8192): ConstantPool {
	const base = m.global(I32, 0, { name: 'constants', mutable: true });
	const chunks: Uint8Array[] = [];
	const offsets = new Map<string, number>();
	let size = 0;
	return {
		base,
		workspace,
		add(bytes) {
			const key = bytes.length <= 256 ? bytes.join() : '';
			const known = offsets.get(key);
			if (key !== '' && known !== undefined) return known;
			const offset = workspace + size;
			const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16);
			padded.set(bytes);
			chunks.push(padded);
			size += padded.length;
			if (key !== '') offsets.set(key, offset);
			return offset;
		},
		finish() {
			const all = new Uint8Array(size);
			let at = 0;
			for (const chunk of chunks) {
				all.set(chunk, at);
				at += chunk.length;
			}
			const segment = m.passiveData(all);
			const counters = m.branchCounters;
			m.global(I32, workspace + size + (counters?.bytes ?? 0), { name: 'constantsBytes', mutable: false, export: 'constantsBytes' });
			m.func('initialize', { params: { address: I32 }, results: [], export: 'initialize', uncounted: true }, (f, { address }) => {
				f.memoryInit(segment, address.add(workspace), 0, size);
				base.set(f, address);
				// Counters of branches, where they are counted, lie behind the constants.
				if (counters === null) return;
				counters.address.set(f, address.add(workspace + size));
				f.memoryFill(counters.address, 0, counters.bytes);
			});
		},
	};
}
