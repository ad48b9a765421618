/** Every message of the recorded sessions through the reference parser: none refused, each in the table that it belongs to. */
import { describe, expect, test } from 'vitest';
import { type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { referenceParser } from '../../src/protocols/json/reference/parser.ts';
import { parseAll } from '../protocols/json/harness.ts';
import { readCapture } from './captures.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever the venue sent
type Message = any;

/** What a message is, told by hand from its content. */
const kinds: Partial<Record<ExchangeName, (message: Message) => string>> = {
	'binance-spot': ({ data }) => data.e ?? 'bookTicker',
	'binance-futures': ({ data }) => data.e,
	coinbase: ({ type }) => (type === 'last_match' ? 'lastMatch' : type),
	kraken: (message) => {
		if (!Array.isArray(message)) return message.event;
		if (message.length === 5) return 'bookUpdateBoth';
		return 'as' in message[1] ? 'bookSnapshot' : 'bookUpdate';
	},
	okx: ({ event, arg }) => (event === undefined ? (arg.channel === 'books' ? 'book' : arg.channel) : 'event'),
	bitmex: ({ table, info }) => table ?? (info === undefined ? 'subscribed' : 'welcome'),
	bybit: ({ topic, type }) => {
		if (topic === undefined) return 'response';
		return topic.startsWith('trade.') ? 'trade' : type === 'snapshot' ? 'bookSnapshot' : 'bookDelta';
	},
	bitfinex: (message) => {
		if (!Array.isArray(message)) return { info: 'info', conf: 'configured', subscribed: 'subscribed' }[message.event as string] as string;
		const [, content] = message;
		if (content === 'hb') return 'heartbeat';
		if (!Array.isArray(content[0])) return content.length === 3 ? 'book' : 'ticker';
		return content[0].length === 3 ? 'bookSnapshot' : 'tradeSnapshot';
	},
	deribit: ({ params }) => params?.channel.split('.')[0] ?? 'response',
	'dydx-v3': ({ type, channel }) => {
		if (type === 'connected') return type;
		if (channel === 'v3_orderbook') return type === 'subscribed' ? 'bookSnapshot' : 'book';
		return type === 'subscribed' ? 'tradeSnapshot' : 'trades';
	},
	bitstamp: ({ event }) => ({ data: 'bookDiff', trade: 'trade', 'bts:subscription_succeeded': 'subscribed' })[event as string] as string,
	gemini: ({ type, trades }) => (type === 'l2_updates' ? (trades === undefined ? 'l2Update' : 'l2Snapshot') : type),
	huobi: ({ ch, ping }) => (ping === undefined ? (ch === undefined ? 'subscribed' : ch.endsWith('.trade.detail') ? 'trade' : 'depth') : 'ping'),
};

describe('recorded sessions', () => {
	for (const [name, kindOf] of Object.entries(kinds) as [ExchangeName, (message: Message) => string][]) {
		const messages = readCapture(name);
		test.skipIf(messages === null)(`${name}${messages === null ? ' (no recording here)' : ''}`, { timeout: 120_000 }, () => {
			const { schema } = exchanges[name];
			const expected: Record<string, number> = {};
			for (const message of messages ?? []) {
				const kind = kindOf(JSON.parse(message));
				expected[kind] = (expected[kind] ?? 0) + 1;
			}
			const { refused, messages: counts, rows } = parseAll(referenceParser, schema, messages ?? [], { rows: 256, items: 32768 });
			const found = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
			console.log(
				`${name}: ${Object.entries(found)
					.map(([variant, count]) => `${variant} ${count}`)
					.join(', ')}`,
			);
			expect(refused.map(({ category, offset, sequence, variant }) => ({ category, offset, variant: schema.variants[variant]?.name, message: messages?.[sequence]?.slice(Math.max(0, offset - 60), offset + 60) })).slice(0, 5)).toEqual([]);
			expect(found).toEqual(expected);
			for (const variant of schema.variants) if (variant.role === 'table') expect(rows[variant.name]?.length).toBe(counts[variant.name]);
		});
	}
});
