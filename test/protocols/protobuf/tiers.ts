/** The tiers of Protobuf that tests run over. */
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import type { ProtobufProtocol } from '../../../src/protocols/protobuf/index.ts';
import type { Tier } from '../json/harness.ts';

export type ProtobufTier = (protocol: ProtobufProtocol) => Tier;

export const reference: ProtobufTier = (protocol) => ({ name: 'reference', create: (layout, memory) => protocol.reference(layout, memory) });

export const generated: ProtobufTier = (protocol) => ({
	name: 'generated',
	create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(protocol.generate(layout, { shared: memory.buffer instanceof SharedArrayBuffer })), memory, allocate),
});

/** By name, for `describe.each`. */
export const tiers: readonly { readonly name: string; readonly of: ProtobufTier }[] = [
	{ name: 'reference', of: reference },
	{ name: 'generated', of: generated },
];
