/** OKX v5: books with sequence numbers and the checksum of the 25 best levels, trades, best quotes, tickers. */
import { crc32 } from 'node:zlib';
import type { LevelText } from './book.ts';
import type { Market } from './market.ts';
import { type Digits, digitsOf, type Session, type SessionParts, timers, writeChanges, writeLevels } from './session.ts';
import { ascii, type TextWriter } from './text-writer.ts';

const SUMMED = 25;
const COLON = 0x3a;

/** `price:size:` */
export const okxLevelText =
	({ priceDigits, sizeDigits }: { readonly priceDigits: number; readonly sizeDigits: number }): LevelText =>
	(bytes, start, tick, size) => {
		const at = decimalDigits(bytes, start, tick, priceDigits);
		bytes[at] = COLON;
		const end = decimalDigits(bytes, at + 1, size, sizeDigits);
		bytes[end] = COLON;
		return end + 1;
	};

function decimalDigits(bytes: Uint8Array, start: number, value: number, digits: number): number {
	let count = digits + 1;
	for (let power = 10 ** (digits + 1); power <= value; power *= 10) count++;
	const end = start + count + (digits > 0 ? 1 : 0);
	let rest = value;
	let written = 0;
	for (let at = end - 1; at >= start; at--) {
		if (digits > 0 && written === digits) {
			bytes[at] = 46;
			written = -1000;
			continue;
		}
		const next = Math.floor(rest / 10);
		bytes[at] = 48 + (rest - next * 10);
		rest = next;
		written++;
	}
	return end;
}

interface Instrument {
	readonly market: Market;
	readonly digits: Digits;
	readonly name: Uint8Array;
	readonly books: Uint8Array;
	readonly trades: Uint8Array;
	readonly tickers: Uint8Array;
	readonly best: Uint8Array;
	sequence: number;
	trade: number;
}

export function okx({ markets, random }: SessionParts): Session {
	const names = markets.map((market) => `${market.base}-${market.quote}`);
	const instruments = markets.map((market, index): Instrument => {
		const head = (channel: string): Uint8Array => ascii(`{"arg":{"channel":"${channel}","instId":"${names[index]}"},`);
		return {
			market,
			digits: digitsOf(market, 0, 0),
			name: ascii(names[index] as string),
			books: head('books'),
			trades: head('trades'),
			tickers: head('tickers'),
			best: head('bbo-tbt'),
			sequence: 1_000_000_000 + random.below(1_000_000_000),
			trade: 300_000_000 + random.below(1_000_000),
		};
	});
	const tickerDue = timers(markets.length, 500_000);
	// The venue sends best quotes every 10 ms at most.
	const bestDue = timers(markets.length, 10_000);
	const summed = new Uint8Array(SUMMED * 2 * 40);
	const checksum = ({ bids, asks }: Market): number => {
		let at = 0;
		for (let level = 0; level < SUMMED; level++) at = asks.copyText(level, summed, bids.copyText(level, summed, at));
		// Without the last colon.
		return crc32(summed.subarray(0, at - 1)) | 0;
	};
	const signed = (out: TextWriter, value: number): TextWriter => (value < 0 ? out.byte(0x2d).integer(-value) : out.integer(value));
	const level = (out: TextWriter, digits: Digits, tick: number, size: number): void => {
		digits.price(out.text('["'), tick).text('","');
		// Nothing is "0", not "0.000".
		if (size === 0) out.text('0","0","0"]');
		else
			digits
				.size(out, size)
				.text('","0","')
				.integer(1 + (size % 7))
				.text('"]');
	};
	const rest = (out: TextWriter, { market, sequence }: Instrument, previous: number, now: number): void => {
		signed(out.text(',"ts":"').integer(now).text('","checksum":'), checksum(market)).text(',"seqId":').integer(sequence);
		signed(out.text(',"prevSeqId":'), previous).text('}]}').end();
	};
	const trade = (out: TextWriter, { market, digits, name, trades: head, trade: id, sequence }: Instrument, fill: number, now: number): void => {
		const { trades } = market;
		out.begin();
		out.raw(head).text('"data":[{"instId":"').raw(name).text('","tradeId":"').integer(id);
		digits.price(out.text('","px":"'), trades.tick[fill] as number);
		digits
			.size(out.text('","sz":"'), trades.size[fill] as number)
			.text(trades.taker === 'bid' ? '","side":"buy","ts":"' : '","side":"sell","ts":"')
			.integer(now)
			.text('","count":"1","seqId":')
			.integer(sequence)
			.text('}]}')
			.end();
	};
	const best = (out: TextWriter, { market, digits, best: head, sequence }: Instrument, now: number): void => {
		const { bids, asks } = market;
		out.begin();
		level(out.raw(head).text('"data":[{"asks":['), digits, asks.best, asks.sizes[0] as number);
		level(out.text('],"bids":['), digits, bids.best, bids.sizes[0] as number);
		out.text('],"ts":"').integer(now).text('","seqId":').integer(sequence).text('}]}').end();
	};
	const ticker = (out: TextWriter, { market, digits, name, tickers }: Instrument, now: number): void => {
		const { day, bids, asks } = market;
		out.begin();
		digits.price(out.raw(tickers).text('"data":[{"instType":"SPOT","instId":"').raw(name).text('","last":"'), day.last);
		digits.size(out.text('","lastSz":"'), day.lastSize);
		digits.price(out.text('","askPx":"'), asks.best);
		digits.size(out.text('","askSz":"'), asks.sizes[0] as number);
		digits.price(out.text('","bidPx":"'), bids.best);
		digits.size(out.text('","bidSz":"'), bids.sizes[0] as number);
		digits.price(out.text('","open24h":"'), day.open);
		digits.price(out.text('","high24h":"'), day.high);
		digits.price(out.text('","low24h":"'), day.low);
		digits.price(out.text('","sodUtc0":"'), day.open);
		digits.price(out.text('","sodUtc8":"'), day.open);
		out.text('","volCcy24h":"').decimal(Math.round(day.quoteVolume * 100), 2);
		digits.size(out.text('","vol24h":"'), day.volume).text('","ts":"').integer(now).text('"}]}').end();
	};
	return {
		opening(out, time) {
			const now = Math.floor(time / 1000);
			for (const name of names) {
				for (const channel of ['books', 'trades', 'bbo-tbt', 'tickers']) {
					out.begin();
					out.text(`{"event":"subscribe","arg":{"channel":"${channel}","instId":"${name}"}}`).end();
				}
			}
			for (const own of instruments) {
				const { market, digits, books } = own;
				out.begin();
				writeLevels(out.raw(books).text('"action":"snapshot","data":[{"asks":'), market.asks, (tick, size) => level(out, digits, tick, size));
				writeLevels(out.text(',"bids":'), market.bids, (tick, size) => level(out, digits, tick, size));
				rest(out, own, -1, now);
			}
		},
		event(out, index, time) {
			const own = instruments[index] as Instrument;
			const { market, digits, books } = own;
			const { trades, changes } = market;
			const now = Math.floor(time / 1000);
			const previous = own.sequence;
			own.sequence += changes.count;
			for (let fill = 0; fill < trades.count; fill++) {
				own.trade++;
				trade(out, own, fill, now);
			}
			const change = (at: number): void => level(out, digits, changes.tick[at] as number, changes.size[at] as number);
			out.begin();
			writeChanges(out.raw(books).text('"action":"update","data":[{"asks":'), changes, 1, change);
			writeChanges(out.text(',"bids":'), changes, 0, change);
			rest(out, own, previous, now);
			if (market.bestChanged && bestDue(index, time)) best(out, own, now);
			if (tickerDue(index, time)) ticker(out, own, now);
		},
	};
}
