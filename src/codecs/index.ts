/** Checksums and compression: CRC-32C and CRC-32, xxHash32, LZ4 and Snappy. Docs: docs/compression.md. */
export type { BlockDecoder, BlockFormat, DecodeBlock } from './block-decoder.ts';
export { CodecError, type CodecFault } from './codec-error.ts';
export { blockDecoder, type CodecTier, type CrcManyFunction } from './codec-modules.ts';
export { type ArenaChecksum, arenaChecksum, arenaChecksums, crc32, crc32Combine, crc32c, crc32cCombine } from './crc.ts';
export { compressLz4Block, decodeLz4Block, lz4BlockBound } from './lz4-block.ts';
export { createLz4Decoder, decodeLz4Frame, encodeLz4Frame, type Lz4FrameOptions } from './lz4-frame.ts';
export { compressSnappyBlock, decodeSnappyBlock, snappyContentLength } from './snappy-block.ts';
export { createSnappyDecoder, encodeSnappyFrames } from './snappy-framing.ts';
export type { StreamDecoder, StreamDecoderOptions } from './stream-decoder.ts';
export { createXxHash32, type XxHash32, xxHash32 } from './xxhash32.ts';
