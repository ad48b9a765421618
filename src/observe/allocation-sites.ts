/**
 * Where a program allocates: V8's sampling heap profiler, with what was collected since, summed up by place.
 *
 * V8 names the function whose machine code allocates, which is the caller's where a function was inlined. So inlining is
 * off while sites are looked for; code that is optimised less may allocate more than was measured before.
 */
import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

export interface Frame {
	/** As V8 knows it; `(anonymous)` where it has no name, `(engine)` for what V8 does outside of any function. */
	readonly function: string;
	/** A path, a `node:` module, the `wasm://` name of a generated module, or empty for the engine's own. */
	readonly file: string;
	/** Where the function begins, from 1; 0 where that is not known. In a generated module, `column` is a byte. */
	readonly line: number;
	readonly column: number;
	/** Of generated WebAssembly, or of the engine's bridge into it. */
	readonly isGenerated: boolean;
}

/** A function that allocates. V8 names the function and where it begins, not the line in it. */
export interface AllocationSite extends Frame {
	/** Estimated from samples. */
	readonly bytesPerMessage: number;
	/** Share of all bytes that were seen. */
	readonly share: number;
	/** Who called it on the way that allocated most, the nearest first. Without frames of WebAssembly, which V8 leaves out. */
	readonly callers: readonly Frame[];
}

export interface SiteSampler {
	/** Drops optimised code and turns inlining off. Then the program has to warm up again. */
	prepare(): void;
	start(): void;
	/** Turns inlining on again, and ends sampling. @param messages over how many of them bytes are spread */
	stop(messages: number): AllocationSite[];
}

const INLINING = ['turbo-inlining', 'maglev-inlining'];

interface ProfileNode {
	readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
	readonly selfSize: number;
	readonly children: readonly ProfileNode[];
}

/** @param interval mean bytes between two samples */
export function createSiteSampler(interval: number): SiteSampler {
	const session = new Session();
	return {
		prepare() {
			for (const flag of INLINING) setFlagsFromString(`--no-${flag}`);
			session.connect();
			// Counting calls makes V8 forget all optimised code; it keeps no trace of that when counting ends.
			session.post('Profiler.enable');
			session.post('Profiler.startPreciseCoverage', { callCount: true });
			session.post('Profiler.stopPreciseCoverage');
			session.post('Profiler.disable');
		},
		start() {
			// In the same thread the answer is there when `post` returns.
			session.post('HeapProfiler.startSampling', { samplingInterval: interval, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true } as object);
		},
		stop(messages) {
			let head: ProfileNode | null = null;
			session.post('HeapProfiler.stopSampling', (error, { profile }) => {
				if (error === null) head = profile.head;
			});
			session.disconnect();
			for (const flag of INLINING) setFlagsFromString(`--${flag}`);
			return head === null ? [] : sitesOf(head, messages);
		},
	};
}

const HARNESS = new Set(['allocation-sites', 'prove-allocations'].flatMap((name) => ['ts', 'js'].map((kind) => new URL(`./${name}.${kind}`, import.meta.url).href)));
const MEASURING = new Set(['pace', 'start', 'stop']);

function sitesOf(head: ProfileNode, messages: number): AllocationSite[] {
	const sites = new Map<string, { frame: Frame; bytes: number; most: number; callers: readonly Frame[] }>();
	let all = 0;
	const visit = (node: ProfileNode, callers: readonly Frame[]): void => {
		const frame = frameOf(node);
		if (HARNESS.has(node.callFrame.url)) {
			// Of the measurement's own functions, those that a program calls or that call none are no part of it.
			if (MEASURING.has(node.callFrame.functionName)) return;
			for (const child of node.children) visit(child, []);
			return;
		}
		if (node.selfSize > 0) {
			const key = `${frame.function} ${frame.file}:${frame.line}:${frame.column}`;
			const site = sites.get(key) ?? { frame, bytes: 0, most: 0, callers };
			sites.set(key, site);
			site.bytes += node.selfSize;
			all += node.selfSize;
			if (node.selfSize > site.most) {
				site.most = node.selfSize;
				site.callers = callers;
			}
		}
		// The root is nobody's caller.
		const next = node === head ? [] : [frame, ...callers];
		for (const child of node.children) visit(child, next);
	};
	visit(head, []);
	return [...sites.values()].sort((a, b) => b.bytes - a.bytes).map(({ frame, bytes, callers }) => ({ ...frame, bytesPerMessage: bytes / messages, share: bytes / all, callers }));
}

function frameOf({ callFrame: { functionName, url, lineNumber, columnNumber } }: ProfileNode): Frame {
	const isGenerated = url.startsWith('wasm://');
	const engine = url === '' && lineNumber < 0;
	return {
		function: functionName === '(root)' || (engine && functionName === '') ? '(engine)' : functionName || '(anonymous)',
		file: url.startsWith('file://') ? fileURLToPath(url) : url,
		line: lineNumber + 1,
		column: columnNumber + 1,
		isGenerated,
	};
}
