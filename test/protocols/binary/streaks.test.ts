/** Many messages of one type in a row, and among them what ends such a streak: other versions, lengths, names, full batches. */
import { describe, expect, it } from 'vitest';
import { binary, createEncoder, wire } from '../../../src/protocols/binary/index.ts';
import { compareTiers, parseAll } from '../json/harness.ts';
import { createRandom, damage } from './random-formats.ts';
import { tiersOf, tiersOfProtocol } from './tiers.ts';

const { blockLengthField, decimal, flag, format, group, hidden, int, message, symbol, symbolData, timestamp, typeField, uint, versionField } = wire;

const VERSION = 3;
const FORMAT = format(
	'streaks',
	{ endian: 'little', version: VERSION, header: [blockLengthField(uint(16)), typeField(uint(16)), versionField(uint(16))] },
	message('trades', 7, {
		time: timestamp(uint(64), 'us'),
		exponent: hidden(int(8)),
		venue: symbol(4).since(2),
		trades: group({ blockLength: uint(16), count: uint(8) }, { id: uint(64), price: decimal(int(64), 'exponent', 6), isMaker: flag(uint(8)), level: uint(16).since(3) }),
		name: symbolData(uint(8)),
	}),
	message('quote', 8, { time: timestamp(uint(64), 'us'), price: decimal(int(64), -4) }),
);
const protocol = binary(FORMAT);
const encoder = createEncoder(protocol);

function makeTrades(random: ReturnType<typeof createRandom>, name: string, version = VERSION): Uint8Array {
	const trade = () => ({ id: random.bits(64), price: random.bits(20) * 1_000n, isMaker: random.chance(0.5), level: version >= 3 ? random.below(65536) : null });
	const row = { time: random.bits(40) * 1000n, exponent: -3, venue: version >= 2 ? `V${random.below(5)}` : null, trades: Array.from({ length: random.pick([1, 1, 1, 2, 0, 5]) }, trade), name };
	return encoder.encode('trades', row as never, { version, extraBlockBytes: version > VERSION ? 6 : 0 });
}

describe('streaks', () => {
	it('end at whatever is not as usual, and lose nothing of it', () => {
		for (let seed = 1; seed <= 30; seed++) {
			const random = createRandom(seed);
			const names = Array.from({ length: 40 }, (_, index) => `${'BTC'.repeat(1 + (index % 6))}${index}`);
			const messages = Array.from({ length: 400 }, () => {
				const usual = makeTrades(random, random.pick(names));
				switch (random.below(24)) {
					case 0:
						return makeTrades(random, random.pick(names), random.pick([0, 1, 2, VERSION + 1]));
					case 1:
						return damage(random, usual);
					case 2:
						return usual.subarray(0, random.below(usual.length));
					case 3:
						// An exponent that the table of powers has not.
						usual[14] = random.pick([0x80, 0xf0, 0x7f, 20]);
						return usual;
					case 4:
						return new Uint8Array([...usual, 0]);
					case 5:
						return encoder.encode('quote', { time: random.bits(40) * 1000n, price: random.bits(30) } as never);
					case 6:
						return makeTrades(random, `NEW${random.below(1e6)}`);
					default:
						return usual;
				}
			});
			for (const rows of [64, 512]) expect(compareTiers(tiersOf(FORMAT), protocol.schema, messages, { rows, items: rows * 2, errorLimit: 8, received: seed % 2 === 0 }), `seed ${seed}`).toBeNull();
		}
	});

	it('find names of all lengths, those that share a place too, and again', () => {
		const random = createRandom(99);
		const names = ['', '\0', '\0\0', 'A', 'A\0', ...Array.from({ length: 400 }, (_, index) => 'N'.repeat(index % 19) + index)].filter((name) => new TextEncoder().encode(name).length <= 255);
		const trades = names.map((name) => makeTrades(random, name));
		const messages = [...trades, ...Array.from({ length: 800 }, () => random.pick(trades))];
		const [reference, generated] = tiersOfProtocol(protocol);
		const expected = parseAll(reference.create, protocol.schema, messages, { rows: 4096, items: 8192 });
		expect(expected.refused).toEqual([]);
		expect((expected.rows.trades as { name: string }[]).slice(0, names.length).map(({ name }) => name)).toEqual(names);
		expect(compareTiers([reference, generated], protocol.schema, messages, { rows: 64, items: 128 })).toBeNull();
	});
});
