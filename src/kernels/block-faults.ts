/**
 * What can be wrong with a compressed block:
 * - `cut`: it ends inside of an element
 * - `too-large`: its content is larger than there is room for
 * - `offset`: a match has offset 0, or begins before the content
 * - `overlap`: decoded in place, content would overwrite what was not read yet
 * - `size`: its content is not as long as it says, or a length is written wrongly
 */
export const BLOCK_FAULTS = { none: 0, cut: 1, 'too-large': 2, offset: 3, overlap: 4, size: 5 } as const;
export type BlockFault = Exclude<keyof typeof BLOCK_FAULTS, 'none'>;
