/**
 * Generating and compiling on another thread, while this one parses. One thread for all requests, started with the
 * first one, and it keeps no process alive by itself. Whatever goes wrong gives null and counts: the caller stays with
 * the parser it has.
 *
 * What runs there is a file that the caller names (it knows the protocols, this room does not): it answers each
 * {@link ThreadRequest} with a {@link ThreadAnswer}.
 */
import { Worker } from 'node:worker_threads';
import type { Schema } from '../schema/model.ts';
import type { LayoutOptions } from './batch-layout.ts';
import type { GenerateOptions, LearnedSample } from './protocol.ts';

/** All that a generator takes, as data that can go to another thread. */
export interface BackgroundRequest {
	/** The protocol's name. */
	readonly protocol: string;
	readonly schema: Schema;
	/** The protocol's `binding`, where it has one: binary formats. */
	readonly binding?: unknown;
	readonly layout?: LayoutOptions;
	readonly generate?: GenerateOptions;
	/** Messages to parse there before the module is handed over, so that it arrives at full speed (docs/code-cache.md). */
	readonly samples?: readonly (string | Uint8Array)[];
	/** For the layout tier: what a learner has learned from, in its order, and the ids of the names it looked up. */
	readonly learned?: { readonly samples: readonly LearnedSample[]; readonly names: ReadonlyMap<string, number> };
	/** How long to parse them. Default 50. */
	readonly sampleMilliseconds?: number;
}

/** What came back. */
export interface BackgroundModule {
	/** Compiled; its machine code is shared between the threads. */
	readonly module: WebAssembly.Module;
	/** What it was compiled from, for a code cache. The caller's own. */
	readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ThreadRequest extends BackgroundRequest {
	readonly id: number;
}

export type ThreadAnswer = (BackgroundModule & { readonly id: number; readonly problem: null }) | { readonly id: number; readonly problem: string };

export interface BackgroundCompilerOptions {
	/** The file that runs on the thread. */
	readonly thread: URL;
	/** Milliseconds that one request may take; then its thread is ended. Default 30 000. */
	readonly timeout?: number;
	/** False gives a compiler that refuses everything and starts no thread. Default true. */
	readonly enabled?: boolean;
	/** Whether the process stays while a request is under way. Default false. */
	readonly keepsProcess?: boolean;
}

export interface BackgroundStatistics {
	readonly requested: number;
	readonly compiled: number;
	/** Requests that gave null, for any reason; timed out ones are among them. */
	readonly failed: number;
	readonly timedOut: number;
	/** Threads started: more than one where some ended. */
	readonly threads: number;
	/** The last failure, in words. */
	readonly lastProblem: string | null;
}

export interface BackgroundCompiler {
	/** Never rejects: null where there is no module. One request at a time; others wait their turn. */
	compile(request: BackgroundRequest): Promise<BackgroundModule | null>;
	statistics(): BackgroundStatistics;
	/** Ends the thread; what is under way or waiting gives null. */
	dispose(): Promise<void>;
}

interface Waiting {
	readonly request: BackgroundRequest;
	readonly done: (result: BackgroundModule | null) => void;
}

/** @throws RangeError where `timeout` is no time */
export function createBackgroundCompiler({ thread, timeout = 30_000, enabled = true, keepsProcess = false }: BackgroundCompilerOptions): BackgroundCompiler {
	if (!(timeout > 0 && timeout < 2 ** 31)) throw new RangeError(`tickforge: a background compiler's timeout is 1 to ${2 ** 31 - 1} milliseconds, not ${timeout}`);
	const counts = { requested: 0, compiled: 0, failed: 0, timedOut: 0, threads: 0 };
	let lastProblem: string | null = null;
	let worker: Worker | null = null;
	let disposed = false;
	const waiting: Waiting[] = [];
	let current: (Waiting & { readonly id: number; readonly timer: NodeJS.Timeout }) | null = null;
	let lastId = 0;

	const finish = (result: BackgroundModule | null, problem: string | null): void => {
		if (current === null) return;
		const { done, timer } = current;
		clearTimeout(timer);
		current = null;
		settle(done, result, problem);
		if (keepsProcess) worker?.unref();
		next();
	};
	const settle = (done: Waiting['done'], result: BackgroundModule | null, problem: string | null): void => {
		if (result !== null) counts.compiled++;
		else {
			counts.failed++;
			lastProblem = problem;
		}
		done(result);
	};
	/** The thread is of no more use. */
	const abandon = (gone: Worker, problem: string): void => {
		if (worker !== gone) return;
		worker = null;
		void gone.terminate();
		finish(null, problem);
	};
	const start = (): Worker => {
		// Not this process's own arguments: some (--input-type, --import of a debugger) are wrong or slow there.
		const started = new Worker(thread, { name: 'tickforge compiler', execArgv: [] });
		counts.threads++;
		started.on('message', (answer: ThreadAnswer) => {
			if (answer.id !== current?.id) return;
			if (answer.problem === null) finish({ module: answer.module, bytes: answer.bytes }, null);
			else finish(null, answer.problem);
		});
		started.on('messageerror', (error) => abandon(started, `the answer cannot be read: ${error.message}`));
		started.on('error', (error) => abandon(started, `the thread failed: ${error instanceof Error ? error.message : String(error)}`));
		started.on('exit', (code) => abandon(started, `the thread ended with the code ${code}`));
		// After the listeners: one for messages holds the process again.
		started.unref();
		return started;
	};
	const next = (): void => {
		if (current !== null) return;
		const first = waiting.shift();
		if (first === undefined) return;
		const id = ++lastId;
		const timer = setTimeout(() => {
			counts.timedOut++;
			if (worker === null) finish(null, 'no thread');
			else abandon(worker, `took longer than ${timeout} ms`);
		}, timeout);
		if (!keepsProcess) timer.unref();
		current = { ...first, id, timer };
		try {
			worker ??= start();
			if (keepsProcess) worker.ref();
			worker.postMessage({ ...first.request, id } satisfies ThreadRequest);
		} catch (error) {
			// A schema that is no plain data, or a thread that cannot be started.
			finish(null, error instanceof Error ? error.message : String(error));
		}
	};

	return {
		compile(request) {
			counts.requested++;
			return new Promise((done) => {
				if (disposed || !enabled) {
					settle(done, null, disposed ? 'the background compiler was disposed' : 'background compiling is turned off');
					return;
				}
				waiting.push({ request, done });
				next();
			});
		},
		statistics: () => ({ ...counts, lastProblem }),
		async dispose() {
			disposed = true;
			const gone = worker;
			worker = null;
			for (const { done } of waiting.splice(0)) settle(done, null, 'the background compiler was disposed');
			finish(null, 'the background compiler was disposed');
			await gone?.terminate();
		},
	};
}
