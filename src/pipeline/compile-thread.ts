/** What runs on the thread of compiler/background-compile.ts: answers each request with a module. */
import { parentPort } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from '../compiler/background-compile.ts';
import { layoutSchema } from '../compiler/batch-layout.ts';
import type { Protocol } from '../compiler/protocol.ts';
import { createArena } from '../memory/index.ts';
import { json } from '../protocols/json/index.ts';
import { msgpack } from '../protocols/msgpack/index.ts';
import { compile } from './compile.ts';
import { messageBytes, rehearse } from './warm-up.ts';

const PROTOCOLS = { json, msgpack } as const;

/** @throws where the request cannot be compiled */
function answer({ id, protocol: name, schema, layout = {}, generate = {}, learned, samples = [], sampleMilliseconds = 50 }: ThreadRequest): Extract<ThreadAnswer, { problem: null }> {
	const protocolOf = Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name as keyof typeof PROTOCOLS] : undefined;
	if (protocolOf === undefined) throw new Error(`there is no protocol "${name}" to compile in the background, only ${Object.keys(PROTOCOLS).join(', ')}`);
	const protocol: Protocol = protocolOf(schema);
	const schemaLayout = layoutSchema(schema, layout);
	let bytes: Uint8Array<ArrayBuffer>;
	if (learned === undefined) bytes = protocol.generate(schemaLayout, generate);
	else {
		if (protocol.learner === undefined) throw new Error(`the protocol "${name}" learns no layouts`);
		const learner = protocol.learner(schemaLayout, (table, text) => learned.names.get(`${table} ${text}`) ?? -1);
		for (const { message, variant, met } of learned.samples) learner.learn(message, variant, -1, met);
		bytes = learner.generate(generate);
	}
	const module = new WebAssembly.Module(bytes);
	if (samples.length > 0) {
		const arena = createArena({ shared: generate.shared === true, ...(generate.ceiling === undefined ? {} : { ceiling: generate.ceiling }) });
		const parser = compile(protocol, { ...layout, module, arena });
		rehearse(parser, messageBytes(samples), performance.now() + sampleMilliseconds);
	}
	return { id, problem: null, module, bytes };
}

const port = parentPort;
port?.on('message', (request: ThreadRequest) => {
	try {
		const done = answer(request);
		port.postMessage(done, [done.bytes.buffer]);
	} catch (error) {
		port.postMessage({ id: request.id, problem: error instanceof Error ? error.message : String(error) } satisfies ThreadAnswer);
	}
});
