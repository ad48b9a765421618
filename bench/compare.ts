/**
 * `npm run bench:compare`: whether one tree parses slower than another.
 *
 *   -- A.json B.json                  two runs that were kept
 *   -- --commits REV1 [REV2]          both measured now, in turn; without REV2 the working tree
 *   -- --base                         the same for the commit before this one; says so where there is none
 *
 * Ends with 1 on a regression, with 2 where it could not compare.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumbersOf } from './options.ts';
import { type ComparisonSummary, compareResults } from './regression.ts';
import type { Results } from './results.ts';
import { baseOfChange, openRevision, type Revision, workingTree } from './revisions.ts';
import { figure } from './table.ts';

interface Options {
	readonly positionals: readonly string[];
	readonly commits: boolean;
	readonly base: boolean;
	/** Percent. */
	readonly threshold: number;
	/** Processes on each side. */
	readonly runs: number;
	/** For `npm run bench`. */
	readonly passed: readonly string[];
}

function readOptions(): Options {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			commits: { type: 'boolean', default: false },
			base: { type: 'boolean', default: false },
			threshold: { type: 'string', default: '10' },
			/** Default 4, and 3 with `--quick`. */
			runs: { type: 'string' },
			quick: { type: 'boolean', default: false },
			/** Further options of `npm run bench`, in one word: `--options="--type aggTrade"`. */
			options: { type: 'string', default: '' },
		},
	});
	return {
		positionals,
		commits: values.commits,
		base: values.base,
		threshold: Number(values.threshold),
		runs: wholeNumbersOf(values.runs ?? (values.quick ? '3' : '4'), 'runs')[0] as number,
		passed: [...(values.quick ? ['--quick'] : []), ...values.options.split(' ').filter((word) => word !== '')],
	};
}

function readResults(path: string): Results {
	const results = JSON.parse(readFileSync(path, 'utf8')) as Partial<Results>;
	if (results.format !== 1 || !Array.isArray(results.cases)) throw new Error(`tickforge bench: ${path} is no result of this benchmark; npm run bench -- --json FILE writes one`);
	return results as Results;
}

/** Each side in processes of its own, A B, B A, …: what the machine does meets both. */
function runInTurn(sides: readonly [Revision, Revision], { runs, passed }: Options): [Results[], Results[]] {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-compare-'));
	const taken: [Results[], Results[]] = [[], []];
	try {
		for (let run = 0; run < runs; run++) {
			for (const side of run % 2 === 0 ? [0, 1] : [1, 0]) {
				const { name, folder: tree } = sides[side] as Revision;
				const file = join(folder, `${side}-${run}.json`);
				try {
					execFileSync(process.execPath, ['bench/run.ts', ...passed, '--json', file], { cwd: tree, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
				} catch (error) {
					throw new SideError(
						side,
						`the benchmark does not run on ${name}: ${String((error as { readonly stderr?: string }).stderr)
							.trim()
							.split('\n')
							.slice(0, 6)
							.join('\n')}`,
					);
				}
				taken[side]?.push(readResults(file));
			}
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	return taken;
}

class SideError extends Error {
	readonly side: number;
	constructor(side: number, message: string) {
		super(message);
		this.side = side;
	}
}

function print({ comparisons, missing }: ComparisonSummary, threshold: number): void {
	for (const { group, case: name, tier, changes, verdict } of comparisons) {
		const ratios = changes.map(({ baseline, before, after, change, disjoint }) => `${figure(before.median)} → ${figure(after.median)} × ${baseline} (${change >= 0 ? '+' : ''}${(change * 100).toFixed(1)} %${disjoint ? '' : ', intervals overlap'})`);
		console.log(`  ${verdict === 'slower' ? 'SLOWER ' : verdict === 'faster' ? 'faster ' : 'same   '} ${group}: ${name}: ${tier}: ${ratios.join('; ')}`);
	}
	for (const line of missing) console.log(`  ${line}`);
	const slower = comparisons.filter(({ verdict }) => verdict === 'slower').length;
	console.log(slower === 0 ? `no case is slower by more than ${threshold} % with disjoint intervals` : `${slower} of ${comparisons.length} are slower by more than ${threshold} % with disjoint intervals`);
}

function compareCommits(before: string, after: string | undefined, options: Options): [Results[], Results[]] {
	const opened: Revision[] = [];
	try {
		opened.push(openRevision(before));
		opened.push(after === undefined ? workingTree() : openRevision(after));
		console.log(`speed of ${opened[1]?.name} against ${opened[0]?.name}, ${options.runs} processes each, in turn:`);
		return runInTurn(opened as [Revision, Revision], options);
	} finally {
		for (const revision of opened) revision.close();
	}
}

function run(options: Options): number {
	const { positionals, threshold } = options;
	const report = ([before, after]: [Results[], Results[]]): number => {
		const summary = compareResults(before, after, { threshold });
		print(summary, threshold);
		return summary.isRegression ? 1 : 0;
	};
	if (options.base) {
		const base = baseOfChange();
		if ('why' in base) {
			console.log(`speed against the commit before: skipped: ${base.why}`);
			return 0;
		}
		try {
			return report(compareCommits(base.commit, undefined, options));
		} catch (error) {
			// An old tree need not know what this benchmark asks of it; this one must.
			if (!(error instanceof SideError) || error.side !== 0) throw error;
			console.log(`speed against the commit before: skipped: ${error.message}`);
			return 0;
		}
	}
	const [first, second, ...more] = positionals;
	if (first === undefined || more.length > 0 || (second === undefined && !options.commits)) throw new Error('tickforge bench: give two files of results, or --commits REV1 [REV2], or --base');
	return report(options.commits ? compareCommits(first, second, options) : [[readResults(first)], [readResults(second as string)]]);
}

try {
	process.exitCode = run(readOptions());
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 2;
}
