/** What runs on the thread of compiler/background-compile.ts: answers each request with a module. */
import { parentPort } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from '../compiler/background-compile.ts';
import { layoutSchema } from '../compiler/batch-layout.ts';
import { createArena } from '../memory/index.ts';
import { protocolByName } from '../protocols/by-name.ts';
import { compile } from './compile.ts';
import { messageBytes, rehearse } from './warm-up.ts';

/** @throws where the request cannot be compiled */
function answer({ id, protocol: name, schema, binding, layout = {}, generate = {}, learned, samples = [], sampleMilliseconds = 50 }: ThreadRequest): Extract<ThreadAnswer, { problem: null }> {
	const protocol = protocolByName({ name, schema, binding });
	const schemaLayout = layoutSchema(protocol.schema, layout);
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
