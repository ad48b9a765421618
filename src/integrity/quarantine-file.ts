import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeQuarantineHeader, encodeQuarantineRecord, type QuarantineHeader, type QuarantineRecord } from './quarantine.ts';

export interface QuarantineFile {
	readonly path: string;
	/** Messages written so far. */
	readonly records: number;
	/** Bytes of messages written so far. */
	readonly bytes: number;
	/** Messages that the file's limit kept out. */
	readonly left: number;
	write(record: QuarantineRecord): void;
	close(): void;
}

const BUFFERED = 1 << 18;

/**
 * Opens a quarantine file for writing, replacing what was there.
 *
 * @param limit bytes the file may grow to; messages beyond are only counted. Default 256 MiB
 */
export function createQuarantineFile(path: string, header: QuarantineHeader, limit = 256 * 2 ** 20): QuarantineFile {
	const file = openSync(path, 'w');
	let waiting: Uint8Array[] = [encodeQuarantineHeader(header)];
	let waitingBytes = 0;
	let size = (waiting[0] as Uint8Array).length;
	let records = 0;
	let bytes = 0;
	let left = 0;
	const flush = (): void => {
		const all = Buffer.concat(waiting);
		for (let written = 0; written < all.length; ) written += writeSync(file, all, written);
		waiting = [];
		waitingBytes = 0;
	};
	return {
		path,
		get records() {
			return records;
		},
		get bytes() {
			return bytes;
		},
		get left() {
			return left;
		},
		write(record) {
			const encoded = encodeQuarantineRecord(record);
			if (size + encoded.length > limit) {
				left++;
				return;
			}
			size += encoded.length;
			records++;
			bytes += record.bytes.length;
			waiting.push(encoded);
			waitingBytes += encoded.length;
			if (waitingBytes >= BUFFERED) flush();
		},
		close() {
			flush();
			closeSync(file);
		},
	};
}
