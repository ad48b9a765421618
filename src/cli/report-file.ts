import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { renderReport } from '../report/index.ts';
import { DELAY_BUCKETS, delayOfBucket } from './observations.ts';
import type { RunResult } from './run.ts';

/** Writes the HTML page of a run. */
export function writeReport(path: string, result: RunResult): void {
	writeFileSync(path, renderReport(reportOf(result)));
}
void DELAY_BUCKETS;
void delayOfBucket;
void cpus;
