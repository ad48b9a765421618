/** The native baseline, where g++ and libsimdjson-dev are there: built once, then a process that runs on demand. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface SimdjsonRunner {
	readonly implementation: string;
	/** Parses all messages once; nanoseconds. */
	run(): Promise<number>;
	close(): void;
}

let folder: string | undefined;
let program: string | undefined;

/** Null, after saying why, where it cannot be built. */
export function buildSimdjson(): string | null {
	if (program !== undefined) return program;
	folder = mkdtempSync(join(tmpdir(), 'tickforge-simdjson-'));
	const binary = join(folder, 'simdjson-columns');
	try {
		execFileSync('g++', ['-O3', '-march=native', '-std=c++17', join(import.meta.dirname, 'native/simdjson-columns.cpp'), '-o', binary, '-lsimdjson'], { stdio: 'pipe' });
	} catch {
		console.log('simdjson: skipped, because g++ with libsimdjson-dev is not here (Debian: apt-get install g++ libsimdjson-dev)');
		return null;
	}
	program = binary;
	return program;
}

export async function startSimdjson(type: string, descriptors: Uint32Array, text: Uint8Array): Promise<SimdjsonRunner | null> {
	const binary = buildSimdjson();
	if (binary === null || folder === undefined) return null;
	const file = join(folder, `${type}.bin`);
	const header = Uint32Array.of(descriptors.length / 2);
	writeFileSync(file, Buffer.concat([Buffer.from(header.buffer), Buffer.from(descriptors.buffer, descriptors.byteOffset, descriptors.byteLength), text]));
	const child = spawn(binary, [type, file], { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const implementation = ((await lines.next()).value as string | undefined) ?? 'unknown';
	return {
		implementation,
		async run() {
			child.stdin.write('run\n');
			return Number(((await lines.next()).value as string).split(' ')[0]);
		},
		close: () => child.kill(),
	};
}

export function cleanSimdjson(): void {
	if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
