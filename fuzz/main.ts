/** `npm run fuzz`: docs/fuzzing.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { whatFails } from './engine.ts';
import { fromFile, nameOf } from './input.ts';
import type { Target } from './target.ts';
import { targets } from './targets/index.ts';
import { CURRENT, type WorkerMessage, type WorkerTask } from './worker-task.ts';

const EXIT = { nothing: 0, failures: 1, usage: 2 } as const;
const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'node_modules', '.cache', 'tickforge-fuzz');
/** An input that runs for so long hangs. The slowest that was seen took a hundredth of it. */
const HANGS = 20_000;
/** Megabytes of JavaScript objects in a worker: an input that makes more is a failure. */
const MOST_HEAP = 1536;

const HELP = `npm run fuzz -- (--target NAME | --all) [options]

Changes real inputs again and again, keeps what reaches code that nothing reached before, and says where a decoder
does what it must not. --list names the targets.

  --target NAME    one target, or all whose names begin so (json: json-okx, json-random-1 …); may be given again
  --all            every target; --seconds is for all of them together
  --seconds N      how long. Default 60
  --runs N         stops after so many runs of each target, instead
  --seed N         of everything that is left to chance. Default 1
  --corpus DIR     where inputs are kept, a folder for each target. Default node_modules/.cache/tickforge-fuzz/corpus
  --fresh          starts from the seeds alone: with it, the same --seed and --runs do the same
  --failures DIR   where failing inputs are written. Default node_modules/.cache/tickforge-fuzz/failures
  --keep-going     after a failure looks for others
  --input FILE     runs this one input, and says what is wrong
  --blind          without feedback, to see what it is worth

Exit codes: 0 nothing was found, 1 something was, 2 the command line is wrong.`;

class Usage extends Error {}

function number(name: string, text: string | undefined, least: number): number | null {
	if (text === undefined) return null;
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value) || value < least) throw new Usage(`--${name} takes a number from ${least}, not "${text}"`);
	return value;
}

function chosen(names: readonly string[], all: boolean): readonly Target[] {
	if (all) return targets;
	if (names.length === 0) throw new Usage('say which --target, or --all; --list names them');
	return names.flatMap((name) => {
		const found = targets.filter((target) => target.name === name || target.name.startsWith(`${name}-`));
		if (found.length === 0) throw new Usage(`there is no target "${name}"; --list names them`);
		return found;
	});
}

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			target: { type: 'string', multiple: true },
			all: { type: 'boolean' },
			list: { type: 'boolean' },
			help: { type: 'boolean', short: 'h' },
			seconds: { type: 'string' },
			runs: { type: 'string' },
			seed: { type: 'string' },
			corpus: { type: 'string' },
			failures: { type: 'string' },
			fresh: { type: 'boolean' },
			'keep-going': { type: 'boolean' },
			blind: { type: 'boolean' },
			input: { type: 'string' },
		},
	});
	if (values.help === true) {
		console.log(HELP);
		return EXIT.nothing;
	}
	if (values.list === true) {
		const width = Math.max(...targets.map(({ name }) => name.length));
		for (const { name, about } of targets) console.log(`${name.padEnd(width)}  ${about}`);
		return EXIT.nothing;
	}
	const selected = chosen(values.target ?? [], values.all === true);
	if (values.input !== undefined) return runInput(selected, values.input);
	const runs = number('runs', values.runs, 1);
	const seconds = number('seconds', values.seconds, 1) ?? (runs === null ? 60 : null);
	const failures = resolve(values.failures ?? join(FOLDER, 'failures'));
	let found = 0;
	for (const target of selected) {
		const corpus = join(resolve(values.corpus ?? join(FOLDER, 'corpus')), target.name);
		found += await fuzzTarget(target, { target: target.name, seed: number('seed', values.seed, 0) ?? 1, seconds: seconds === null ? null : seconds / selected.length, runs, guided: values.blind !== true, keepGoing: values['keep-going'] === true, corpus, fresh: values.fresh === true }, failures);
	}
	if (selected.length > 1) console.log(found === 0 ? `${selected.length} targets: nothing found` : `${selected.length} targets: ${found} failures found`);
	return found === 0 ? EXIT.nothing : EXIT.failures;
}

async function runInput(selected: readonly Target[], path: string): Promise<number> {
	const [target] = selected;
	if (target === undefined || selected.length > 1) throw new Usage('--input needs one --target by its full name');
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		throw new Usage(`the input cannot be read: ${error instanceof Error ? error.message : String(error)}`);
	}
	const what = await whatFails(await target.open(), fromFile(bytes, target.parts));
	console.log(what === null ? `${target.name}: nothing is wrong with this input` : `${target.name}: ${what}`);
	return what === null ? EXIT.nothing : EXIT.failures;
}

/** Returns how many failures were found. */
async function fuzzTarget(target: Target, options: Omit<WorkerTask, 'current'>, failures: string): Promise<number> {
	const current = new SharedArrayBuffer(CURRENT.size);
	const words = new Int32Array(current, 0, 2);
	const started = performance.now();
	const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { ...options, current } satisfies WorkerTask, resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP } });
	let found = 0;
	let isDone = false;
	const keep = (what: string, file: Uint8Array): void => {
		found++;
		mkdirSync(failures, { recursive: true });
		const path = join(failures, `${target.name}-${nameOf([file])}`);
		writeFileSync(path, file);
		console.log(`\n${target.name}: ${what}\n\nThe input (${file.length} bytes): ${path}\nAgain: npm run fuzz -- --target ${target.name} --input ${relative(ROOT, path).startsWith('..') ? path : relative(process.cwd(), path)}\n`);
	};
	const currentInput = (): Uint8Array => new Uint8Array(current, CURRENT.input, Atomics.load(words, 1)).slice();
	let lastRun = -1;
	let lastTime = performance.now();
	const watch = setInterval(() => {
		const run = Atomics.load(words, 0);
		if (run !== lastRun) {
			lastRun = run;
			lastTime = performance.now();
		} else if (run > 0 && performance.now() - lastTime > HANGS) {
			isDone = true;
			keep(`it hangs: run ${run} has not ended after ${HANGS / 1000} s`, currentInput());
			void worker.terminate();
		}
	}, 1000);
	try {
		await new Promise<void>((finish, fail) => {
			worker.on('message', (message: WorkerMessage) => {
				if (message.kind === 'failed') keep(message.what, message.file);
				else if (message.kind === 'opened') console.log(`${target.name}: ${target.about}. ${message.seeds} seeds, ${message.kept} inputs of earlier times`);
				else {
					const seconds = (performance.now() - started) / 1000;
					console.log(`${target.name}: ${message.runs.toLocaleString('en')} runs in ${seconds.toFixed(0)} s, ${message.corpus.toLocaleString('en')} inputs reach ${message.reached.toLocaleString('en')} places${message.failures === 0 ? '' : `, ${message.failures} failures`}`);
					isDone ||= message.kind === 'done';
				}
			});
			worker.on('error', (error: Error & { readonly code?: string }) => {
				if (Atomics.load(words, 0) === 0 || isDone) {
					fail(error);
					return;
				}
				isDone = true;
				keep(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it takes more than ${MOST_HEAP} MiB of memory` : `the thread ended: ${error.stack ?? error.message}`, currentInput());
			});
			worker.on('exit', () => finish());
		});
	} finally {
		clearInterval(watch);
	}
	return found;
}

try {
	process.exitCode = await main();
} catch (error) {
	if (!(error instanceof Usage) && !String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) throw error;
	console.error(`fuzz: ${(error as Error).message}`);
	process.exitCode = EXIT.usage;
}
