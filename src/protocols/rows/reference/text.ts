/** Bytes as text. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Checked UTF-8 as a JavaScript string. */
export function utf8Text(bytes: Uint8Array): string {
	return decoder.decode(bytes);
}

/** Each byte as a character of its own. */
export function asciiText(bytes: Uint8Array): string {
	let text = '';
	for (const byte of bytes) text += String.fromCharCode(byte);
	return text;
}

/** Length of the well-formed UTF-8 sequence that the bytes start with, 0 if there is none (table 3-7 of the Unicode Standard). */
export function utf8SequenceLength(bytes: Uint8Array): number {
	const [lead = 0, second = 0, third = 0, fourth = 0] = bytes;
	const within = (byte: number, least: number, most: number): boolean => byte >= least && byte <= most;
	const continues = (byte: number): boolean => within(byte, 0x80, 0xbf);
	if (within(lead, 0xc2, 0xdf)) return continues(second) ? 2 : 0;
	if (within(lead, 0xe0, 0xef)) {
		const least = lead === 0xe0 ? 0xa0 : 0x80;
		const most = lead === 0xed ? 0x9f : 0xbf;
		return within(second, least, most) && continues(third) ? 3 : 0;
	}
	if (within(lead, 0xf0, 0xf4)) {
		const least = lead === 0xf0 ? 0x90 : 0x80;
		const most = lead === 0xf4 ? 0x8f : 0xbf;
		return within(second, least, most) && continues(third) && continues(fourth) ? 4 : 0;
	}
	return 0;
}
