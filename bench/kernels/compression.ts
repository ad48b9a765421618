/** LZ4 and Snappy blocks of messages, against libraries with native code. */
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compressSync as lz4Pack, uncompressSync as lz4Unpack } from 'lz4-napi';
import { compressSync as snappyPack, uncompressSync as snappyUnpack } from 'snappy';
import type { BlockFormat } from '../../src/codecs/block-decoder.ts';
import { blockDecoder } from '../../src/codecs/codec-modules.ts';
import { createArena } from '../../src/memory/index.ts';
import type { Candidate } from '../measure.ts';
import { createMarket, messageTypes } from '../messages/index.ts';
import { createBelow } from '../statistics.ts';
import type { KernelCase } from './kernel-case.ts';
import { mustAgree, timed } from './timed.ts';

const SIZE = 2 ** 20;

function contents(): Readonly<Record<string, Uint8Array>> {
	const market = createMarket('realistic', 32);
	const encoder = new TextEncoder();
	const messages = (): Uint8Array => {
		const bytes = new Uint8Array(SIZE);
		for (let at = 0, index = 0; at < SIZE; index++) {
			const type = messageTypes[index % messageTypes.length];
			at += encoder.encodeInto(`${type?.make(market)}\n`, bytes.subarray(at)).written || 1;
		}
		return bytes;
	};
	const below = createBelow(29);
	return { messages: messages(), noise: Uint8Array.from({ length: SIZE }, () => below(256)) };
}

export function compressionCases(): KernelCase[] {
	return Object.entries(contents()).flatMap(([name, content]) => (['lz4', 'snappy'] as const).map((format) => blockCase(format, name, content)));
}

function blockCase(format: BlockFormat, name: string, content: Uint8Array): KernelCase {
	const raw = Buffer.from(content);
	const packed = format === 'lz4' ? lz4Pack(raw) : snappyPack(raw);
	// lz4-napi puts the content's length before the block.
	const block = format === 'lz4' ? packed.subarray(4) : packed;
	const arena = createArena({ ceiling: 2 ** 24 });
	const input = arena.allocate('block', block.length).address;
	const output = arena.allocate('content', content.length).address;
	const spare = (block.length >>> 8) + 96;
	const both = arena.allocate('in place', content.length + spare + block.length).address;
	arena.u8().set(block, input);
	const generated = blockDecoder(arena, format, 'generated');
	const reference = blockDecoder(arena, format, 'reference');
	const decode = (decoder: typeof generated): number => decoder.decode(input, input + block.length, output, output, output + content.length) - output;
	const inPlace = (): number => {
		const at = Math.max(both, both + content.length + spare - block.length);
		arena.u8().set(block, at);
		return generated.decodeInPlace(at, at + block.length, both, both, both + content.length) - both;
	};
	for (const work of [() => decode(generated), inPlace, () => decode(reference)]) mustAgree(`the kernel of ${format}`, content.length, work());
	mustAgree(`the content of ${format}`, 0, Buffer.compare(raw, arena.u8().subarray(output, output + content.length)));
	const library = format === 'lz4' ? liblz4(block, content.length) : null;
	return {
		name: `${format} block of ${name}`,
		unit: 'MiB',
		bytes: content.length,
		candidates: [
			timed('kernel', 1, () => decode(generated)),
			timed('kernel, in place', 1, inPlace),
			...(library === null ? [] : [timed('liblz4 (C)', 1, library)]),
			format === 'lz4' ? afterCollection('lz4-napi', () => lz4Unpack(packed).length) : afterCollection('snappy (Rust)', () => (snappyUnpack(packed, { asBuffer: true }) as Buffer).length),
			{ ...timed('TypeScript, bytes', 1, () => decode(reference)), every: 5 },
		],
		notes: [`${(content.length / block.length).toFixed(2)} bytes of content a byte; the packages make a new buffer each time, whose collection is not in their time; liblz4 and the kernel make none; in place, a copy of the block is timed with it`],
	};
}

const collect = (() => {
	setFlagsFromString('--expose-gc');
	return runInNewContext('gc') as () => void;
})();

/** For what leaves large buffers behind: the collector, else in the middle of some run, is before each. */
function afterCollection(name: string, work: () => unknown): Candidate {
	const candidate = timed(name, 1, work);
	return {
		name,
		run() {
			collect();
			return candidate.run();
		},
	};
}

/** The C library, where the system has it and koffi is installed. */
function liblz4(block: Uint8Array, size: number): (() => number) | null {
	try {
		const koffi = createRequire(import.meta.url)('koffi') as { load(path: string): { func(signature: string): (...args: unknown[]) => unknown } };
		const decode = koffi.load('liblz4.so.1').func('int LZ4_decompress_safe(void *source, void *target, int packed, int size)');
		const source = Buffer.from(block);
		const target = Buffer.alloc(size);
		const work = (): number => decode(source, target, source.length, target.length) as number;
		return work() === size ? work : null;
	} catch {
		return null;
	}
}
