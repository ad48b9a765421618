import type { BlockFault } from '../kernels/block-faults.ts';

/**
 * What can be wrong with compressed data: what can be wrong with a block ({@link BlockFault}), and
 * - `header`: it does not start as the format does, or a header is damaged
 * - `unsupported`: it asks for what is not built: another version of the format, a dictionary
 * - `checksum`: content or a block is not what it was when it was written
 */
export type CodecFault = BlockFault | 'header' | 'unsupported' | 'checksum';

/** Compressed data that cannot be decoded. */
export class CodecError extends Error {
	override readonly name = 'CodecError';
	readonly category: CodecFault;
	/** Byte of the compressed data where the fault is. */
	readonly offset: number;
	constructor(format: string, category: CodecFault, offset: number, why: string) {
		super(`${format}: ${why} (at byte ${offset})`);
		this.category = category;
		this.offset = offset;
	}
}

const WHY: Readonly<Record<BlockFault, string>> = {
	cut: 'the data ends in the middle of a block',
	'too-large': 'there is more content than there is room for',
	offset: 'a match begins before the content',
	overlap: 'content would overwrite what was not read yet',
	size: 'there is not as much content as is stated',
};

export const blockError = (format: string, fault: BlockFault, offset: number): CodecError => new CodecError(format, fault, offset, WHY[fault]);

/** The same of a block in a stream: it is all there, so where it ends too early it is wrong, and the stream is not cut. */
export const streamBlockError = (format: string, fault: BlockFault, offset: number): CodecError => (fault === 'cut' ? new CodecError(format, 'size', offset, 'a block ends in the middle of an element') : blockError(format, fault, offset));
