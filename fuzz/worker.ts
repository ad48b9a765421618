/** Runs one target in a thread of its own: what hangs there is seen, and stopped, from outside. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './engine.ts';
import { fromFile, type Input, nameOf, sizeOf, toFile } from './input.ts';
import { targets } from './targets/index.ts';
import { CURRENT, type WorkerMessage, type WorkerTask } from './worker-task.ts';

const task = workerData as WorkerTask;
const target = targets.find(({ name }) => name === task.target);
if (target === undefined || parentPort === null) throw new Error(`tickforge: there is no target "${task.target}"`);
const port = parentPort;
const send = (message: WorkerMessage): void => port.postMessage(message);
const { parts } = target;
const open = await target.open();

mkdirSync(task.corpus, { recursive: true });
const files = task.fresh ? [] : readdirSync(task.corpus).sort();
const corpus = files.map((name): Input => fromFile(readFileSync(join(task.corpus, name)), parts));
const known = new Set(files);
send({ kind: 'opened', seeds: open.seeds.length, kept: corpus.length });

const words = new Int32Array(task.current, 0, 2);
const room = new Uint8Array(task.current, CURRENT.input);
const until = task.seconds === null ? Number.POSITIVE_INFINITY : performance.now() + task.seconds * 1000;
const PROGRESS = 5000;
let lastProgress = performance.now();
let runs = 0;
let kept = 0;
let failures = 0;

const summary = await fuzz(open, {
	parts,
	seed: task.seed,
	guided: task.guided,
	keepGoing: task.keepGoing,
	corpus,
	...(task.runs === null ? {} : { runs: task.runs }),
	before(input) {
		const file = toFile(input, parts);
		room.set(file.subarray(0, room.length));
		words[1] = Math.min(file.length, room.length);
		Atomics.store(words, 0, ++runs);
	},
	kept(input) {
		kept++;
		const name = nameOf(input);
		if (!known.has(name)) writeFileSync(join(task.corpus, name), toFile(input, parts));
		known.add(name);
	},
	failed({ input, what }) {
		failures++;
		send({ kind: 'failed', what, file: toFile(input, parts), bytes: sizeOf(input) });
	},
	isOver() {
		const now = performance.now();
		if (now - lastProgress > PROGRESS) {
			lastProgress = now;
			send({ kind: 'progress', runs, corpus: kept, reached: open.coverage.reached, failures });
		}
		return now > until;
	},
});
send({ kind: 'done', runs: summary.runs, corpus: summary.corpus, reached: summary.reached, failures });
