/** FIX in its tag=value encoding (FIX Session Layer, "Message framing"): begin string, body length, checksum. */

export interface FixMessages {
	/** Whole messages at the start. */
	readonly messages: number;
	/** Of those: body length and checksum are right. */
	readonly verified: number;
	/** What stands between fields. */
	readonly separator: 'SOH' | '|';
	/** BeginString of the first message. */
	readonly beginString: string;
	/** The application version that a FIXT message names (ApplVerID or DefaultApplVerID), in words; null where none does. */
	readonly application: string | null;
	/** MsgType of each message that came up. */
	readonly types: ReadonlySet<string>;
	readonly bits: number;
}

const SOH = 1;
const BAR = 0x7c;
const BEGIN = [0x38, 0x3d, 0x46, 0x49, 0x58];
const BEGIN_STRINGS = /^FIX(?:T\.1\.1|\.4\.[0-4]|\.5\.0(?:SP[12])?|\.2\.7|\.3\.0)$/;
/** ApplVerID (1128) and DefaultApplVerID (1137). */
const APPLICATIONS: Readonly<Record<string, string>> = { 0: 'FIX.2.7', 1: 'FIX.3.0', 2: 'FIX.4.0', 3: 'FIX.4.1', 4: 'FIX.4.2', 5: 'FIX.4.3', 6: 'FIX.4.4', 7: 'FIX.5.0', 8: 'FIX.5.0SP1', 9: 'FIX.5.0SP2', 10: 'FIX Latest' };
/** `10=000` and the separator behind it. */
const TRAILER = 7;

/** The messages at the start of bytes; null where they contradict FIX. Line ends between messages are passed over. */
export function readFix(bytes: Uint8Array, isWhole: boolean, most = 64): FixMessages | null {
	let at = 0;
	let messages = 0;
	let verified = 0;
	let separator = -1;
	let beginString = '';
	let application: string | null = null;
	const types = new Set<string>();
	let bits = 0;
	const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 64)));
	const found = (): FixMessages => ({ messages, verified, separator: separator === BAR ? '|' : 'SOH', beginString, application, types, bits });
	const fieldEnd = (from: number): number => {
		const end = bytes.subarray(from, from + 64).indexOf(separator);
		return end < 0 ? -1 : from + end;
	};
	while (at < bytes.length && messages < most) {
		if (messages > 0 && (bytes[at] === 0x0a || bytes[at] === 0x0d)) {
			at++;
			continue;
		}
		const known = Math.min(BEGIN.length, bytes.length - at);
		for (let index = 0; index < known; index++) if (bytes[at + index] !== BEGIN[index]) return messages > 0 ? found() : null;
		if (messages === 0) bits += known * 8;
		if (known < BEGIN.length) break;
		if (separator < 0) {
			const end = bytes.subarray(at, at + 32).findIndex((byte) => byte === SOH || byte === BAR);
			if (end < 0) return bytes.length - at < 32 && !isWhole ? found() : null;
			separator = bytes[at + end] as number;
		}
		const beginEnd = fieldEnd(at);
		if (beginEnd < 0) break;
		const begin = text(at + 2, beginEnd);
		if (!BEGIN_STRINGS.test(begin)) return messages > 0 ? found() : null;
		if (messages === 0) {
			beginString = begin;
			bits += 8;
		}
		const lengthEnd = fieldEnd(beginEnd + 1);
		if (lengthEnd < 0) break;
		const length = /^9=(\d{1,9})$/.exec(text(beginEnd + 1, lengthEnd));
		if (length === null) return messages > 0 ? found() : null;
		if (messages === 0) bits += 8;
		const trailer = lengthEnd + 1 + Number(length[1]);
		const typeEnd = fieldEnd(lengthEnd + 1);
		if (typeEnd > 0) {
			const type = /^35=(\w{1,4})$/.exec(text(lengthEnd + 1, typeEnd));
			if (type?.[1] !== undefined) types.add(type[1]);
		}
		if (trailer + TRAILER > bytes.length) break;
		messages++;
		const checksum = /^10=(\d{3})$/.exec(text(trailer, trailer + TRAILER - 1));
		if (checksum === null || bytes[trailer + TRAILER - 1] !== separator) {
			// The next message is where one begins again.
			const next = nextMessage(bytes, at + 1);
			if (next < 0) break;
			at = next;
			continue;
		}
		let sum = 0;
		for (let index = at; index < trailer; index++) sum += bytes[index] === separator ? SOH : (bytes[index] as number);
		if (sum % 256 === Number(checksum[1])) {
			verified++;
			bits += 24;
		}
		application ??= applicationOf(bytes.subarray(lengthEnd + 1, trailer), separator);
		at = trailer + TRAILER;
	}
	return found();
}

function nextMessage(bytes: Uint8Array, from: number): number {
	for (let at = bytes.indexOf(BEGIN[0] as number, from); at >= 0; at = bytes.indexOf(BEGIN[0] as number, at + 1)) if (BEGIN.every((byte, index) => bytes[at + index] === byte)) return at;
	return -1;
}

function applicationOf(body: Uint8Array, separator: number): string | null {
	let from = 0;
	while (from < body.length) {
		const found = body.indexOf(separator, from);
		const end = found < 0 ? body.length : found;
		if (end - from <= 8) {
			const field = /^(?:1128|1137)=(\d{1,2})$/.exec(String.fromCharCode(...body.subarray(from, end)));
			if (field?.[1] !== undefined) return APPLICATIONS[field[1]] ?? null;
		}
		from = end + 1;
	}
	return null;
}
