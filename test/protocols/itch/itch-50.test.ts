/** TotalView-ITCH 5.0: every message type at the specification's offsets, written out by hand. */
import { describe, expect, it } from 'vitest';
import { binary, createEncoder } from '../../../src/protocols/binary/index.ts';
import { midnightOf } from '../../../src/protocols/binary/messages.ts';
import { itch50 } from '../../../src/protocols/itch/index.ts';
import { createRandom, damage, makeRow } from '../binary/random-formats.ts';
import { tiersOfProtocol } from '../binary/tiers.ts';
import { compareTiers, parseAll, parseOne, verdicts } from '../json/harness.ts';

const protocol = binary(itch50());
const tiers = tiersOfProtocol(protocol);

/** Bytes of each message type in the specification's tables. */
const SIZES: Readonly<Record<string, number>> = { S: 12, R: 39, H: 25, Y: 20, L: 26, V: 35, W: 12, K: 28, J: 35, h: 21, A: 36, F: 40, E: 31, C: 36, X: 23, D: 19, U: 35, P: 44, Q: 40, B: 19, I: 50, N: 20, O: 48 };

const hex = (text: string): Uint8Array => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const ascii = (text: string): string => [...text].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');

/** Type, stock locate 7, tracking number 2, 09:30:00.123456789. */
const head = (type: string): string => `${ascii(type)} 0007 0002 1f1a d635 bd15`;
const HEAD = { stockLocate: 7, trackingNumber: 2, timestamp: 34_200_123_456_789n };
const stock = ascii('AAPL    ');

const VECTORS: Readonly<Record<string, readonly [bytes: string, row: Record<string, unknown>]>> = {
	A: [`${head('A')} 00000000075bcd15 ${ascii('B')} 00000064 ${stock} 0012d644`, { ...HEAD, orderReference: 123456789n, side: 'buy', shares: 100, stock: 'AAPL', price: 1234500n }],
	F: [`${head('F')} 00000000075bcd15 ${ascii('S')} 00000064 ${stock} 0012d644 ${ascii('NSDQ')}`, { ...HEAD, orderReference: 123456789n, side: 'sell', shares: 100, stock: 'AAPL', price: 1234500n, attribution: 'NSDQ' }],
	E: [`${head('E')} 00000000075bcd15 00000032 00000000000003e8`, { ...HEAD, orderReference: 123456789n, executedShares: 50, matchNumber: 1000n }],
	C: [`${head('C')} 00000000075bcd15 00000032 00000000000003e8 ${ascii('Y')} 0012d645`, { ...HEAD, orderReference: 123456789n, executedShares: 50, matchNumber: 1000n, printable: true, price: 1234501n }],
	X: [`${head('X')} 00000000075bcd15 0000000a`, { ...HEAD, orderReference: 123456789n, cancelledShares: 10 }],
	D: [`${head('D')} ffffffffffffffff`, { ...HEAD, orderReference: 0xffffffffffffffffn }],
	U: [`${head('U')} 00000000075bcd15 00000000075bcd16 000000c8 0012d644`, { ...HEAD, originalOrderReference: 123456789n, newOrderReference: 123456790n, shares: 200, price: 1234500n }],
	P: [`${head('P')} 0000000000000000 ${ascii('B')} 00000064 ${stock} 0012d644 00000000000003e9`, { ...HEAD, orderReference: 0n, side: 'buy', shares: 100, stock: 'AAPL', price: 1234500n, matchNumber: 1001n }],
	Q: [`${head('Q')} 000000000001e240 ${stock} 0012d644 00000000000003ea ${ascii('O')}`, { ...HEAD, shares: 123456n, stock: 'AAPL', price: 1234500n, matchNumber: 1002n, crossType: 'opening' }],
	B: [`${head('B')} 00000000000003ea`, { ...HEAD, matchNumber: 1002n }],
	I: [
		`${head('I')} 0000000000000064 0000000000000032 ${ascii('B')} ${stock} 0012d644 0012d645 0012d646 ${ascii('C')} ${ascii(' ')}`,
		{ ...HEAD, pairedShares: 100n, imbalanceShares: 50n, imbalanceDirection: 'buy', stock: 'AAPL', farPrice: 1234500n, nearPrice: 1234501n, currentReferencePrice: 1234502n, crossType: 'closing', priceVariation: null },
	],
	N: [`${head('N')} ${stock} ${ascii('A')}`, { ...HEAD, stock: 'AAPL', interest: 'both' }],
	O: [
		`${head('O')} ${stock} ${ascii('Y')} 00000001 00000002 00000003 00001f1ad635bd15 00000004 00000005`,
		{ ...HEAD, stock: 'AAPL', openEligible: true, minimumAllowablePrice: 1n, maximumAllowablePrice: 2n, nearExecutionPrice: 3n, nearExecutionTime: HEAD.timestamp, lowerPriceRangeCollar: 4n, upperPriceRangeCollar: 5n },
	],
	S: [`${head('S')} ${ascii('Q')}`, { ...HEAD, event: 'start of market hours' }],
	R: [
		`${head('R')} ${stock} ${ascii('QN')} 00000064 ${ascii('NCZ PN 1N')} 00000003 ${ascii('N')}`,
		{
			...HEAD,
			stock: 'AAPL',
			marketCategory: 'global select market',
			financialStatus: 'normal',
			roundLotSize: 100,
			roundLotsOnly: false,
			issueClassification: 'common stock',
			issueSubType: 'Z',
			authenticity: 'production',
			shortSaleThreshold: false,
			ipo: null,
			luldReferencePriceTier: 'tier 1',
			etp: false,
			etpLeverageFactor: 3,
			inverse: false,
		},
	],
	H: [`${head('H')} ${stock} ${ascii('H')} 20 ${ascii('T12 ')}`, { ...HEAD, stock: 'AAPL', tradingState: 'halted', reason: 'T12' }],
	Y: [`${head('Y')} ${stock} ${ascii('1')}`, { ...HEAD, stock: 'AAPL', action: 'restriction in effect' }],
	L: [`${head('L')} ${ascii('GSCO')} ${stock} ${ascii('YNA')}`, { ...HEAD, mpid: 'GSCO', stock: 'AAPL', primaryMarketMaker: true, marketMakerMode: 'normal', state: 'active' }],
	V: [`${head('V')} 0000000005f5e100 0000000005f5e101 7fffffffffffffff`, { ...HEAD, level1: 100000000n, level2: 100000001n, level3: 2n ** 63n - 1n }],
	W: [`${head('W')} ${ascii('2')}`, { ...HEAD, breachedLevel: 'level 2' }],
	K: [`${head('K')} ${stock} 00008598 ${ascii('A')} 0012d644`, { ...HEAD, stock: 'AAPL', quotationReleaseTime: 34_200_000_000_000n, quotationReleaseQualifier: 'anticipated', price: 1234500n }],
	J: [`${head('J')} ${stock} 0012d644 0012d645 0012d643 00000001`, { ...HEAD, stock: 'AAPL', referencePrice: 1234500n, upperPrice: 1234501n, lowerPrice: 1234499n, extension: 1 }],
	h: [`${head('h')} ${stock} ${ascii('Q')} ${ascii('T')}`, { ...HEAD, stock: 'AAPL', marketCode: 'nasdaq', action: 'resumed' }],
};

const nameOf = (type: string): string => protocol.format.messages.find((message) => message.literal === type)?.name ?? '';

it('has every message type, with a vector each', () => {
	expect(protocol.format.messages.map(({ literal }) => literal).sort()).toEqual(Object.keys(SIZES).sort());
	expect(Object.keys(VECTORS).sort()).toEqual(Object.keys(SIZES).sort());
});

describe.each(tiers)('the $name tier', ({ create }) => {
	it('reads every type', () => {
		const { rows, refused } = parseAll(
			create,
			protocol.schema,
			Object.values(VECTORS).map(([bytes]) => hex(bytes)),
		);
		expect(refused).toEqual([]);
		for (const [type, [bytes, row]] of Object.entries(VECTORS)) {
			expect(hex(bytes), type).toHaveLength(SIZES[type] as number);
			expect(rows[nameOf(type)], type).toEqual([row]);
		}
	});

	it('refuses every type when it is too short or too long', () => {
		const messages: Uint8Array[] = [];
		const expected: unknown[] = [];
		for (const [text] of Object.values(VECTORS)) {
			const bytes = hex(text);
			for (let length = 1; length < bytes.length; length++) {
				messages.push(bytes.subarray(0, length));
				expected.push({ category: 'truncated', offset: length });
			}
			messages.push(Uint8Array.from([...bytes, 0]));
			expected.push({ category: 'trailing', offset: bytes.length });
		}
		expect(verdicts(create, protocol.schema, messages)).toEqual(expected);
	});

	it('refuses what it does not know, keeps codes that are new', () => {
		expect(parseOne(create, protocol.schema, hex('7a'))).toEqual({ category: 'unknown-message', offset: 0 });
		expect(parseOne(create, protocol.schema, new Uint8Array())).toEqual({ category: 'truncated', offset: 0 });
		const add = hex((VECTORS.A as (typeof VECTORS)[string])[0]);
		add[19] = 0x54;
		expect(parseOne(create, protocol.schema, add)).toEqual({ category: 'enumeration', offset: 19 });
		const event = hex((VECTORS.S as (typeof VECTORS)[string])[0]);
		event[11] = 0x54;
		expect(parseOne(create, protocol.schema, event)).toEqual({ ...HEAD, event: 'T' });
		event[11] = 0x80;
		expect(parseOne(create, protocol.schema, event)).toEqual({ category: 'utf8', offset: 11 });
		const name = hex((VECTORS.N as (typeof VECTORS)[string])[0]);
		name[13] = 0xff;
		expect(parseOne(create, protocol.schema, name)).toEqual({ category: 'utf8', offset: 13 });
	});
});

it('writes what it reads', () => {
	const encoder = createEncoder(protocol);
	for (const [type, [bytes, row]] of Object.entries(VECTORS)) {
		const expected = hex(bytes);
		// What is reserved is written as zero.
		if (type === 'H') expected[20] = 0;
		expect(encoder.encode(nameOf(type) as 'addOrder', row as never), type).toEqual(expected);
	}
});

it('counts times from midnight in New York, in winter and in summer', () => {
	expect(midnightOf('2019-12-30', 'America/New_York')).toBe(BigInt(Date.UTC(2019, 11, 30, 5)) * 1_000_000n);
	expect(midnightOf('2019-07-01', 'America/New_York')).toBe(BigInt(Date.UTC(2019, 6, 1, 4)) * 1_000_000n);
	expect(() => midnightOf('30.12.2019')).toThrow('write it as 2019-12-30');
	const dated = binary(itch50({ date: '2019-12-30' }));
	for (const { create } of tiersOfProtocol(dated)) {
		expect(parseOne(create, dated.schema, hex((VECTORS.D as (typeof VECTORS)[string])[0]))).toMatchObject({ timestamp: BigInt(Date.UTC(2019, 11, 30, 14, 30)) * 1_000_000n + 123_456_789n });
	}
});

it('agrees over tiers on random and damaged messages', () => {
	const random = createRandom(7);
	const encoder = createEncoder(protocol);
	const messages = Array.from({ length: 1000 }, () => {
		const { name, nodes } = random.pick(protocol.format.messages);
		return encoder.encode(name as 'addOrder', makeRow(random, nodes, 1).row as never);
	});
	expect(parseAll(tiers[0].create, protocol.schema, messages).refused).toEqual([]);
	expect(compareTiers(tiers, protocol.schema, messages, { rows: 64 })).toBeNull();
	const damaged = messages.map((message) => (random.chance(0.5) ? damage(random, message) : message));
	// After each call everything is compared, so short calls are for few messages.
	for (const [batch, count] of [
		[1, 40],
		[7, 200],
		[500, 1000],
	] as const) {
		expect(compareTiers(tiers, protocol.schema, damaged.slice(0, count), { rows: 64, batch, tight: true })).toBeNull();
	}
});

it('agrees over tiers where all names are known, so that messages are sorted by type', () => {
	const random = createRandom(11);
	const encoder = createEncoder(protocol);
	const some = Array.from({ length: 400 }, () => {
		const { name, nodes } = random.pick(protocol.format.messages.slice(0, 9));
		return encoder.encode(name as 'addOrder', { ...makeRow(random, nodes, 1).row, stock: random.pick(['A', 'AAPL', 'ÄÖ', 'ZVZZT', 'TOOLONG8']), attribution: random.pick(['NSDQ', '']) } as never);
	});
	const known = Array.from({ length: 2000 }, () => random.pick(some));
	for (const received of [false, true]) {
		for (const batch of received ? [2000] : [200, 2000]) {
			let accepted = 0;
			const difference = compareTiers(tiers, protocol.schema, known, {
				batch,
				received,
				count: (count) => {
					accepted = count;
				},
			});
			expect(difference).toBeNull();
			expect(accepted).toBe(known.length);
		}
	}
	const seldom = known.map((message) => (random.chance(0.003) ? damage(random, message) : message));
	for (const rows of [64, 4096]) expect(compareTiers(tiers, protocol.schema, seldom, { rows, batch: 500, errorLimit: 4 })).toBeNull();
});
