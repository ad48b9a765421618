/** The tiers of a format that tests run over. */
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { type BinaryProtocol, binary, type WireFormat } from '../../../src/protocols/binary/index.ts';
import { detectFeatures } from '../../../src/wasm/index.ts';
import type { Tier } from '../json/harness.ts';

export function tiersOf(format: WireFormat): readonly [Tier, Tier] {
	return tiersOfProtocol(binary(format));
}

export function tiersOfProtocol(protocol: BinaryProtocol, relaxedSimd = detectFeatures().relaxedSimd): readonly [Tier, Tier] {
	return [
		{ name: 'reference', create: (layout, memory) => protocol.reference(layout, memory) },
		{ name: 'generated', create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(protocol.generate(layout, { relaxedSimd })), memory, allocate) },
	];
}
