/** All kernels, each against what plain TypeScript does instead. */
import { measure } from '../measure.ts';
import { type CaseResult, createCase } from '../results.ts';
import { checksumCases } from './checksums.ts';
import { compressionCases } from './compression.ts';
import { decimalCases } from './decimals.ts';
import { doubleCases } from './doubles.ts';
import { framingCases } from './framing.ts';
import type { KernelCase } from './kernel-case.ts';
import { lineCases } from './lines.ts';
import { symbolCases } from './symbols.ts';
import { timestampCases } from './timestamps.ts';
import { utf8Cases } from './utf8.ts';

/** What `bench/codecs.ts` measures alone. */
export const CODECS: readonly (() => KernelCase[])[] = [checksumCases, compressionCases];

const KERNELS: readonly (() => KernelCase[])[] = [decimalCases, doubleCases, timestampCases, utf8Cases, lineCases, framingCases, symbolCases, ...CODECS];

export async function* benchKernels({ rounds, kernels = KERNELS }: { readonly rounds: number; readonly kernels?: readonly (() => KernelCase[])[] }): AsyncGenerator<CaseResult> {
	for (const cases of kernels) {
		for (const { name, unit, bytes, candidates, notes, found } of cases()) {
			// A run is short: more rounds, and enough before them for the engine to settle.
			const measurements = await measure(candidates, { rounds: rounds * 5, warmUp: 60 });
			yield createCase({ group: 'kernels', name, parameters: { kernel: name }, unit, bytes, notes: [...notes, ...(found?.(measurements) ?? [])] }, measurements, ['kernel', 'touch', 'parsing']);
		}
	}
}
