/** Messages that are compressed one by one, unpacked with a limit. */
import { gunzipSync, inflateRawSync } from 'node:zlib';

/** What became of a message: its bytes, `too-large` where there are more than allowed, `broken` where it is not what it should be. */
export type Inflated = Uint8Array | 'too-large' | 'broken';

/**
 * Inflates a gzip member to at most `most` bytes.
 *
 * @returns the bytes, `too-large` where there are more of them, or `broken` where it is no whole gzip member
 */
export function inflate(bytes: Uint8Array, most: number): Inflated {
	if (most <= 0) return 'too-large';
	try {
		return gunzipSync(bytes, { maxOutputLength: most });
	} catch (error) {
		return whyNot(error);
	}
}

const whyNot = (error: unknown): 'too-large' | 'broken' => (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'broken');

export interface MessageInflaterOptions {
	/** Bytes of a message at most, unpacked. */
	readonly most: number;
	/** Whether messages go on from those before (no `server_no_context_takeover` was agreed on). Default true. */
	readonly contextTakeover?: boolean;
	/** The agreed `max_window_bits` of who sends, 8 to 15. Default 15. */
	readonly windowBits?: number;
}

/** How a message ends that its sender has cut off (RFC 7692, 7.2.1), and an empty last block after it. */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff);
const WINDOW = 32768;

/**
 * Unpacks messages of WebSocket's permessage-deflate (RFC 7692) with Node's zlib, one after the other, each to at most
 * `most` bytes. After one that is not unpacked, those that go on from it cannot be: with context takeover all further
 * ones are `broken`, and the connection has to be closed.
 */
export function createMessageInflater({ most, contextTakeover = true, windowBits = 15 }: MessageInflaterOptions): (payload: Uint8Array) => Inflated {
	if (!Number.isInteger(windowBits) || windowBits < 8 || windowBits > 15) throw new RangeError(`tickforge: the window of permessage-deflate has 8 to 15 bits, not ${windowBits}`);
	let dictionary: Uint8Array = new Uint8Array(0);
	let isLost = false;
	return (payload) => {
		if (isLost) return 'broken';
		const whole = new Uint8Array(payload.length + TAIL.length);
		whole.set(payload);
		whole.set(TAIL, payload.length);
		let bytes: Uint8Array;
		try {
			// zlib has no window of 8 bits for raw data; one of 9 reads it.
			bytes = inflateRawSync(whole, { maxOutputLength: Math.max(most, 1), windowBits: Math.max(windowBits, 9), ...(dictionary.length === 0 ? {} : { dictionary }) });
			if (bytes.length > most) throw Object.assign(new RangeError(), { code: 'ERR_BUFFER_TOO_LARGE' });
		} catch (error) {
			isLost = contextTakeover;
			return whyNot(error);
		}
		if (contextTakeover) dictionary = lastBytes(dictionary, bytes);
		return bytes;
	};
}

/** The last 32 KiB of two stretches in a row. */
function lastBytes(before: Uint8Array, after: Uint8Array): Uint8Array {
	if (after.length >= WINDOW) return after.slice(-WINDOW);
	const kept = before.subarray(Math.max(0, before.length + after.length - WINDOW));
	const all = new Uint8Array(kept.length + after.length);
	all.set(kept);
	all.set(after, kept.length);
	return all;
}
