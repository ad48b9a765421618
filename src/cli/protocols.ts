/** The wire formats that the commands know by name. */
import type { Protocol } from '../compiler/protocol.ts';
import { json } from '../protocols/json/index.ts';
import { msgpack } from '../protocols/msgpack/index.ts';
import { type Schema, SchemaError } from '../schema/index.ts';
import { UsageError } from './usage.ts';

const PROTOCOLS = { json, msgpack } as const;

export type ProtocolName = keyof typeof PROTOCOLS;
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

export const isProtocolName = (name: string): name is ProtocolName => Object.hasOwn(PROTOCOLS, name);

/**
 * The protocol of a schema, whose messages are said or found to be JSON or MessagePack. A format of its own stays what it is.
 *
 * @throws UsageError where it is another
 */
export function readAs(command: string, loaded: Protocol, name: ProtocolName | undefined): Protocol {
	if (name === undefined || name === loaded.name) return loaded;
	if (loaded.name !== 'json') throw new UsageError(`tickforge ${command}: messages of ${loaded.schema.name} are ${loaded.name}, not ${name}`);
	return protocolOf(command, name, loaded.schema);
}

/** @throws UsageError where the format cannot have such a schema */
export function protocolOf(command: string, name: ProtocolName, schema: Schema): Protocol {
	try {
		return PROTOCOLS[name](schema);
	} catch (error) {
		if (error instanceof SchemaError) throw new UsageError(`tickforge ${command}: ${error.message.replace(/^tickforge: /, '')}`);
		throw error;
	}
}
