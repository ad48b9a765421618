/**
 * Bringing generated code to full speed before the first real message. Engines compile a WebAssembly function quickly
 * when it is first called, and well only after it has run for a while; the code belongs to the module, so that whatever
 * runs it warms it for all parsers that share the module, on other threads too.
 */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import type { Schema } from '../schema/index.ts';
import type { Parser, ParserStatistics } from './compile.ts';

export interface WarmUpOptions {
	/** How long to parse the samples again and again. Default 50; more buys little (docs/code-cache.md). */
	readonly milliseconds?: number;
}

export interface WarmUp {
	/** Messages parsed, each sample counted as often as it was. */
	readonly messages: number;
	/** Of them, those refused: samples that are no messages of the schema warm nothing up. */
	readonly refused: number;
	readonly milliseconds: number;
}

const encoder = new TextEncoder();

/**
 * Parses samples with the parser's code over memory of its own, which is given back afterwards: no row, symbol or
 * counter of the parser changes. Blocks for about as long as the options say. The reference tier needs no warm-up of
 * this kind, and gets none.
 *
 * @param samples messages as the feed has them, of every kind that matters; a few dozen suffice
 * @throws TypeError where there are none
 */
export function warmUp<S extends Schema>(parser: Parser<S>, samples: Iterable<string | Uint8Array>, { milliseconds = 50 }: WarmUpOptions = {}): WarmUp {
	const messages = messageBytes(samples);
	if (messages.length === 0) throw new TypeError('tickforge: warmUp needs messages to parse; pass some that the feed has sent before');
	if (parser.module === null) return { messages: 0, refused: 0, milliseconds: 0 };
	const started = performance.now();
	const twin = parser.twin();
	try {
		const { messages: parsed, refused } = rehearse(twin, messages, started + milliseconds);
		return { messages: parsed, refused, milliseconds: performance.now() - started };
	} finally {
		twin.dispose();
	}
}

export function messageBytes(samples: Iterable<string | Uint8Array>): Uint8Array[] {
	return Array.from(samples, (sample) => (typeof sample === 'string' ? encoder.encode(sample) : sample));
}

/** Parses messages again and again on the parser itself, at least once, until `performance.now()` has passed `end`. */
export function rehearse<S extends Schema>(parser: Parser<S>, messages: readonly Uint8Array[], end: number): ParserStatistics {
	const { arena } = parser;
	const bytes = messages.reduce((sum, { length }) => sum + length, 0);
	const input = arena.allocate('warm-up messages', bytes);
	const table = arena.allocate('warm-up descriptors', messages.length * DESCRIPTOR.size);
	let at = input.address;
	messages.forEach((message, index) => {
		const descriptor = table.address + index * DESCRIPTOR.size;
		arena.u8().set(message, at);
		arena.view().setUint32(descriptor + DESCRIPTOR.offset, at, true);
		arena.view().setUint32(descriptor + DESCRIPTOR.length, message.length, true);
		at += message.length;
	});
	do parser.parseMany(table.address, messages.length);
	while (performance.now() < end);
	return parser.statistics();
}
