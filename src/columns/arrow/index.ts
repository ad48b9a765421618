/** Arrow IPC: batches out and in. */
export type { ArrowOptions } from './arrow-schema.ts';
export { ArrowError, type ArrowTable, readArrow } from './ipc-reader.ts';
export { type ArrowCompression, type ArrowWriter, type ArrowWriterOptions, createArrowWriter } from './ipc-writer.ts';
