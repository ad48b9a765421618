/** Messages made up for a protocol, whichever it is: for trials without recorded input. */
import type { Protocol } from '../compiler/protocol.ts';
import type { BinaryProtocol } from '../protocols/binary/index.ts';
import type { ProtobufProtocol } from '../protocols/protobuf/index.ts';
import { messagesOfFormat } from './of-format.ts';
import { messagesOfProtobuf } from './of-protobuf.ts';
import { messagePackOfSchema, messagesOfSchema } from './of-schema.ts';

type Maker = (protocol: Protocol, messages: number, seed: number) => Uint8Array[];

const encoder = new TextEncoder();

/** By the protocol's name. A further protocol is one more line. */
const MAKERS: Readonly<Record<string, Maker>> = {
	json: ({ schema }, messages, seed) => messagesOfSchema(schema, messages, seed).map((text) => encoder.encode(text)),
	msgpack: ({ schema }, messages, seed) => messagePackOfSchema(schema, messages, seed),
	protobuf: (protocol, messages, seed) => messagesOfProtobuf(protocol as ProtobufProtocol, messages, seed),
	binary: (protocol, messages, seed) => messagesOfFormat(protocol as BinaryProtocol, messages, seed),
};

/** Whether messages of the protocol can be made up. */
export const canBeMadeUp = ({ name }: Protocol): boolean => Object.hasOwn(MAKERS, name);

/**
 * Messages that the protocol accepts: every variant in turn, the same for the same seed.
 *
 * @throws TypeError where none can be made up
 */
export function messagesOfProtocol(protocol: Protocol, messages: number, seed = 1): Uint8Array[] {
	const make = MAKERS[protocol.name];
	if (!canBeMadeUp(protocol) || make === undefined) throw new TypeError(`tickforge: messages of ${protocol.name} cannot be made up, only of ${Object.keys(MAKERS).join(', ')}`);
	return make(protocol, messages, seed);
}
