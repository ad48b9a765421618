/** The fuzzer finds what is planted: mistakes behind branches, reads and writes where none may be, too much work. */
import { describe, expect, it } from 'vitest';
import { type Coverage, countersOf, noCoverage, sourceCoverage } from '../../fuzz/coverage.ts';
import { type Failure, fuzz, kindOf, minimise } from '../../fuzz/engine.ts';
import { fromFile, type Input, sizeOf, toFile } from '../../fuzz/input.ts';
import { createMutator } from '../../fuzz/mutate.ts';
import type { OpenTarget } from '../../fuzz/target.ts';
import { openParsers } from '../../fuzz/targets/parsers.ts';
import { CONTEXT, DESCRIPTOR, ERROR_CATEGORIES, ERROR_RECORD, type ParseFunction } from '../../src/compiler/parser-abi.ts';
import { json } from '../../src/protocols/json/index.ts';
import { decimal, message, oneOf, symbol } from '../../src/schema/index.ts';
import { createRandom } from '../../src/simulate/random.ts';
import { BRANCH_COUNTERS } from '../../src/wasm/branches.ts';
import { framedModule, isFramed, isFramedInTypeScript } from './planted.ts';

const encoder = new TextEncoder();

/** A target that compares a double with what it should say. */
function against(double: (bytes: Uint8Array) => boolean, coverage: Coverage): OpenTarget {
	return { seeds: [[new Uint8Array(12)], [encoder.encode('T1234567')]], words: [], longest: 64, coverage, run: ([bytes = new Uint8Array(0)]) => (double(bytes) === isFramed(bytes) ? null : 'the double says something else') };
}

function wasmDouble(): OpenTarget {
	const memory = new WebAssembly.Memory({ initial: 1 });
	const module = framedModule();
	const { exports } = new WebAssembly.Instance(module, { env: { memory } });
	(exports[BRANCH_COUNTERS] as WebAssembly.Global).value = 1024;
	const check = exports['check'] as (p: number, length: number) => number;
	return against(
		(bytes) => {
			new Uint8Array(memory.buffer).set(bytes, 4096);
			return check(4096, bytes.length) === 1;
		},
		countersOf(module, memory, 1024),
	);
}

describe('a mistake behind five branches is found by following them, and not by chance', () => {
	// About three times what is needed; chance gets as much, in vain.
	const ENOUGH = 60_000;

	it('in WebAssembly, by its branch counters', async () => {
		for (const seed of [1, 2]) {
			const guided = await fuzz(wasmDouble(), { parts: 'one', seed, runs: ENOUGH });
			expect(guided.failures).toHaveLength(1);
			const [{ input }] = guided.failures as readonly [Failure];
			expect([...(input[0] as Uint8Array).subarray(0, 4)]).toEqual([0x54, 0x9a, 0xe7, 1]);
			expect(input[0]).toHaveLength(8);
		}
		expect((await fuzz(wasmDouble(), { parts: 'one', seed: 1, runs: ENOUGH, guided: false })).failures).toEqual([]);
	});

	it("in TypeScript, by V8's coverage", async () => {
		const guided = await fuzz(against(isFramedInTypeScript, sourceCoverage('/test/fuzz/planted')), { parts: 'one', seed: 1, runs: ENOUGH });
		expect(guided.failures).toHaveLength(1);
		expect((await fuzz(against(isFramedInTypeScript, noCoverage), { parts: 'one', seed: 1, runs: ENOUGH, guided: false })).failures).toEqual([]);
	});
});

const protocol = json(oneOf('quotes', { version: 1 }, message('quote', { symbol: symbol().key('s'), price: decimal(2).key('p') })));
const QUOTE = encoder.encode('{"s":"BTCUSDT","p":"1.5"}');

/** The parsers of a small feed, the first generated one replaced. */
const withMistake = (instead: (parse: ParseFunction, memory: WebAssembly.Memory) => ParseFunction): OpenTarget => openParsers({ protocol, seeds: [[QUOTE], [QUOTE, encoder.encode('{"s":"ETHUSDT","p":"2.25"}')]], words: ['"', '\\', '\\u0000', ',', '1'].map((word) => encoder.encode(word)), instead });

/** Only where the message is the one that all see first: before, seeds have to pass. */
const isTwo = (memory: WebAssembly.Memory, descriptors: number): boolean => new DataView(memory.buffer).getUint8(new DataView(memory.buffer).getUint32(descriptors + DESCRIPTOR.offset, true)) !== 0x7b;

describe("a parser's mistakes are told", () => {
	const found = async (instead: (parse: ParseFunction, memory: WebAssembly.Memory) => ParseFunction): Promise<string> => (await fuzz(withMistake(instead), { parts: 'many', seed: 3, runs: 1500 })).failures[0]?.what ?? 'nothing';

	it('none where there is none', async () => {
		expect(await found((parse) => parse)).toBe('nothing');
	});
	it('a wrong offset of one category, in a branch that no seed reaches', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			const consumed = parse(descriptors, count, context);
			const view = new DataView(memory.buffer);
			const errors = view.getUint32(context + CONTEXT.errors, true);
			for (let index = 0; index < view.getUint32(context + CONTEXT.errorCount, true); index++) {
				const at = errors + index * ERROR_RECORD.size;
				if (view.getUint32(at, true) === ERROR_CATEGORIES['duplicate-key']) view.setUint32(at + ERROR_RECORD.offset, view.getUint32(at + ERROR_RECORD.offset, true) + 1, true);
			}
			return consumed;
		});
		expect(wrong).toMatch(/^error record \d: reference duplicate-key at \d+ .*, generated, counting duplicate-key at \d+ /);
	});
	it('what lies behind a message matters', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			const view = new DataView(memory.buffer);
			const [offset, length] = [view.getUint32(descriptors, true), view.getUint32(descriptors + DESCRIPTOR.length, true)];
			// Reads a digit more where one follows.
			const next = view.getUint8(offset + length);
			if (next >= 0x30 && next <= 0x39) view.setUint32(descriptors + DESCRIPTOR.length, length + 1, true);
			const consumed = parse(descriptors, count, context);
			view.setUint32(descriptors + DESCRIPTOR.length, length, true);
			return consumed;
		});
		expect(wrong).toMatch(/generated, counting/);
	});
	it('a message is written to', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			if (isTwo(memory, descriptors)) new DataView(memory.buffer).setUint8(new DataView(memory.buffer).getUint32(descriptors, true), 0x7b);
			return parse(descriptors, count, context);
		});
		expect(wrong).toMatch(/generated, counting/);
	});
	it('memory is written that is none of the parser’s', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			if (isTwo(memory, descriptors)) new DataView(memory.buffer).setUint8(8, 1);
			return parse(descriptors, count, context);
		});
		expect(wrong).toMatch(/^generated, counting: byte 8 of the memory was written/);
	});
	it('the memory grows', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			if (isTwo(memory, descriptors)) memory.grow(1);
			return parse(descriptors, count, context);
		});
		expect(wrong).toMatch(/^generated, counting: the memory has grown/);
	});
	it('too much work', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			const consumed = parse(descriptors, count, context);
			// Again and again, as a loop over a forged count would.
			if (isTwo(memory, descriptors)) {
				const before = new Uint8Array(memory.buffer, context, CONTEXT.variants + CONTEXT.variantSize).slice();
				for (let turn = 0; turn < 2000; turn++) {
					parse(descriptors, count, context);
					new Uint8Array(memory.buffer).set(before, context);
				}
			}
			return consumed;
		});
		expect(wrong).toMatch(/^generated, counting: took \d+ steps, more than/);
	});
	it('an exception', async () => {
		const wrong = await found((parse, memory) => (descriptors, count, context) => {
			if (isTwo(memory, descriptors)) throw new RangeError('planted');
			return parse(descriptors, count, context);
		});
		expect(wrong).toMatch(/^Error: generated, counting: planted/);
	});
});

describe('the engine', () => {
	it('does the same for the same seed', async () => {
		const inputsOf = async (seed: number): Promise<string[]> => {
			const seen: string[] = [];
			await fuzz(wasmDouble(), { parts: 'one', seed, runs: 3000, before: (input) => seen.push(Buffer.from(toFile(input, 'one')).toString('hex')) });
			return seen;
		};
		const once = await inputsOf(5);
		expect(await inputsOf(5)).toEqual(once);
		expect(await inputsOf(6)).not.toEqual(once);
	});
	it('tells each kind of failure once, where it goes on', async () => {
		const target: OpenTarget = { seeds: [[new Uint8Array(4)]], words: [], longest: 16, coverage: noCoverage, run: ([bytes = new Uint8Array(0)]) => ((bytes[0] ?? 0) === 0 ? null : `byte ${bytes[0]} is not 0\n${bytes.length} bytes`) };
		const { failures, runs } = await fuzz(target, { parts: 'one', seed: 1, runs: 2000, keepGoing: true });
		expect(failures.map(({ kind }) => kind)).toEqual(['byte # is not #']);
		expect(runs).toBeGreaterThanOrEqual(2000);
		expect((await fuzz(target, { parts: 'one', seed: 1, runs: 2000 })).runs).toBeLessThan(1000);
	});
	it('makes inputs small', async () => {
		const big: Input = [encoder.encode('nothing'), encoder.encode(`${'x'.repeat(300)}needle${'y'.repeat(300)}`), encoder.encode('more')];
		const small = await minimise(big, async (input) => input.some((part) => Buffer.from(part).includes('needle')));
		expect(small.map((part) => Buffer.from(part).toString())).toEqual(['needle']);
		expect(kindOf('at byte 17: 3 of -4\nsecond line 9')).toBe('at byte #: # of #');
	});
	it('keeps inputs as files, and reads any file as an input', () => {
		const input: Input = [encoder.encode('one'), new Uint8Array(0), encoder.encode('three')];
		expect(fromFile(toFile(input, 'many'), 'many')).toEqual(input);
		expect(fromFile(toFile([encoder.encode('raw')], 'one'), 'one')).toEqual([encoder.encode('raw')]);
		expect(fromFile(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7, 8), 'many')).toEqual([Uint8Array.of(7, 8)]);
		expect(fromFile(Uint8Array.of(1, 0), 'many')).toEqual([]);
	});
	it('changes inputs within their size', () => {
		const mutate = createMutator(createRandom(9), { words: [encoder.encode('word')], parts: 'many', longest: 200 });
		let [input, other]: [Input, Input] = [[encoder.encode('{"a":12}')], [new Uint8Array(0), encoder.encode('[1,2]')]];
		const kinds = new Set<string>();
		for (let round = 0; round < 5000; round++) {
			const next = mutate(input, other);
			expect(sizeOf(next)).toBeLessThanOrEqual(204);
			kinds.add(Buffer.from(toFile(next, 'many')).toString('hex'));
			[input, other] = round % 7 === 0 ? [[encoder.encode('{"a":12}')], next] : [next, input];
		}
		expect(kinds.size).toBeGreaterThan(4000);
	});
});
