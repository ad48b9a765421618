/**
 * Constants at an address that is known when code is generated, so that a load of one is a load from a constant address,
 * and a table look-up needs no addition. The price: such a module is good for one place in one memory.
 *
 * ```
 *  address            + workspaceBytes
 *  | workspace        | constants, each 16-byte aligned |
 * ```
 */
import type { ModuleBuilder } from '../wasm/index.ts';

export interface FixedConstants {
	/** Bytes at this address may be written by kernels; nothing in them outlives a kernel's call. */
	readonly workspace: number;
	readonly workspaceBytes: number;
	/** Adds 16-byte aligned bytes (up to 4 KiB only once); returns their address. */
	add(bytes: Uint8Array): number;
	/** Adds the data, which are written when the module is instantiated. Call last. @throws RangeError where they do not fit */
	finish(): void;
}

/** @param bytes all there is room for, workspace and constants */
export function createFixedConstants(m: ModuleBuilder, address: number, bytes: number, workspaceBytes: number): FixedConstants {
	const known = new Map<string, number>();
	const chunks: { readonly at: number; readonly bytes: Uint8Array }[] = [];
	let next = address + Math.ceil(workspaceBytes / 16) * 16;
	return {
		workspace: address,
		workspaceBytes,
		add(added) {
			const key = added.length <= 4096 ? added.join() : '';
			const found = known.get(key);
			if (found !== undefined) return found;
			const at = next;
			next += Math.ceil(added.length / 16) * 16;
			chunks.push({ at, bytes: added });
			if (key !== '') known.set(key, at);
			return at;
		},
		finish() {
			if (next > address + bytes) throw new RangeError(`tickforge: constants of ${next - address} bytes do not fit in ${bytes}`);
			const first = chunks[0]?.at ?? next;
			const all = new Uint8Array(next - first);
			for (const { at, bytes: chunk } of chunks) all.set(chunk, at - first);
			if (all.length > 0) m.data(first, all);
		},
	};
}
