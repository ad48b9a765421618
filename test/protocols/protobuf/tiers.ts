/** The tiers of Protobuf that tests run over. */
import type { ProtobufProtocol } from '../../../src/protocols/protobuf/index.ts';
import type { Tier } from '../json/harness.ts';

export type ProtobufTier = (protocol: ProtobufProtocol) => Tier;

export const reference: ProtobufTier = (protocol) => ({ name: 'reference', create: (layout, memory) => protocol.reference(layout, memory) });

/** By name, for `describe.each`. */
export const tiers: readonly { readonly name: string; readonly of: ProtobufTier }[] = [{ name: 'reference', of: reference }];
