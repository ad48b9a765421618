/** The native baseline, where g++ and libsimdjson-dev are there: built once, then a process that runs on demand. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Input } from './input.ts';
import type { Candidate } from './measure.ts';

export interface SimdjsonCandidate extends Candidate {
	/** Instruction set that simdjson chose. */
	readonly implementation: string;
	/** Evicts the caches of the other process's processor, too. */
	evict(bytes: number): Promise<void>;
	close(): void;
}

const SKIPPED = 'simdjson: skipped, because g++ with libsimdjson-dev is not here (Debian: apt-get install g++ libsimdjson-dev)';

let folder: string | undefined;
let program: string | null | undefined;

/** The program; null where it cannot be built, see `whyNoSimdjson`. */
function build(): string | null {
	if (program !== undefined) return program;
	folder = mkdtempSync(join(tmpdir(), 'tickforge-simdjson-'));
	const binary = join(folder, 'simdjson-columns');
	try {
		execFileSync('g++', ['-O3', '-march=native', '-std=c++17', join(import.meta.dirname, 'native/simdjson-columns.cpp'), '-o', binary, '-lsimdjson'], { stdio: 'pipe' });
		program = binary;
	} catch {
		program = null;
	}
	return program;
}

/** Null where there is simdjson. */
export const whyNoSimdjson = (): string | null => (build() === null ? SKIPPED : null);

/** Fills the columns of a message type, or (`generic`) reads every value. Null where it cannot be built. */
export async function startSimdjson(type: string, { encoded, tiles }: Input, messages: number): Promise<SimdjsonCandidate | null> {
	const binary = build();
	if (binary === null || folder === undefined) return null;
	const file = join(folder, 'messages.bin');
	const head = new Uint32Array(2 + encoded.length * 2);
	head.set([encoded.length, tiles]);
	let at = 0;
	encoded.forEach(({ length }, index) => {
		head.set([at, length], 2 + index * 2);
		at += length;
	});
	writeFileSync(file, Buffer.concat([Buffer.from(head.buffer), ...encoded]));
	const child = spawn(binary, [type, file], { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const answer = async (): Promise<string> => {
		const { value, done } = await lines.next();
		if (done === true) throw new Error(`tickforge bench: simdjson ended while it parsed ${type}; its last words are above`);
		return value as string;
	};
	return {
		name: 'simdjson',
		implementation: await answer(),
		async run() {
			child.stdin.write(`run ${messages}\n`);
			return Number((await answer()).split(' ')[0]) / messages;
		},
		async evict(bytes) {
			child.stdin.write(`evict ${bytes}\n`);
			await answer();
		},
		close: () => child.kill(),
	};
}

export function cleanSimdjson(): void {
	if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
	folder = undefined;
	program = undefined;
}
