/**
 * The contract between decoders of compressed blocks of any tier and the code around them: functions over a memory.
 */
import { BLOCK_FAULTS, type BlockFault } from '../kernels/block-faults.ts';

/**
 * Decodes the block at [p, end) to [out, outEnd): returns the address behind the content, or 0 where the block is wrong,
 * with the reason in `BlockDecoder.fault`. Never reads outside of the block and of what was decoded, never writes behind
 * `outEnd`; up to there, anything may have been written. LZ4 matches reach back to `window`, which is `out` or before it
 * (blocks that go on from earlier ones); Snappy has no such blocks, so `window` is `out`.
 */
export type DecodeBlock = (p: number, end: number, window: number, out: number, outEnd: number) => number;

export interface BlockDecoder {
	/** The block and the room for its content do not overlap. */
	readonly decode: DecodeBlock;
	/**
	 * The block lies in the room for its content, at the end of it, or overlaps that end. Where content would be written
	 * over what was not read yet, that is a fault; a block of n bytes needs n/256 + 96 bytes more than its content to be
	 * decoded fast.
	 */
	readonly decodeInPlace: DecodeBlock;
	/** Of the last call that returned 0. */
	fault(): BlockFault;
	/** The address in the block where the fault is. */
	faultAt(): number;
}

/** What makes a decoder of a tier: over the memory of an arena, or over any bytes. */
export type BlockFormat = 'lz4' | 'snappy';

const names = new Map<number, BlockFault>(Object.entries(BLOCK_FAULTS).map(([name, code]) => [code, name as BlockFault]));

export function blockFaultName(code: number): BlockFault {
	const name = names.get(code);
	if (name === undefined) throw new Error(`tickforge: ${code} is no fault of a block: no decoder has failed`);
	return name;
}
