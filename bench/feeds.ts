/**
 * Whole feeds, all their message types mixed: `node bench/feeds.ts [file.capture…]`. Without files, simulated sessions.
 * Nanoseconds a message of the generated tier in the steady state, next to JSON.parse of the same texts.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compile, createArena, DESCRIPTOR, exchanges, json } from '../src/index.ts';
import { simulate, venues } from '../src/simulate/index.ts';

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

function messagesOf(path: string): Uint8Array[] {
	return readFileSync(path, 'utf8')
		.split('\n')
		.flatMap((line) => {
			const match = /^\d+\.\d+: (.*)$/.exec(line);
			return match === null || match[1]?.startsWith("b'") ? [] : [new TextEncoder().encode(match[1] as string)];
		});
}

const files = process.argv.slice(2);
const feeds: { name: string; messages: Uint8Array[] }[] = files.length > 0 ? files.map((path) => ({ name: basename(path, '.capture'), messages: messagesOf(path) })) : venues().map((venue) => ({ name: venue, messages: [...simulate({ venue, messages: 20_000, symbols: 12 })].map(({ payload }) => payload) }));

for (const { name, messages } of feeds) {
	const preset = exchanges[name as keyof typeof exchanges];
	if (preset === undefined || messages.length === 0) {
		console.log(`${name}: skipped, because ${preset === undefined ? 'no preset has this name' : 'it has no text messages'}`);
		continue;
	}
	const arena = createArena({ ceiling: 2 ** 31 });
	const total = messages.reduce((sum, message) => sum + message.length, 0);
	const input = arena.allocate('messages', total, { guard: 4096 });
	const table = arena.allocate('descriptors', messages.length * DESCRIPTOR.size);
	let at = input.address;
	messages.forEach((message, index) => {
		arena.u8().set(message, at);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size, at, true);
		arena.view().setUint32(table.address + index * DESCRIPTOR.size + 4, message.length, true);
		at += message.length;
	});
	const texts = messages.map((message) => new TextDecoder().decode(message));
	const parser = compile(json(preset.schema), { arena, rows: 1024, items: 65536 });
	const times: number[] = [];
	const plain: number[] = [];
	for (let round = -3; round < 9; round++) {
		const start = performance.now();
		for (let first = 0; first < messages.length; first += 400) parser.parseMany(table.address + first * DESCRIPTOR.size, Math.min(400, messages.length - first));
		const nanoseconds = ((performance.now() - start) / messages.length) * 1e6;
		const before = performance.now();
		for (const text of texts) JSON.parse(text);
		if (round >= 0) {
			times.push(nanoseconds);
			plain.push(((performance.now() - before) / messages.length) * 1e6);
		}
	}
	const refused = parser.statistics().refused;
	console.log(
		`${name.padEnd(16)} ${messages.length.toString().padStart(6)} messages ${(total / messages.length).toFixed(0).padStart(6)} bytes  ${median(times).toFixed(1).padStart(8)} ns/message ${(total / messages.length / median(times)).toFixed(2).padStart(6)} GB/s  JSON.parse alone ${(median(plain) / median(times)).toFixed(1).padStart(5)} × as long${refused === 0 ? '' : `  (${refused} refused)`}`,
	);
	parser.dispose();
}
