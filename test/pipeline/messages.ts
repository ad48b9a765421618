/** Messages in an arena, described, for parsers that take many. */
import { type Arena, DESCRIPTOR, json, type Protocol, type Schema } from '../../src/index.ts';

const encoder = new TextEncoder();

export interface Described {
	readonly descriptors: number;
	readonly count: number;
}

/** Puts messages into an arena. Each has the receive time 1000 + its number. */
export function describeMessages(arena: Arena, messages: readonly (string | Uint8Array)[]): Described {
	const all = messages.map((message) => (typeof message === 'string' ? encoder.encode(message) : message));
	const table = arena.allocate('test descriptors', Math.max(1, all.length) * DESCRIPTOR.size);
	const bytes = arena.allocate(
		'test messages',
		all.reduce((sum, { length }) => sum + length, 0),
	);
	let next = bytes.address;
	const view = arena.view();
	all.forEach((message, index) => {
		arena.u8().set(message, next);
		const at = table.address + index * DESCRIPTOR.size;
		view.setUint32(at + DESCRIPTOR.offset, next, true);
		view.setUint32(at + DESCRIPTOR.length, message.length, true);
		view.setBigInt64(at + DESCRIPTOR.received, BigInt(1000 + index), true);
		next += message.length;
	});
	return { descriptors: table.address, count: all.length };
}

/**
 * The protocol with a fault in its parser.
 *
 * @param fault is called before each message; it may throw, or change memory after the message by what it returns
 */
export function faulty<S extends Schema>(schema: S, fault: (message: string, memory: WebAssembly.Memory) => (() => void) | undefined): Protocol<S> {
	const protocol = json(schema);
	return {
		...protocol,
		reference(layout, memory) {
			const parse = protocol.reference(layout, memory);
			return (descriptors, count, context) => {
				for (let index = 0; index < count; index++) {
					const view = new DataView(memory.buffer);
					const at = descriptors + index * DESCRIPTOR.size;
					const bytes = new Uint8Array(memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
					const after = fault(new TextDecoder().decode(bytes), memory);
					if (parse(at, 1, context) === 0) return index;
					after?.();
				}
				return count;
			};
		},
	};
}
