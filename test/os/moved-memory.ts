/**
 * Run in a process of its own under `ulimit -v`, where growth moves the memory: V8 copies it to another base, and
 * leaves behind what the system mapped. Prints what became of a ring and of mapped files.
 */
import { writeFileSync } from 'node:fs';
import { createArena, createMirroredRing } from '../../src/memory/index.ts';
import { mapFile, native, ringMapping } from '../../src/os/index.ts';

const [folder = '', again = 'mirror'] = process.argv.slice(2);
const calls = native();
const system = ringMapping();
if (calls === null || system === undefined) throw new Error('no native calls');
const arena = createArena({ ceiling: 2 ** 32 - 65536 });
const start = calls.addressOf(arena.memory);

let mirrors = 0;
const mapping = { ...system, mirror: (...range: Parameters<typeof system.mirror>): boolean => (mirrors++ === 0 || again === 'mirror') && system.mirror(...range) };
const rings = ['readable', 'reserved'].map((name) => createMirroredRing(arena, name, 8192, mapping));
const [readable, reserved] = rings as [(typeof rings)[0], (typeof rings)[0]];
if (again !== 'mirror') reserved.dispose();

let written = 0;
let read = 0;
/** Differs from lap to lap of a ring, so that stale bytes show. */
const byteAt = (position: number): number => Math.imul(position, 2654435761) >>> 24;
const fill = (address: number, from: number, to: number): void => {
	for (let at = from; at < to; at++) arena.u8()[address + at] = byteAt(written + at);
};
const write = (bytes: number): void => {
	const address = readable.reserve(bytes);
	if (address === 0) throw new Error(`no room for ${bytes}`);
	fill(address, 0, bytes);
	readable.commit(bytes);
	written += bytes;
};
const check = (bytes: number): number => {
	const address = readable.readAddress();
	let wrong = 0;
	for (let at = 0; at < bytes; at++) if (arena.u8()[address + at] !== byteAt(read + at)) wrong++;
	readable.consume(bytes);
	read += bytes;
	return wrong;
};
const ways = ['snapshot', 'trusted', 'read'] as const;
const files = ways.map((way) => {
	writeFileSync(`${folder}/${way}`, new Uint8Array(100_000).fill(3));
	return mapFile(arena, `${folder}/${way}`, { way });
});

// 2,000 bytes that wrap lie in the ring; 1,500 more are reserved, written half before and half after the move.
write(7000);
let wrong = check(7000);
write(2000);
const address = readable.reserve(1500);
fill(address, 0, 700);
const growths = Array.from({ length: 4 }, (_, index) => arena.allocate(`more ${index}`, 2 ** 22));
const moved = calls.addressOf(arena.memory) !== start;
fill(address, 700, 1500);
readable.commit(1500);
written += 1500;
wrong += check(readable.readable);
for (let step = 0; step < 200; step++) {
	write(1 + ((step * 977) % 8000));
	wrong += check(readable.readable);
}
const sums = files.map((file) =>
	arena
		.u8()
		.subarray(file.address, file.address + file.length)
		.reduce((sum, byte) => sum + byte, 0),
);
for (const file of files) file.release();
const { mirrored } = readable;
readable.dispose();
if (again === 'mirror') reserved.dispose();
for (const region of growths) arena.release(region);
// What was mapped is ordinary memory again.
const whole = arena.allocate('whole', 2 ** 22);
arena.u8().fill(1, whole.address, whole.address + whole.size);
console.log(JSON.stringify({ moved, wrong, mirrored, sums, guards: arena.checkGuards() }));
