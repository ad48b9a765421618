/**
 * Counts what was allocated, not only what stayed. Between two collections V8's used heap grows by every byte that is
 * allocated; what a collection takes away is known from V8's own record of it. So
 *
 *     allocated = used at the end - used at the start + what collections freed in between
 *
 * is exact, however much was collected. Memory outside of the heap is freed beside the program as well as in
 * collections: where there are any, its figure is a lower bound.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { GCProfiler, getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Arena } from '../memory/index.ts';

/** Kinds of garbage collections, as V8 tells them apart. */
export type CollectionKind = 'minor' | 'major' | 'incremental' | 'weakCallbacks';
export type Collections = Readonly<Record<CollectionKind, number>>;

/** Bytes that were taken between two moments. */
export interface Growth {
	/** JavaScript heap: all bytes allocated, those that were collected since included. */
	readonly heap: number;
	/** Of `heap`, what the engine itself put into its spaces for code: functions that it compiled meanwhile. */
	readonly compiledCode: number;
	/** Memory outside of the heap that objects hold, array buffers included; negative where more was given back than taken. */
	readonly external: number;
	/** Of `external`, what array buffers hold more at the end than at the start. */
	readonly arrayBuffers: number;
	/** Regions of the arena: more at the end than at the start. */
	readonly arena: number;
	/** The arena's WebAssembly memory: more at the end than at the start. */
	readonly memory: number;
}

/** What lies between one mark and the next. */
export interface Segment {
	/** Heap and external bytes allocated, the reading of V8's counters included; null where a collection began. */
	readonly bytes: number | null;
	/** What one reading of the counters took just then: the least that `bytes` can be. */
	readonly reading: number;
}

export interface Measured {
	readonly growth: Growth;
	readonly segments: readonly Segment[];
	readonly collections: Collections;
}

/** Measures from `start` to `finish`; marks divide the time. Reading V8's counters allocates a little itself. */
export interface HeapMeter {
	start(): void;
	mark(): void;
	/** Ends the measurement. What it gives waits for V8's notices of collections, which come late. */
	finish(): Promise<Measured>;
}

const FIELDS = 5;
const HEAP = 0;
const EXTERNAL = 1;
const BUFFERS = 2;
const ARENA = 3;
const MEMORY = 4;

/** Spaces of V8's heap that hold no objects of a program: machine code, and what belongs to it. */
const CODE_SPACES = /^(code|trusted|shared_trusted)/;

/** @param marks how many of them at most */
export function createHeapMeter(marks: number, arena?: Arena): HeapMeter {
	const readings = new Float64Array((marks + 1) * 2 * FIELDS);
	const times = new Float64Array((marks + 1) * 2);
	const found = { minor: 0, major: 0, incremental: 0, weakCallbacks: 0 };
	const begins: number[] = [];
	const profiler = new GCProfiler();
	const observer = new PerformanceObserver((list) => {
		for (const { startTime, detail } of list.getEntries() as unknown as { startTime: number; detail: { kind: number } }[]) {
			found[KINDS.get(detail.kind) ?? 'major']++;
			begins.push(startTime);
		}
	});
	let made = 0;
	let codeBefore = 0;
	const read = (): void => {
		const at = made * FIELDS;
		const { heapUsed, external, arrayBuffers } = process.memoryUsage();
		readings[at + HEAP] = heapUsed;
		readings[at + EXTERNAL] = external;
		readings[at + BUFFERS] = arrayBuffers;
		readings[at + ARENA] = arena === undefined ? 0 : arena.used;
		readings[at + MEMORY] = arena === undefined ? 0 : arena.memory.buffer.byteLength;
		times[made++] = performance.now();
	};
	const between = (from: number, to: number, field: number): number => (readings[to * FIELDS + field] as number) - (readings[from * FIELDS + field] as number);
	// Memory outside of the heap that is given back in between must not hide what the heap grew by.
	const allocated = (from: number, to: number): number => between(from, to, HEAP) + Math.max(0, between(from, to, EXTERNAL));
	return {
		start() {
			observer.observe({ entryTypes: ['gc'] });
			codeBefore = codeBytes(getHeapSpaceStatistics());
			profiler.start();
			made = 0;
			read();
			read();
		},
		mark() {
			if (made > marks * 2) throw new RangeError(`tickforge: a heap meter for ${marks} marks was asked for one more`);
			// Twice: the first ends a segment, the second says what a reading takes, and begins the next one.
			read();
			read();
		},
		async finish() {
			const { statistics } = profiler.stop();
			const codeAfter = codeBytes(getHeapSpaceStatistics());
			await new Promise((resolve) => setTimeout(resolve, 0));
			await new Promise((resolve) => setImmediate(resolve));
			observer.disconnect();
			const last = made - 1;
			const freed = (of: (at: HeapState) => number): number => statistics.reduce((sum, { beforeGC, afterGC }) => sum + of(beforeGC) - of(afterGC), 0);
			return {
				growth: {
					heap: between(0, last, HEAP) + freed(({ heapStatistics }) => heapStatistics.usedHeapSize),
					compiledCode: codeAfter - codeBefore + freed(({ heapSpaceStatistics }) => codeBytes(heapSpaceStatistics.map(({ spaceName, spaceUsedSize }) => ({ space_name: spaceName, space_used_size: spaceUsedSize })))),
					external: between(0, last, EXTERNAL) + freed(({ heapStatistics }) => heapStatistics.externalMemory),
					arrayBuffers: between(0, last, BUFFERS),
					arena: between(0, last, ARENA),
					memory: between(0, last, MEMORY),
				},
				segments: Array.from({ length: made / 2 - 1 }, (_, index) => {
					const from = index * 2 + 1;
					const isCollected = begins.some((at) => at >= (times[from - 1] as number) && at < (times[from + 1] as number));
					return { bytes: isCollected ? null : allocated(from, from + 1), reading: allocated(from - 1, from) };
				}),
				collections: { ...found },
			};
		},
	};
}

type HeapState = ReturnType<GCProfiler['stop']>['statistics'][number]['beforeGC'];

function codeBytes(spaces: readonly { readonly space_name: string; readonly space_used_size: number }[]): number {
	return spaces.reduce((sum, { space_name, space_used_size }) => (CODE_SPACES.test(space_name) ? sum + space_used_size : sum), 0);
}

const KINDS = new Map<number, CollectionKind>([
	[constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
	[constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
	[constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
	[constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakCallbacks'],
]);

/** Bytes of the heap and of what objects hold outside of it, now. */
export function bytesInUse(): number {
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

let collect: (() => void) | null = null;

/** Collects all garbage now, in any Node.js, however it was started. */
export function collectGarbage(): void {
	if (collect === null) {
		setFlagsFromString('--expose-gc');
		collect = runInNewContext('gc') as () => void;
	}
	collect();
}
