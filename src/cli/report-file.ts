import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type RunReport, renderReport } from '../report/index.ts';
import { delayOfBucket } from './observations.ts';
import type { RunResult } from './run.ts';

/** Writes the HTML page of a run. */
export function writeReport(path: string, result: RunResult): void {
	writeFileSync(path, renderReport(reportOf(result)));
}

export function reportOf(result: RunResult): RunReport {
	const { observations, options } = result;
	// The symbol with the most quotes: the one that people look for first.
	const [busiest] = [...observations.prices].sort((a, b) => (observations.symbols.get(b[0]) ?? 0) - (observations.symbols.get(a[0]) ?? 0));
	return {
		title: options.title,
		preset: options.preset,
		inputs: result.inputs.map(({ name, format, compression }) => `${name} (${format}${compression === null ? '' : `, ${compression}`})`),
		tier: result.tier,
		machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
		node: process.versions.node,
		startedAt: result.startedAt,
		totals: { messages: result.messages, refused: result.refused, bytes: result.bytes, seconds: result.seconds, parseSeconds: result.parseSeconds, memory: result.memory },
		types: options.schema.variants.map(({ name, role }) => ({ name, role, messages: result.variants[name] ?? 0 })),
		symbols: [...observations.symbols].map(([name, rows]) => ({ name, rows })),
		timeRange: observations.first === null || observations.last === null ? null : { first: observations.first, last: observations.last },
		errors: Object.entries(result.categories).map(([category, messages]) => ({ category, messages, example: result.examples.find((one) => one.category === category) ?? null })),
		quarantinedBytes: result.quarantinedBytes,
		rate: [...observations.rate].map(([second, messages]) => ({ second, messages })),
		delays: observations.delays.some((value) => value > 0) ? { buckets: [...observations.delays], secondsOf: delayOfBucket, negative: observations.negativeDelays } : null,
		prices: busiest === undefined ? null : { symbol: busiest[0], points: busiest[1] },
	};
}
