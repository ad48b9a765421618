/** What codecs are tested on: noise, runs, texts, and messages as venues send them. */
import { framePieces, simulate } from '../../src/simulate/index.ts';
import { readCapture } from '../exchanges/captures.ts';

/** A seeded generator of integers below a bound. */
export function createDraw(seed: number): (below: number) => number {
	let state = seed | 0 || 1;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
}

export function noise(length: number, seed: number): Uint8Array {
	const draw = createDraw(seed);
	return Uint8Array.from({ length }, () => draw(256));
}

/** Runs, repetitions of short patterns, and noise, in random order: every length and offset of a match. */
export function patterns(length: number, seed: number): Uint8Array {
	const draw = createDraw(seed);
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; ) {
		const until = Math.min(length, at + 1 + draw(draw(8) === 0 ? 3000 : 60));
		const kind = draw(3);
		const offset = 1 + draw(Math.max(1, Math.min(at, draw(2) === 0 ? 20 : 70_000)));
		while (at < until) {
			bytes[at] = kind === 0 || at < offset ? draw(256) : (bytes[at - offset] as number);
			at++;
		}
	}
	return bytes;
}

let captured: Uint8Array | undefined;

/** A simulated session in the capture format. */
export function session(): Uint8Array {
	captured ??= new Uint8Array(Buffer.concat([...framePieces(simulate({ venue: 'binance-spot', messages: 4000, seed: 3 }), 'capture')]));
	return captured;
}

/** A recorded session of a venue; null where the recordings are not on this machine. */
export function recorded(name: string): Uint8Array | null {
	const messages = readCapture(name);
	return messages === null ? null : new TextEncoder().encode(messages.slice(0, 3000).join('\n'));
}

/** Named contents of many kinds and sizes. */
export function contents(): readonly (readonly [string, Uint8Array])[] {
	return [
		['nothing', new Uint8Array(0)],
		['one byte', Uint8Array.of(65)],
		['four bytes', Uint8Array.of(1, 2, 3, 4)],
		['thirteen equal bytes', new Uint8Array(13).fill(7)],
		['zeros', new Uint8Array(300_000)],
		['noise', noise(150_000, 5)],
		['short patterns', patterns(2000, 9)],
		['patterns', patterns(400_000, 11)],
		['a session', session()],
	];
}

/** A block changed somewhere: cut, flipped, written over with what lengths look like, repeated, or with parts moved. */
export function mutate(block: Uint8Array, draw: (below: number) => number): Uint8Array {
	const bytes = block.slice();
	const at = (): number => draw(Math.max(1, bytes.length));
	switch (draw(7)) {
		case 0:
			return bytes.subarray(0, at());
		case 1:
			for (let flips = 1 + draw(3); flips > 0; flips--) bytes[at()] = (bytes[at()] as number) ^ (1 << draw(8));
			return bytes;
		case 2: {
			// Lengths forged up to 2^32 and beyond.
			const from = at();
			bytes.fill(255, from, from + 1 + draw(draw(2) === 0 ? 6 : 400));
			return bytes;
		}
		case 3:
			bytes.fill(draw(256), at(), at() + draw(20));
			return bytes;
		case 4: {
			const from = at();
			return Uint8Array.from([...bytes.subarray(0, from), ...noise(draw(12), 1 + draw(1000)), ...bytes.subarray(from)]);
		}
		case 5:
			bytes.copyWithin(at(), at(), at());
			return bytes;
		default:
			return noise(draw(60), 1 + draw(2 ** 30));
	}
}

/** How often: briefly with every `npm test`, for longer with `npm run nightly`. */
export const ROUNDS = process.env['TICKFORGE_NIGHTLY'] === undefined ? 1 : 50;
