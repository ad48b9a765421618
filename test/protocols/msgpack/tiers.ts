/** The tiers of MessagePack that tests run over. */
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { msgpack } from '../../../src/protocols/msgpack/index.ts';
import type { Tier } from '../json/harness.ts';

export const reference: Tier = { name: 'reference', create: (layout, memory) => msgpack(layout.schema).reference(layout, memory) };

const generated = (relaxedSimd: boolean): Tier => ({
	name: relaxedSimd ? 'generated, relaxed' : 'generated',
	create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(msgpack(layout.schema).generate(layout, { relaxedSimd, shared: memory.buffer instanceof SharedArrayBuffer })), memory, allocate),
});

export const schemaTier = generated(false);
export const relaxedTier = generated(true);
export const tiers: readonly Tier[] = [reference, schemaTier];
