/** A native baseline: a C++ program, built where g++ is there, that parses messages when it is told to. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface NativeLoop {
	/** Nanoseconds a message. */
	run(messages: number): Promise<number>;
	close(): void;
}

/** Null where it cannot be built. @param source in bench/native */
export async function startNativeLoop(source: string, encoded: readonly Uint8Array[]): Promise<NativeLoop | null> {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-native-'));
	const program = join(folder, 'loop');
	try {
		execFileSync('g++', ['-O3', '-march=native', '-std=c++17', join(import.meta.dirname, 'native', source), '-o', program], { stdio: 'pipe' });
	} catch {
		rmSync(folder, { recursive: true, force: true });
		return null;
	}
	const head = new Uint32Array(2 + encoded.length * 2);
	head[0] = encoded.length;
	let at = 0;
	encoded.forEach(({ length }, index) => {
		head.set([at, length], 2 + index * 2);
		at += length;
	});
	const file = join(folder, 'messages.bin');
	writeFileSync(file, Buffer.concat([Buffer.from(head.buffer), ...encoded]));
	const child = spawn(program, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const answer = async (): Promise<string> => {
		const { value, done } = await lines.next();
		if (done === true) throw new Error(`tickforge bench: ${source} ended; its last words are above`);
		return value as string;
	};
	await answer();
	return {
		async run(messages) {
			child.stdin.write(`run ${messages}\n`);
			const [nanoseconds, refused] = (await answer()).split(' ').map(Number) as [number, number];
			if (refused > 0) throw new Error(`tickforge bench: ${source} refused ${refused} messages`);
			return nanoseconds / messages;
		},
		close() {
			child.kill();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
