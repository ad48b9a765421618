/**
 * The file of one cached module. Numbers are little endian:
 *
 * ```
 *  0         4         8                 40       44              48            80
 *  | "TFCC"  | format  | key (SHA-256)   | length | 0             | HMAC-SHA-256 | module's bytes …
 * ```
 * The HMAC is over everything else. Whoever lacks the secret can delete a file, and not change one unnoticed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const MAGIC = 0x43434654;
const FORMAT = 1;
const KEY = 8;
const LENGTH = 40;
const MAC = 48;
/** Bytes before the module's. */
export const SEAL_BYTES = 80;

/** @param key 64 hexadecimal digits */
export function sealModule(secret: Uint8Array, key: string, bytes: Uint8Array): Uint8Array {
	const file = Buffer.alloc(SEAL_BYTES + bytes.length);
	file.writeUInt32LE(MAGIC, 0);
	file.writeUInt32LE(FORMAT, 4);
	file.write(key, KEY, 'hex');
	file.writeUInt32LE(bytes.length, LENGTH);
	file.set(bytes, SEAL_BYTES);
	file.set(macOf(secret, file), MAC);
	return file;
}

/** The module's bytes, a view of the file's; null where the seal is broken, or of another key or secret. */
export function unsealModule(secret: Uint8Array, key: string, content: Uint8Array): Uint8Array<ArrayBuffer> | null {
	const file = Buffer.from(content.buffer as ArrayBuffer, content.byteOffset, content.length);
	if (file.length < SEAL_BYTES || !timingSafeEqual(macOf(secret, file), file.subarray(MAC, SEAL_BYTES))) return null;
	// Sealed with our secret; still it may be of another format, or under another's name.
	if (file.readUInt32LE(0) !== MAGIC || file.readUInt32LE(4) !== FORMAT || file.toString('hex', KEY, LENGTH) !== key || file.readUInt32LE(LENGTH) !== file.length - SEAL_BYTES) return null;
	return file.subarray(SEAL_BYTES);
}

function macOf(secret: Uint8Array, file: Buffer): Buffer {
	return createHmac('sha256', secret).update(file.subarray(0, MAC)).update(file.subarray(SEAL_BYTES)).digest();
}
