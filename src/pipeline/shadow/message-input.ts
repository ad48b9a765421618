/** Room in an arena for one message and its descriptor. */
import { DESCRIPTOR } from '../../compiler/parser-abi.ts';
import type { Arena, Region } from '../../memory/index.ts';

const encoder = new TextEncoder();

export function createMessageInput(arena: Arena, parseMany: (descriptors: number, count: number) => void) {
	let region: Region | null = null;
	const release = (): void => {
		if (region !== null) arena.release(region);
		region = null;
	};
	return {
		parse(message: string | Uint8Array, received = 0n): void {
			const bytes = typeof message === 'string' ? encoder.encode(message) : message;
			if (region === null || region.size < bytes.length + DESCRIPTOR.size) {
				release();
				region = arena.allocate('one message', Math.max(4096, (bytes.length + DESCRIPTOR.size) * 2));
			}
			const { address } = region as Region;
			arena.u8().set(bytes, address + DESCRIPTOR.size);
			const view = arena.view();
			view.setUint32(address + DESCRIPTOR.offset, address + DESCRIPTOR.size, true);
			view.setUint32(address + DESCRIPTOR.length, bytes.length, true);
			view.setBigInt64(address + DESCRIPTOR.received, received, true);
			parseMany(address, 1);
		},
		release,
	};
}
