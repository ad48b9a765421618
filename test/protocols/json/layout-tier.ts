/** The layout tier as tests use it: it learns from every message it can, and generates anew as soon as a shape is new. */
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { CONTEXT, LEARNING, NOTE, type ParseFunction } from '../../../src/compiler/parser-abi.ts';
import type { GenerateOptions, LayoutLearner, Protocol } from '../../../src/compiler/protocol.ts';
import { json } from '../../../src/protocols/json/index.ts';
import type { Schema } from '../../../src/schema/model.ts';
import { openSymbolReader } from '../../../src/symbols/index.ts';
import { detectFeatures } from '../../../src/wasm/index.ts';
import type { Tier } from './harness.ts';

const NOTES = 256;
/** Of a large memory more: many shapes of damaged messages have many constants. */
const reservedOf = ({ byteLength }: ArrayBufferLike): number => (byteLength > 2 ** 26 ? 56 : 16) * 2 ** 20;

export interface LayoutCounts {
	taken: number;
	missed: number;
}

/** `counts` gets how many messages layouts took; `also` goes to the generator. */
export function createLayoutTier(counts?: LayoutCounts, also: GenerateOptions = {}, protocolOf: (schema: Schema) => Protocol = json): Tier {
	return {
		name: 'layout',
		create(layout, memory, allocateFromWorld) {
			// All at once, so that messages lie at the same addresses as with other tiers.
			const reserved = reservedOf(memory.buffer);
			let free = allocateFromWorld(reserved);
			const end = free + reserved;
			const allocate = (bytes: number): number => {
				const at = free;
				free += Math.ceil(bytes / 64) * 64;
				if (free > end) throw new Error('the layout tier of the tests has not enough memory');
				return at;
			};
			const protocol = protocolOf(layout.schema);
			const options = { shared: memory.buffer instanceof SharedArrayBuffer, relaxedSimd: detectFeatures().relaxedSimd, ...also };
			const readers = new Map<number, ReturnType<typeof openSymbolReader>>();
			let tables = 0;
			const view = (): DataView => new DataView(memory.buffer);
			const learner = (protocol.learner as NonNullable<typeof protocol.learner>)(layout, (table, name) => {
				const address = view().getUint32(tables + table * 4, true);
				let reader = readers.get(address);
				if (reader === undefined) {
					reader = openSymbolReader(memory, address);
					readers.set(address, reader);
				}
				return reader.id(name);
			}) as LayoutLearner;
			const store = learner.open({ memory, allocate });
			const noteTable = allocate(NOTES * NOTE.size);
			let parse: ParseFunction | null = null;
			let version = -1;
			/** The next module's take the last one's place. */
			let constants = { address: 0, size: 0 };
			const placeConstants = (size: number): number => {
				if (size > constants.size) constants = { address: allocate(size * 2), size: size * 2 };
				return constants.address;
			};
			const generate = (): void => {
				const bytes = learner.generate(options);
				parse = instantiateParser(new WebAssembly.Module(bytes), memory, placeConstants);
				version = learner.version;
			};
			generate();
			return (descriptors, count, context) => {
				view().setUint32(context + CONTEXT.layouts, store.address, true);
				view().setUint32(store.address + LEARNING.noteEvery, 1, true);
				view().setUint32(store.address + LEARNING.noteLimit, NOTES, true);
				view().setUint32(store.address + LEARNING.noteTable, noteTable, true);
				tables = view().getUint32(context + CONTEXT.symbolTables, true);
				const consumed = (parse as ParseFunction)(descriptors, count, context);
				const notes = view().getUint32(store.address + LEARNING.notes, true);
				for (let note = 0; note < notes; note++) {
					const at = noteTable + note * NOTE.size;
					const address = view().getUint32(at + NOTE.address, true);
					const bytes = new Uint8Array(memory.buffer).slice(address, address + view().getUint32(at + NOTE.length, true));
					learner.learn(bytes, view().getUint32(at + NOTE.variant, true), view().getUint32(at + NOTE.item, true) - 1);
				}
				view().setUint32(store.address + LEARNING.notes, 0, true);
				if (counts !== undefined) {
					counts.taken += view().getUint32(store.address + LEARNING.taken, true);
					counts.missed += view().getUint32(store.address + LEARNING.missed, true);
				}
				view().setUint32(store.address + LEARNING.taken, 0, true);
				view().setUint32(store.address + LEARNING.missed, 0, true);
				if (learner.version !== version) generate();
				return consumed;
			};
		},
	};
}
