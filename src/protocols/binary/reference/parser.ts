/**
 * The `reference` tier: docs/binary.md as plain TypeScript, with no care for speed. It is the oracle of the generated
 * tier, and parses where there is no WebAssembly SIMD.
 */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { ParseFunction } from '../../../compiler/parser-abi.ts';
import { createReferenceParser } from '../../rows/reference/parser.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { type MessagePlan, planMessages } from '../plan.ts';
import type { Place, WireFormat } from '../wire.ts';
import { readBody, readUnsigned } from './values.ts';

export function referenceParser(format: WireFormat, layout: SchemaLayout, memory: WebAssembly.Memory): ParseFunction {
	const plans = planMessages(format, layout);
	const planOf = new Map(layout.schema.variants.map((variant, index) => [variant, plans[index] as MessagePlan]));
	const { header } = format;
	const at = (bytes: Uint8Array, place: Place): bigint => readUnsigned(bytes, place.offset, place);
	return createReferenceParser(layout, memory, {
		select(bytes) {
			if (bytes.length < header.size) throw new Refusal('truncated', bytes.length);
			for (const { place, value } of header.constants) if (at(bytes, place) !== BigInt(value)) throw new Refusal('unknown-message', 0);
			if (header.type === null) return 0;
			const type = at(bytes, header.type).toString();
			const index = format.messages.findIndex((message) => message.type === type);
			if (index < 0) throw new Refusal('unknown-message', 0);
			return index;
		},
		read(bytes, variant, _, { target, intern }) {
			const plan = planOf.get(variant) as MessagePlan;
			if (header.length !== null && at(bytes, header.length) + BigInt(header.lengthExcludes) !== BigInt(bytes.length)) throw new Refusal('length', header.length.offset);
			if (plan.size !== null) {
				if (bytes.length < plan.size) throw new Refusal('truncated', bytes.length);
				if (bytes.length > plan.size && format.trailing === 'reject') throw new Refusal('trailing', plan.size);
			}
			const version = header.version === null ? BigInt(format.version) : at(bytes, header.version);
			const block = header.blockLength === null ? null : { length: at(bytes, header.blockLength), at: header.blockLength.offset };
			const end = readBody({ bytes, intern, target, version }, plan.body, header.size, block, target?.row ?? 0, new Map());
			if (end < bytes.length && format.trailing === 'reject') throw new Refusal('trailing', end);
		},
	});
}
