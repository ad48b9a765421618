/** The wire formats that the commands know by name. */
import type { Protocol } from '../compiler/protocol.ts';
import { json } from '../protocols/json/index.ts';
import { msgpack } from '../protocols/msgpack/index.ts';
import { type Schema, SchemaError } from '../schema/index.ts';
import { UsageError } from './usage.ts';

const PROTOCOLS = { json, msgpack } as const;

export type ProtocolName = keyof typeof PROTOCOLS;
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

/** @throws UsageError where the format cannot have such a schema */
export function protocolOf(command: string, name: ProtocolName, schema: Schema): Protocol {
	try {
		return PROTOCOLS[name](schema);
	} catch (error) {
		if (error instanceof SchemaError) throw new UsageError(`tickforge ${command}: ${error.message.replace(/^tickforge: /, '')}`);
		throw error;
	}
}
