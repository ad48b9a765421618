/** Reads the recorded sessions of ../shared/captures. Plain and slow on purpose: nothing of src/ is used. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = process.env.TICKFORGE_CAPTURES ?? new URL('../../../shared/captures', import.meta.url).pathname;

/** The messages that a session received, in order; null where the recording is not on this machine. */
export function readCapture(name: string): string[] | null {
	const path = `${folder}/${name}.capture`;
	if (!existsSync(path)) return null;
	return readFileSync(path, 'utf8')
		.split('\n')
		.flatMap((line) => {
			const [, payload] = /^[0-9.]+: (.*)$/.exec(line) ?? [];
			return payload === undefined ? [] : [/^b['"]/.test(payload) ? gunzipSync(bytesLiteral(payload)).toString('utf8') : payload];
		});
}

/** A Python bytes literal, such as `b'\x1f\x8b\\'`. */
function bytesLiteral(literal: string): Buffer {
	const escapes: Record<string, number> = { n: 10, r: 13, t: 9, '\\': 92, "'": 39, '"': 34 };
	const parts = literal.slice(2, -1).match(/\\x[0-9a-f]{2}|\\.|[^\\]/g) ?? [];
	return Buffer.from(parts.map((part) => (part.startsWith('\\x') ? Number.parseInt(part.slice(2), 16) : part.startsWith('\\') ? (escapes[part.slice(1)] as number) : part.charCodeAt(0))));
}
