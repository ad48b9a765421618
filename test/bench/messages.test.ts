import { describe, expect, it } from 'vitest';
import { planWindow } from '../../bench/compare-parsers.ts';
import { goThrough, layInput, PART } from '../../bench/input.ts';
import { createMarket, createPlainColumns, MIXES, messageTypes } from '../../bench/messages/index.ts';
import { bytesName, bytesOf, wholeNumbersOf, wordsOf } from '../../bench/options.ts';
import { createTouch, loadsOf } from '../../bench/touch.ts';
import { compile, createArena, DESCRIPTOR, json } from '../../src/index.ts';

/** Widths of a message's values, in their order. */
const widths = (text: string): string => [...text.matchAll(/:"?([^",}[]*)/g)].map((match) => (match[1] as string).length).join();

describe('messages of the benchmark', () => {
	for (const type of messageTypes) {
		for (const mix of MIXES) {
			it(`${type.name}, ${mix}: are accepted, and fill the plain columns`, () => {
				const market = createMarket(mix, 32);
				const refused: string[] = [];
				const parser = compile(json(type.schema), { tier: 'reference', onError: ({ category, bytes }) => refused.push(`${category} ${Buffer.from(bytes).toString()}`) });
				const target = createPlainColumns(1000, 1000 * 32);
				for (let row = 0; row < 1000; row++) {
					const text = type.make(market);
					parser.parse(text);
					type.columns(JSON.parse(text) as never, row, target);
				}
				expect(refused).toEqual([]);
				expect((target.numbers[0] as Float64Array).every(Number.isFinite)).toBe(true);
				expect(target.ids.size).toBeGreaterThan(16);
				parser.dispose();
			});
		}
	}

	it('repeat their widths per symbol in the realistic mix, and not in the adversarial one', () => {
		const repeated = MIXES.map((mix) => {
			const market = createMarket(mix, 8);
			const last = new Map<string, string>();
			let same = 0;
			const type = messageTypes.find(({ name }) => name === 'bookTicker');
			for (let index = 0; index < 4000; index++) {
				const text = type?.make(market) as string;
				const { s } = JSON.parse(text) as { readonly s: string };
				if (last.get(s) === widths(text)) same++;
				last.set(s, widths(text));
			}
			return same / 4000;
		});
		expect(repeated[0]).toBeGreaterThan(0.5);
		expect(repeated[1]).toBeLessThan(0.05);
	});

	it('are the same each time, and of as many symbols as wanted', () => {
		for (const mix of MIXES) {
			const write = (): string[] => {
				const market = createMarket(mix, 5000);
				return Array.from({ length: 100 }, () => messageTypes[0]?.make(market) as string);
			};
			expect(write()).toEqual(write());
			const market = createMarket(mix, 5000);
			expect(new Set(Array.from({ length: 40_000 }, () => market.instrument().name)).size).toBeGreaterThan(4000);
		}
	});
});

describe('windows of messages', () => {
	const encoded = ['{"a":1}', '{"a":22}', '{"a":333}'].map((text) => new TextEncoder().encode(text));

	it('are laid out tile after tile, with descriptors for whole parts', () => {
		const arena = createArena();
		const input = layInput(arena, encoded, 2);
		expect(input).toMatchObject({ messages: 6, bytes: 48, tiles: 2 });
		expect(input.entries % 6).toBe(0);
		expect(input.entries).toBeGreaterThanOrEqual(PART);
		const view = arena.view();
		const text = (entry: number): string => {
			const at = input.table + entry * DESCRIPTOR.size;
			return Buffer.from(arena.u8().slice(view.getUint32(at, true), view.getUint32(at, true) + view.getUint32(at + 4, true))).toString();
		};
		for (const entry of [0, 1, 2, 3, 4, 5, input.entries - 1]) expect(text(entry)).toBe(Buffer.from(encoded[entry % 3] as Uint8Array).toString());
		expect(view.getUint32(input.table + 3 * DESCRIPTOR.size, true)).toBe(input.address + 24);
	});

	it('are gone through round and round', () => {
		const parts: (readonly number[])[] = [];
		goThrough(500, 1100, (first, count) => parts.push([first, count]));
		expect(parts).toEqual([
			[0, 400],
			[400, 100],
			[0, 400],
			[400, 100],
			[0, 100],
		]);
	});

	it('repeat what is different until they are full', () => {
		expect(planWindow(encoded, 16)).toMatchObject({ tiles: 1, encoded: { length: 2 } });
		expect(planWindow(encoded, 240)).toMatchObject({ tiles: 10, encoded: { length: 3 } });
		expect(planWindow(encoded, 1)).toMatchObject({ tiles: 1, encoded: { length: 1 } });
	});

	it('have a bound that loads every byte once', () => {
		expect(loadsOf(164)).toBe(11);
		expect(loadsOf(160)).toBe(10);
		for (const bytes of [160, 16 * 100, 16 * 300]) {
			const arena = createArena();
			const { address } = arena.allocate('messages', bytes * 3, { guard: 4096 });
			for (let at = 0; at < bytes * 3; at++) arena.u8()[address + at] = (at * 31 + (at >> 8)) & 255;
			const touch = createTouch(arena, { address, bytes: bytes * 3, messages: 3 });
			// The first word of all vectors, combined.
			let expected = 0;
			for (let at = 0; at < bytes * 3; at += 16) expected ^= arena.view().getInt32(address + at, true);
			expect(touch.run(0, 3)).toBe(expected);
		}
	});
});

describe('options', () => {
	it('are sizes and lists', () => {
		for (const text of ['64k', '1m', '32m', '1g', '1000']) expect(bytesName(bytesOf(text))).toBe(text);
		expect(bytesOf('64K')).toBe(65536);
		for (const text of ['', 'k', '1t', '-1', '0', '1.5m']) expect(() => bytesOf(text)).toThrow('is no size');
		expect(wholeNumbersOf('1, 32,5000', 'symbols')).toEqual([1, 32, 5000]);
		expect(() => wholeNumbersOf('1,x', 'symbols')).toThrow('symbols "x"');
		expect(wordsOf('warm,cold', ['warm', 'cold'], 'cache')).toEqual(['warm', 'cold']);
		expect(() => wordsOf('tepid', ['warm', 'cold'], 'cache')).toThrow('there are warm, cold');
	});
});
