/** A compiler's thread that does what the schema's name says. */
import { parentPort } from 'node:worker_threads';
import type { ThreadRequest } from '../../../src/compiler/background-compile.ts';
import { handmadeModule } from '../handmade-modules.ts';

parentPort?.on('message', ({ id, schema }: ThreadRequest) => {
	if (schema.name === 'throws') throw new Error('thrown on purpose');
	if (schema.name === 'exits') process.exit(7);
	if (schema.name === 'hangs') for (;;);
	if (schema.name === 'stale') parentPort?.postMessage({ id: id - 1, problem: 'of an earlier request' });
	const bytes = handmadeModule();
	parentPort?.postMessage({ id, problem: null, module: new WebAssembly.Module(bytes), bytes }, [bytes.buffer]);
});
