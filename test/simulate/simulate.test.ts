import { describe, expect, it } from 'vitest';
import { compile, exchanges, json } from '../../src/index.ts';
import { krakenChecksum, okxChecksum, simulate, type Venue, venues } from '../../src/simulate/index.ts';

const decoder = new TextDecoder();
const session = (venue: Venue, more: Partial<Parameters<typeof simulate>[0]> = {}): { text: string; received: number; fault: string | undefined }[] => [...simulate({ venue, messages: 4000, seed: 3, symbols: 5, ...more })].map(({ payload, received, fault }) => ({ text: decoder.decode(payload), received, fault }));

describe.each(venues())('simulated %s', (venue) => {
	it('is the same for a seed, and another for another', () => {
		expect(session(venue)).toEqual(session(venue));
		expect(session(venue, { seed: 4 })).not.toEqual(session(venue));
	});

	it('is accepted by its preset, every message, in order of time', () => {
		const messages = session(venue);
		expect(messages.length).toBe(4000);
		const refused: string[] = [];
		const parser = compile(json(exchanges[venue].schema), { onError: ({ category, bytes }) => refused.push(`${category}: ${decoder.decode(bytes.slice())}`) });
		for (const { text } of messages) parser.parse(text);
		expect(refused).toEqual([]);
		expect(messages.every(({ received }, index) => index === 0 || received > (messages[index - 1] as (typeof messages)[number]).received)).toBe(true);
		expect(JSON.stringify(messages)).not.toContain('NaN');
	});

	it('has faults where asked, which are refused, and nothing else is', () => {
		const messages = session(venue, { faults: 0.1 });
		const refused = new Set<number>();
		const parser = compile(json(exchanges[venue].schema), { onError: ({ sequence }) => refused.add(sequence) });
		for (const { text } of messages) parser.parse(text);
		const broken = messages.flatMap(({ fault }, index) => (fault === undefined ? [] : [index]));
		expect(broken.length).toBeGreaterThan(200);
		expect([...refused].filter((index) => messages[index]?.fault === undefined)).toEqual([]);
		// A colon more or less may leave a control message that nobody reads closely; hardly any does.
		expect(refused.size / broken.length).toBeGreaterThan(0.95);
	});
});

describe('order books', () => {
	type Level = [string, string];
	const apply = (book: Map<string, string>, levels: readonly (readonly string[])[]): void => {
		for (const [price, size] of levels as readonly Level[]) {
			if (Number(size) === 0) book.delete(price);
			else book.set(price, size);
		}
	};
	const sorted = (book: Map<string, string>, sign: 1 | -1): Level[] => [...book].sort((a, b) => sign * (Number(a[0]) - Number(b[0])));

	it('of Kraken carry the checksum of the book that they build', () => {
		const books = new Map<string, { asks: Map<string, string>; bids: Map<string, string> }>();
		let checked = 0;
		for (const { text } of session('kraken')) {
			const message = JSON.parse(text);
			if (!Array.isArray(message) || message.at(-2) !== 'book-25') continue;
			const name = message.at(-1);
			const parts = Object.assign({}, ...message.slice(1, -2));
			if (parts.as !== undefined) books.set(name, { asks: new Map(), bids: new Map() });
			const book = books.get(name);
			if (book === undefined) throw new Error(`no snapshot of ${name}`);
			apply(book.asks, parts.as ?? parts.a ?? []);
			apply(book.bids, parts.bs ?? parts.b ?? []);
			if (parts.c === undefined) continue;
			expect(Number(parts.c)).toBe(krakenChecksum(sorted(book.asks, 1), sorted(book.bids, -1)));
			checked++;
		}
		expect(checked).toBeGreaterThan(1000);
	});

	it('of OKX likewise, signed', () => {
		const books = new Map<string, { asks: Map<string, string>; bids: Map<string, string> }>();
		let negative = 0;
		for (const { text } of session('okx')) {
			const { arg, action, data } = JSON.parse(text);
			if (arg.channel !== 'books' || data === undefined) continue;
			if (action === 'snapshot') books.set(arg.instId, { asks: new Map(), bids: new Map() });
			const book = books.get(arg.instId);
			if (book === undefined) throw new Error(`no snapshot of ${arg.instId}`);
			apply(book.asks, data[0].asks);
			apply(book.bids, data[0].bids);
			expect(data[0].checksum).toBe(okxChecksum(sorted(book.asks, 1), sorted(book.bids, -1)));
			if (data[0].checksum < 0) negative++;
		}
		expect(negative).toBeGreaterThan(100);
	});

	it('of Binance follow each other without a gap', () => {
		const last = new Map<string, number>();
		for (const { text } of session('binance-futures')) {
			const { data } = JSON.parse(text);
			if (data.e !== 'depthUpdate') continue;
			const before = last.get(data.s);
			if (before !== undefined) {
				expect(data.pu).toBe(before);
				expect(data.U).toBe(before + 1);
			}
			last.set(data.s, data.u);
		}
		expect(last.size).toBe(5);
	});
});
