/** Simulated sessions of binary formats: accepted to the last message, coherent, the same for a seed, broken where asked. */
import { describe, expect, it } from 'vitest';
import { binaryFile, lengthPrefixed } from '../../src/framing/length-prefixed.ts';
import { type BinaryProtocol, binary, compile, exchanges, moldUdp64, msgpack, parseFeed, soupBinTcp, type WireFormat, wire } from '../../src/index.ts';
import { binaryPresets } from '../../src/protocols/presets.ts';
import { SchemaError } from '../../src/schema/index.ts';
import { BINARY_FAULTS, type BinaryVenue, binaryVenues, framePackets, type Losses, MESSAGEPACK_FAULTS, PACKET_FORMATS, simulate } from '../../src/simulate/index.ts';
import { messagesOfFormat } from '../../src/simulate/of-format.ts';
import { bytesSource } from '../../src/sources/bytes.ts';
import { createRandom, makeFormat } from '../protocols/binary/random-formats.ts';

const protocolOf = (venue: BinaryVenue) => (binaryPresets.find(({ name }) => name === venue) as (typeof binaryPresets)[number]).protocol() as BinaryProtocol;
const session = (venue: BinaryVenue, more: Partial<Parameters<typeof simulate>[0]> = {}) => [...simulate({ venue, messages: 4000, seed: 3, symbols: 5, ...more })];
const hexOf = (messages: readonly { readonly payload: Uint8Array; readonly received: number }[]): string[] => messages.map(({ payload, received }) => `${received} ${Buffer.from(payload).toString('hex')}`);

describe.each(binaryVenues())('simulated %s', (venue) => {
	const protocol = protocolOf(venue);

	it('is the same for a seed, and another for another', () => {
		expect(hexOf(session(venue))).toEqual(hexOf(session(venue)));
		expect(hexOf(session(venue, { seed: 4 }))).not.toEqual(hexOf(session(venue)));
	});

	it('is accepted by its preset, every message, in order of time', () => {
		const messages = session(venue, { messages: 12_000 });
		expect(messages.length).toBe(12_000);
		const refused: string[] = [];
		const parser = compile(protocol, { onError: ({ category, sequence }) => refused.push(`${category} ${sequence}`) });
		for (const { payload } of messages) parser.parse(payload);
		expect(refused).toEqual([]);
		expect(messages.every(({ received }, index) => index === 0 || received > (messages[index - 1] as (typeof messages)[number]).received)).toBe(true);
	});

	it('has faults where asked, all of which are refused, and nothing else is', () => {
		const messages = session(venue, { faults: 0.2 });
		const refused = new Set<number>();
		const parser = compile(protocol, { onError: ({ sequence }) => refused.add(sequence) });
		for (const { payload } of messages) parser.parse(payload);
		const broken = messages.flatMap(({ fault }, index) => (fault === undefined ? [] : [index]));
		expect(broken.length).toBeGreaterThan(600);
		expect([...refused].sort((a, b) => a - b)).toEqual(broken);
		const kinds = new Set(messages.flatMap(({ fault }) => (fault === undefined ? [] : [fault as string])));
		expect(BINARY_FAULTS.filter((kind) => kinds.has(kind))).toEqual(venue === 'nasdaq-itch-5.0' ? ['cut', 'trailing bytes', 'unknown message', 'wrong code', 'not UTF-8'] : ['cut', 'unknown message', 'forged count']);
	});
});

describe('a day of ITCH', () => {
	interface Order {
		readonly locate: number;
		readonly side: string;
		readonly price: bigint;
		shares: number;
	}

	/** What rows of any table have. */
	interface Row {
		readonly stockLocate: number;
		readonly timestamp: bigint;
		readonly event: string;
		readonly side: string;
		readonly price: bigint;
		readonly shares: number;
		readonly executedShares: number;
		readonly cancelledShares: number;
		readonly orderReference: bigint;
		readonly originalOrderReference: bigint;
		readonly newOrderReference: bigint;
		readonly matchNumber: bigint;
	}

	it('tells of orders that are there, and of books that are never crossed', () => {
		const orders = new Map<bigint, Order>();
		const seen = new Map<string, number>();
		const events: string[] = [];
		const matches = new Set<bigint>();
		const listed = new Set<number>();
		let last = -1n;
		const there = (reference: bigint, locate: number): Order => {
			const order = orders.get(reference);
			if (order === undefined) throw new Error(`no order ${reference}`);
			expect(order.locate).toBe(locate);
			return order;
		};
		const take = (reference: bigint, locate: number, shares: number): void => {
			const order = there(reference, locate);
			order.shares -= shares;
			expect(order.shares).toBeGreaterThanOrEqual(0);
			if (order.shares === 0) orders.delete(reference);
		};
		const best = (locate: number, side: string): bigint | undefined => {
			let found: bigint | undefined;
			for (const order of orders.values()) if (order.locate === locate && order.side === side && (found === undefined || (side === 'buy' ? order.price > found : order.price < found))) found = order.price;
			return found;
		};
		const add = (reference: bigint, order: Order): void => {
			expect(orders.has(reference)).toBe(false);
			const other = best(order.locate, order.side === 'buy' ? 'sell' : 'buy');
			if (other !== undefined) expect(order.side === 'buy' ? order.price < other : order.price > other).toBe(true);
			expect(order.shares).toBeGreaterThan(0);
			orders.set(reference, order);
		};
		const match = (number: bigint): void => {
			expect(matches.has(number)).toBe(false);
			matches.add(number);
		};
		const one = compile(protocolOf('nasdaq-itch-5.0'), {
			onBatch(batch) {
				const row = batch.row(0) as unknown as Row;
				const locate = row.stockLocate;
				seen.set(batch.table, (seen.get(batch.table) ?? 0) + 1);
				expect(row.timestamp >= last).toBe(true);
				last = row.timestamp;
				switch (batch.table) {
					case 'systemEvent':
						events.push(row.event);
						break;
					case 'stockDirectory':
						listed.add(locate);
						break;
					case 'addOrder':
					case 'addOrderAttributed':
						expect(listed.has(locate)).toBe(true);
						add(row.orderReference, { locate, side: row.side, price: row.price, shares: row.shares });
						break;
					case 'orderExecuted':
					case 'orderExecutedWithPrice': {
						const { side, price } = there(row.orderReference, locate);
						// In the order of price.
						expect(price).toBe(best(locate, side));
						take(row.orderReference, locate, row.executedShares);
						match(row.matchNumber);
						break;
					}
					case 'orderCancel':
						take(row.orderReference, locate, row.cancelledShares);
						// What is left; nothing would have been a delete.
						there(row.orderReference, locate);
						break;
					case 'orderDelete':
						there(row.orderReference, locate);
						orders.delete(row.orderReference);
						break;
					case 'orderReplace': {
						const { side } = there(row.originalOrderReference, locate);
						orders.delete(row.originalOrderReference);
						add(row.newOrderReference, { locate, side, price: row.price, shares: row.shares });
						break;
					}
					case 'trade':
					case 'crossTrade':
						match(row.matchNumber);
						break;
					case 'brokenTrade':
						expect(matches.has(row.matchNumber)).toBe(true);
				}
			},
		});
		for (const { payload } of session('nasdaq-itch-5.0', { messages: 20_000, symbols: 6 })) {
			one.parse(payload);
			one.flush();
		}
		expect(events).toEqual(['start of messages', 'start of system hours', 'start of market hours', 'end of market hours', 'end of system hours', 'end of messages']);
		expect(orders.size).toBeGreaterThan(100);
		const all = protocolOf('nasdaq-itch-5.0').schema.variants.map(({ name }) => name);
		expect(all.filter((name) => !seen.has(name))).toEqual(['mwcbStatus']);
		const share = (...names: string[]): number => names.reduce((sum, name) => sum + (seen.get(name) ?? 0), 0) / 20_000;
		// About as on a usual day.
		expect(share('addOrder', 'addOrderAttributed')).toBeGreaterThan(0.35);
		expect(share('orderDelete')).toBeGreaterThan(0.3);
		expect(share('orderExecuted', 'orderExecutedWithPrice')).toBeGreaterThan(0.03);
	});

	it('begins with what fits where there are few messages', () => {
		for (const messages of [1, 7, 60, 200]) expect(session('nasdaq-itch-5.0', { messages }).length).toBe(messages);
	});
});

it('updates of Binance SBE books follow each other without a gap', () => {
	const last = new Map<string, bigint>();
	const parser = compile(protocolOf('binance-spot-sbe'), {
		rows: 64,
		onBatch(batch) {
			if (batch.table !== 'depthDiff') return;
			for (const row of batch.toRows() as { symbol: string; firstBookUpdateId: bigint; lastBookUpdateId: bigint; bids: unknown[]; asks: unknown[] }[]) {
				const before = last.get(row.symbol);
				if (before !== undefined) expect(row.firstBookUpdateId).toBe(before + 1n);
				expect(Number(row.lastBookUpdateId - row.firstBookUpdateId) + 1).toBe(row.bids.length + row.asks.length);
				last.set(row.symbol, row.lastBookUpdateId);
			}
		},
	});
	for (const { payload } of session('binance-spot-sbe')) parser.parse(payload);
	parser.flush();
	expect(last.size).toBe(5);
});

describe('simulated MessagePack', () => {
	it('has the values of the JSON, and faults that are refused', () => {
		for (const venue of ['coinbase', 'binance-spot', 'kraken', 'okx'] as const) {
			const refused = new Set<number>();
			const messages = [...simulate({ venue, messages: 2000, protocol: 'msgpack', faults: 0.1 })];
			const parser = compile(msgpack(exchanges[venue].schema), { onError: ({ sequence }) => refused.add(sequence) });
			for (const { payload } of messages) parser.parse(payload);
			const broken = messages.flatMap(({ fault }, index) => (fault === undefined ? [] : [index]));
			expect([...refused].sort((a, b) => a - b)).toEqual(broken);
			expect(new Set(messages.flatMap(({ fault }) => fault ?? []))).toEqual(new Set(MESSAGEPACK_FAULTS));
		}
	});
});

describe('messages made up of a format', () => {
	const { format, message, uint, int, varint, zigzag, decimal, timestamp, flag, enumeration, symbolData, textData, bytesData, bytes, group, hidden, typeField, bits, bit, bitField, array, text, float32 } = wire;
	const own = format(
		'own',
		{ endian: 'little', header: [typeField(uint(8))] },
		message('a', 1, {
			exponent: hidden(int(8)),
			map: hidden(uint(8)),
			price: decimal(int(64), 'exponent', 6),
			other: decimal(uint(16), -8, 2).nullIs(0),
			tiny: decimal(uint(8), 12, 0),
			at: timestamp(uint(32), 's'),
			late: timestamp(uint(24), 'ms', 'midnight').when('map', 3),
			yes: flag(uint(8), { true: 'Y', false: 'N' }),
			kind: enumeration(uint(16), { a: 7, b: 9 }),
			packed: bits(uint(8), { on: bit(0), level: bitField(1, 4) }),
			more: varint().when('map', 0),
			signed: zigzag(),
			levels: group({ count: uint(8) }, { price: decimal(int(32), 'exponent', 3), inner: group({ count: varint() }, { x: uint(8) }), note: textData(uint(8)).blankIsNull() }),
			numbers: array(3, int(16)),
			ratio: float32(),
			hash: bytes(20),
			raw: bytesData(uint(16)),
			name: symbolData(uint(8)),
			code: text(3),
		}),
		message('b', 2, { x: uint(8) }),
	);

	it.each<readonly [string, WireFormat]>([...binaryVenues().map((name) => [name, protocolOf(name).format] as const), ['of its own', own]])('%s: each message, and none refused', (_, described) => {
		const protocol = binary(described);
		const count = described.messages.length * 40;
		const messages = messagesOfFormat(protocol, count, 5);
		const refused: string[] = [];
		const parser = compile(protocol, { onError: ({ category, offset, sequence }) => refused.push(`${sequence}: ${category} ${offset}`) });
		for (const payload of messages) parser.parse(payload);
		expect(refused).toEqual([]);
		expect(Object.values(parser.statistics().variants)).toEqual(described.messages.map(() => 40));
		expect(messagesOfFormat(protocol, count, 5)).toEqual(messages);
		parser.dispose();
	});

	it('random formats: none refused', () => {
		let used = 0;
		for (let seed = 1; seed <= 150; seed++) {
			const described = makeFormat(createRandom(seed));
			let protocol: ReturnType<typeof binary>;
			try {
				protocol = binary(described);
			} catch (error) {
				if (error instanceof SchemaError) continue;
				throw error;
			}
			used++;
			const refused: string[] = [];
			const parser = compile(protocol, { tier: 'reference', rows: 64, onError: ({ category, offset, sequence }) => refused.push(`${sequence}: ${category} ${offset}`) });
			for (const payload of messagesOfFormat(protocol, 30, seed)) parser.parse(payload);
			expect(refused, `seed ${seed}`).toEqual([]);
			parser.dispose();
		}
		expect(used).toBeGreaterThan(75);
	});
});

describe('packets', () => {
	const protocol = protocolOf('nasdaq-itch-5.0');
	const messages = session('nasdaq-itch-5.0', { messages: 6000 }).map(({ payload }) => payload);
	const framings = { binaryfile: binaryFile(), soupbintcp: soupBinTcp(), moldudp64: moldUdp64() } as const;
	const framingOf = (format: (typeof PACKET_FORMATS)[number]) => (format in framings ? framings[format as keyof typeof framings] : lengthPrefixed({ bytes: format.includes('32') ? 4 : 2, endian: format.endsWith('little') ? 'little' : 'big' }));
	const join = (pieces: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...pieces].map((piece) => Uint8Array.from(piece))));

	it.each(PACKET_FORMATS)('%s: all come through', async (format) => {
		const summary = await parseFeed(protocol, bytesSource(join(framePackets(messages, format))), framingOf(format));
		expect(summary).toMatchObject({ gaps: 0, missing: 0, repeated: 0 });
		expect(summary.statistics).toMatchObject({ messages: 6000, refused: 0 });
	});

	it.each(['moldudp64', 'soupbintcp'] as const)('%s: what is lost is seen', async (format) => {
		for (const seed of [1, 2, 3]) {
			const lost: Losses = { gaps: 0, messages: 0 };
			const bytes = join(framePackets(messages, format, { losses: 0.05, seed }, lost));
			expect(join(framePackets(messages, format, { losses: 0.05, seed }))).toEqual(bytes);
			const summary = await parseFeed(protocol, bytesSource(bytes), framingOf(format));
			expect(lost.gaps).toBeGreaterThan(5);
			expect({ gaps: summary.gaps, missing: summary.missing }).toEqual({ gaps: lost.gaps, missing: lost.messages });
			expect(summary.statistics).toMatchObject({ messages: 6000 - lost.messages, refused: 0 });
		}
	});

	it('are refused where they cannot be written', () => {
		expect(() => [...framePackets(messages, 'binaryfile', { losses: 0.1 })]).toThrow(/nothing in binaryfile shows what is lost; use moldudp64 or soupbintcp/);
		expect(() => [...framePackets([new Uint8Array(65536)], 'length-16-big')]).toThrow(/a message of 65536 bytes is longer than length-16-big can say/);
	});
});
