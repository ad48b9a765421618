/**
 * Generated codecs over an arena: one small module each, made when it is first asked for, with its constants in a region
 * of the arena. Where the engine has no SIMD, and where `reference` is asked for, plain TypeScript takes their place.
 */

import { crcWorkspace, emitCrc } from '../kernels/crc.ts';
import type { CrcPolynomial } from '../kernels/crc-arithmetic.ts';
import { createFixedConstants, type FixedConstants } from '../kernels/fixed-constants.ts';
import { emitLz4Block } from '../kernels/lz4-block.ts';
import { createMatchCopy } from '../kernels/match-copy.ts';
import { emitSnappyBlock } from '../kernels/snappy-block.ts';
import { emitXxHash32 } from '../kernels/xxhash32.ts';
import type { Arena } from '../memory/index.ts';
import { createModule, detectFeatures, I32, type ModuleBuilder } from '../wasm/index.ts';
import { type BlockDecoder, type BlockFormat, blockFaultName, type DecodeBlock } from './block-decoder.ts';
import { referenceCrc, referenceCrcMany } from './reference/crc.ts';
import { referenceLz4Decoder } from './reference/lz4-block.ts';
import { referenceSnappyDecoder } from './reference/snappy-block.ts';
import { referenceStripes } from './reference/xxhash32.ts';

export type CodecTier = 'generated' | 'reference';

/** The register after the bytes at `address`; see kernels/crc.ts. */
export type CrcFunction = (register: number, address: number, length: number) => number;
/** The checksums of `count` messages, u32 each; `places` has (address, length) of each, u32, `stride` bytes apart. */
export type CrcManyFunction = (places: number, count: number, stride: number, checksums: number) => void;
/** See kernels/xxhash32.ts. */
export type StripesFunction = (state: number, p: number, end: number) => void;

export const usualTier = (): CodecTier => (detectFeatures().simd ? 'generated' : 'reference');

/** Bytes for constants: 19 KiB of tables and 2 KiB of nibbles for a CRC, less than 4 KiB for a decoder. */
const CRC_CONSTANTS = 24576;
export const BLOCK_CONSTANTS = 4096;
/** Pages of 64 KiB in an address space of 32 bits. */
const ALL_PAGES = 65536;

export type Exports = Readonly<Record<string, CallableFunction & { readonly value?: number }>>;

const made = new WeakMap<WebAssembly.Memory, Map<string, Exports>>();

function obtain(arena: Arena, name: string, constantBytes: number, workspace: number, write: (m: ModuleBuilder, constants: FixedConstants) => void): Exports {
	let ofArena = made.get(arena.memory);
	if (ofArena === undefined) {
		ofArena = new Map();
		made.set(arena.memory, ofArena);
	}
	const known = ofArena.get(name);
	if (known !== undefined) return known;
	const region = arena.allocate(`constants of ${name}`, constantBytes + workspace);
	const m = createModule(name);
	m.importMemory('env', 'memory', arena.shared ? { min: 1, max: ALL_PAGES, shared: true } : { min: 1 });
	const constants = createFixedConstants(m, region.address, region.size, workspace);
	write(m, constants);
	constants.finish();
	const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory: arena.memory } });
	ofArena.set(name, exports as unknown as Exports);
	return exports as unknown as Exports;
}

export function crcFunction(arena: Arena, polynomial: CrcPolynomial, tier: CodecTier = usualTier()): CrcFunction {
	if (tier === 'reference') return referenceCrc(() => arena.u8(), polynomial);
	return crcExports(arena, polynomial)[polynomial.name] as unknown as CrcFunction;
}

export function crcManyFunction(arena: Arena, polynomial: CrcPolynomial, tier: CodecTier = usualTier()): CrcManyFunction {
	if (tier === 'reference') return referenceCrcMany(() => arena.u8(), polynomial);
	return crcExports(arena, polynomial)[`${polynomial.name}Many`] as unknown as CrcManyFunction;
}

function crcExports(arena: Arena, polynomial: CrcPolynomial): Exports {
	const { relaxedSimd: relaxed } = detectFeatures();
	return obtain(arena, polynomial.name, CRC_CONSTANTS, crcWorkspace(polynomial), (m, constants) => emitCrc(m, constants, polynomial, { relaxed }));
}

export function blockDecoder(arena: Arena, format: BlockFormat, tier: CodecTier = usualTier()): BlockDecoder {
	if (tier === 'reference') return format === 'lz4' ? referenceLz4Decoder(() => arena.u8()) : referenceSnappyDecoder(() => arena.u8());
	return linkedBlockDecoder(
		obtain(arena, format, BLOCK_CONSTANTS, 0, (m, constants) => emitBlockDecoder(m, constants, format)),
		format,
	);
}

/** The functions and globals that {@link linkedBlockDecoder} takes. */
export function emitBlockDecoder(m: ModuleBuilder, constants: FixedConstants, format: BlockFormat): void {
	const fault = m.global(I32, 0, { name: 'fault', mutable: true, export: 'fault' });
	const faultAt = m.global(I32, 0, { name: 'faultAt', mutable: true, export: 'faultAt' });
	const copy = createMatchCopy(constants);
	for (const inPlace of [false, true]) {
		if (format === 'lz4') emitLz4Block(m, copy, { fault, faultAt }, inPlace);
		else emitSnappyBlock(m, constants, copy, { fault, faultAt }, inPlace);
	}
}

/** @param exports of a module that `emitBlockDecoder` has written */
export function linkedBlockDecoder(exports: Exports, format: BlockFormat): BlockDecoder {
	const unsigned =
		(name: string): DecodeBlock =>
		(p, end, window, out, outEnd) =>
			(exports[name] as unknown as DecodeBlock)(p, end, window, out, outEnd) >>> 0;
	return {
		decode: unsigned(format),
		decodeInPlace: unsigned(`${format}InPlace`),
		fault: () => blockFaultName(exports['fault']?.value ?? 0),
		faultAt: () => (exports['faultAt']?.value ?? 0) >>> 0,
	};
}

export function stripesFunction(arena: Arena, tier: CodecTier = usualTier()): StripesFunction {
	if (tier === 'reference') return referenceStripes(() => arena.u8());
	return obtain(arena, 'xxHash32', 0, 0, (m) => emitXxHash32(m))['xxHash32Stripes'] as unknown as StripesFunction;
}
