/** Protocols as plain data, which goes to another thread or into a file, and comes back as a protocol. */
import type { Protocol } from '../compiler/protocol.ts';
import type { Schema } from '../schema/index.ts';
import { binary, type WireFormat } from './binary/index.ts';
import { json } from './json/index.ts';
import { msgpack } from './msgpack/index.ts';
import { protocolOfFormat } from './protobuf/protocol.ts';
import type { ProtobufFormat } from './protobuf/wire.ts';

/** What a protocol consists of, without its code: `{ name, schema, binding }` of the protocol itself. */
export type ProtocolData = Pick<Protocol, 'name' | 'schema' | 'binding'>;

/** By name, and from the schema unless there is more to know. A further protocol is one more line. */
const PROTOCOLS: Readonly<Record<string, (schema: Schema, binding: unknown) => Protocol>> = {
	json: (schema) => json(schema),
	msgpack: (schema) => msgpack(schema),
	protobuf: (_, binding) => protocolOfFormat(bound<ProtobufFormat>('protobuf', binding)),
	binary: (_, binding) => binary(bound<WireFormat>('binary', binding)),
};

/**
 * The protocol that the data was taken of.
 *
 * @throws Error where there is none of that name, or a binding is missing; SchemaError where schema or binding has mistakes
 */
export function protocolByName({ name, schema, binding }: ProtocolData): Protocol {
	const make = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined;
	if (make === undefined) throw new Error(`tickforge: there is no protocol "${name}" that can be made from data, only ${Object.keys(PROTOCOLS).join(', ')}`);
	return make(schema, binding);
}

function bound<Binding>(name: string, binding: unknown): Binding {
	if (typeof binding !== 'object' || binding === null) throw new Error(`tickforge: a schema alone makes no "${name}" protocol; pass the binding of the protocol, too`);
	return binding as Binding;
}
