/**
 * `npm run bench`: every candidate in turn, round after round, in one process. docs/benchmarks.md says what is measured
 * and what the options are.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { CACHES } from './compare-parsers.ts';
import { describeMachine } from './machine.ts';
import { MIXES, messageTypes } from './messages/index.ts';
import { loadJsonParsers } from './npm-parsers.ts';
import { bytesOf, listOf, wholeNumbersOf, wordsOf } from './options.ts';
import { benchParsers } from './parsers.ts';
import { type CaseResult, GROUPS, type HeapResult, type Results } from './results.ts';
import { cleanSimdjson, whyNoSimdjson } from './simdjson.ts';
import { tableOf } from './table.ts';
import { SLOW_TIERS, TIERS } from './tiers.ts';

const options = {
	only: { type: 'string' },
	type: { type: 'string', multiple: true },
	mix: { type: 'string' },
	symbols: { type: 'string', default: '32' },
	'working-set': { type: 'string' },
	cache: { type: 'string', default: 'warm' },
	messages: { type: 'string' },
	rounds: { type: 'string' },
	capture: { type: 'string', multiple: true },
	heap: { type: 'boolean', default: false },
	quick: { type: 'boolean', default: false },
	json: { type: 'string' },
	html: { type: 'string' },
} as const;

async function run(): Promise<void> {
	const { values } = parseArgs({ options });
	const { quick } = values;
	const groups = values.only === undefined ? (quick ? ['parsers'] : GROUPS) : wordsOf(values.only, GROUPS, 'group');
	const whole = (text: string, what: string): number => wholeNumbersOf(text, what)[0] as number;
	const rounds = whole(values.rounds ?? (quick ? '15' : '11'), 'rounds');
	const messages = whole(values.messages ?? (quick ? '10000' : '100000'), 'messages');
	const typeNames = messageTypes.map(({ name }) => name);
	const types = values.type === undefined ? typeNames : wordsOf(values.type.join(','), typeNames, 'message type');
	const tiers = quick ? TIERS.filter((tier) => !SLOW_TIERS.includes(tier)) : TIERS;
	const cases: CaseResult[] = [];
	const heap: HeapResult[] = [];
	const skipped: string[] = [];
	const skip = (why: string): void => {
		skipped.push(why);
		console.log(why);
	};
	const take = async (results: AsyncIterable<CaseResult>): Promise<void> => {
		for await (const result of results) {
			cases.push(result);
			console.log(`\n${tableOf(result)}`);
		}
	};

	const machine = describeMachine();
	console.log(`tickforge bench: ${machine.processor}, ${machine.processors} processors, load ${machine.load.toFixed(1)}, Node ${machine.node}, commit ${machine.commit ?? 'unknown'}${machine.changed ? ' with changes' : ''}, median and 95 % interval of ${rounds} rounds`);
	const parses = groups.includes('parsers') || groups.includes('captures');
	const npm = parses && !quick ? await loadJsonParsers() : { parsers: [], skipped: [] };
	npm.skipped.forEach(skip);
	const noSimdjson = parses && !quick ? whyNoSimdjson() : null;
	if (noSimdjson !== null) skip(noSimdjson);
	const shared = { rounds, tiers, simdjson: !quick && noSimdjson === null, npm: npm.parsers, messages };
	if (groups.includes('parsers')) {
		await take(
			benchParsers({
				...shared,
				types,
				mixes: wordsOf(values.mix ?? (quick ? 'realistic' : MIXES.join(',')), MIXES, 'mix'),
				symbols: wholeNumbersOf(values.symbols, 'a number of symbols'),
				workingSets: values['working-set'] === undefined ? [quick ? 2 ** 20 : null] : listOf(values['working-set']).map(bytesOf),
				caches: wordsOf(values.cache, CACHES, 'cache'),
			}),
		);
	}
	if (groups.includes('captures')) {
		const { benchCaptures } = await import('./captures.ts');
		await take(benchCaptures({ ...shared, names: values.capture?.flatMap(listOf), cache: wordsOf(values.cache, CACHES, 'cache'), skip }));
	}
	if (groups.includes('kernels')) {
		const { benchKernels } = await import('./kernels/index.ts');
		await take(benchKernels({ rounds }));
	}
	if (groups.includes('end-to-end')) {
		const { benchEndToEnd } = await import('./end-to-end/index.ts');
		await take(benchEndToEnd({ rounds, skip }));
	}
	if (values.heap) {
		const { measureHeap } = await import('./heap.ts');
		console.log('\nJavaScript heap in the steady state:');
		for (const type of messageTypes.filter(({ name }) => types.includes(name))) {
			const measured = await measureHeap(type);
			heap.push(measured);
			console.log(`  ${type.name.padEnd(11)} ${measured.bytesPerMessage.toFixed(4)} bytes a message, ${measured.collections} garbage collections, over ${measured.messages} messages`);
		}
	}

	const results: Results = { format: 1, machine, options: process.argv.slice(2), cases, heap, skipped };
	const keep = (path: string, text: string): void => {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
	};
	if (values.json !== undefined) keep(values.json, `${JSON.stringify(results, null, '\t')}\n`);
	if (values.html !== undefined) {
		const { renderPage } = await import('./page/index.ts');
		keep(values.html, renderPage(results));
	}
}

try {
	await run();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 2;
} finally {
	cleanSimdjson();
}
