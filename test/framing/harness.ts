/** Drives a framer of any tier over bytes that arrive in pieces, as the pipeline does. */
import { DESCRIPTOR } from '../../src/compiler/parser-abi.ts';
import { contextBytes, type Framing, SCAN, SCAN_STOP, type ScanFunction } from '../../src/framing/scan-abi.ts';

export interface DriveOptions {
	/** Sizes of the pieces, used round and round; the whole at once where empty. */
	readonly cuts?: readonly number[];
	readonly longest?: number;
	readonly limit?: number;
}

export interface Framed {
	readonly kind: 'message' | 'too-long';
	/** Of a message: its text. Of one that is too long: its start, up to `longest`. */
	readonly text: string;
	readonly received: bigint;
	readonly length: number;
}

export interface Drive {
	readonly framed: readonly Framed[];
	readonly skipped: number;
	readonly blank: number;
	readonly binary: number;
	readonly counts: Readonly<Record<string, number>>;
	readonly gaps: number;
	readonly missing: number;
	readonly repeated: number;
	/** Everything that each call wrote: the context and the descriptors, in hex. */
	readonly trace: readonly string[];
}

const SMALL_CONTEXT = 64;
/** Of framings that keep more; beyond the window. */
const LARGE_CONTEXT = 3 << 20;
const DESCRIPTORS = 256;
const WINDOW = 65536;

export type Build = (framing: Framing, memory: WebAssembly.Memory) => ScanFunction;
export const reference: Build = (framing, memory) => framing.reference(memory);
export const generated: Build = (framing, memory) => {
	if (framing.generate === null) throw new Error(`${framing.name} is not generated`);
	const module = new WebAssembly.Module(framing.generate());
	return new WebAssembly.Instance(module, { env: { memory } }).exports.scan as ScanFunction;
};

const memory = new WebAssembly.Memory({ initial: 64 });
const built = new Map<string, ScanFunction>();

export function drive(build: Build, framing: Framing, bytes: Uint8Array, options: DriveOptions = {}): Drive {
	const key = `${build === generated ? 'generated' : 'reference'} ${framing.name}`;
	const hasState = framing.stateBytes !== undefined;
	const CONTEXT = hasState ? LARGE_CONTEXT : SMALL_CONTEXT;
	// One that is made with options is not known by its name.
	const scan = hasState ? build(framing, memory) : (built.get(key) ?? build(framing, memory));
	if (!hasState) built.set(key, scan);
	const view = new DataView(memory.buffer);
	const all = new Uint8Array(memory.buffer);
	// Newlines and digits everywhere beyond the bytes at hand: a framer may read but must not heed them.
	const filler = new TextEncoder().encode('9\n: 1.');
	const longest = options.longest ?? 1 << 20;
	const limit = options.limit ?? 7;
	const put = (field: number, value: number): void => view.setUint32(CONTEXT + field, value, true);
	const get = (field: number): number => view.getUint32(CONTEXT + field, true);
	all.fill(0, CONTEXT, CONTEXT + contextBytes(framing));
	put(SCAN.descriptors, DESCRIPTORS);
	put(SCAN.limit, limit);
	put(SCAN.longest, longest);
	put(SCAN.start, WINDOW);
	put(SCAN.end, WINDOW);
	put(SCAN.scanned, WINDOW);

	const framed: Framed[] = [];
	const trace: string[] = [];
	let kept = '';
	let binary = 0;
	const text = (offset: number, length: number): string => Buffer.from(memory.buffer, offset, length).toString('latin1');
	const scanAll = (): void => {
		for (;;) {
			const count = scan(CONTEXT);
			trace.push(`${count} ${Buffer.from(memory.buffer, CONTEXT, SCAN.size).toString('hex')} ${Buffer.from(memory.buffer, DESCRIPTORS, count * DESCRIPTOR.size).toString('hex')}`);
			for (let index = 0; index < count; index++) {
				const at = DESCRIPTORS + index * DESCRIPTOR.size;
				const length = view.getUint32(at + DESCRIPTOR.length, true);
				framed.push({ kind: 'message', text: text(view.getUint32(at + DESCRIPTOR.offset, true), length), received: view.getBigInt64(at + DESCRIPTOR.received, true), length });
			}
			binary += get(SCAN.binary);
			const stop = get(SCAN.stop);
			if (stop === SCAN_STOP.tooLong || stop === SCAN_STOP.refused) kept = text(get(SCAN.start), Math.min(longest, get(SCAN.end) - get(SCAN.start)));
			if (stop === SCAN_STOP.resynced) framed.push({ kind: 'too-long', text: kept, received: 0n, length: view.getFloat64(CONTEXT + SCAN.dropped, true) });
			if (stop === SCAN_STOP.needsBytes) return;
		}
	};
	const cuts = options.cuts ?? [];
	let position = 0;
	for (let piece = 0; position < bytes.length || piece === 0; piece++) {
		const size = cuts.length === 0 ? bytes.length : Math.max(1, cuts[piece % cuts.length] as number);
		// What is left moves to the front, where it is not there already.
		const moved = get(SCAN.start) - WINDOW;
		all.copyWithin(WINDOW, get(SCAN.start), get(SCAN.end));
		for (const field of [SCAN.start, SCAN.end, SCAN.scanned]) put(field, get(field) - moved);
		const part = bytes.subarray(position, position + size);
		all.set(part, get(SCAN.end));
		position += part.length;
		put(SCAN.end, get(SCAN.end) + part.length);
		for (let at = 0; at < 80; at++) all[get(SCAN.end) + at] = filler[at % filler.length] as number;
		put(SCAN.final, position >= bytes.length ? 1 : 0);
		scanAll();
	}
	const number = (field: number): number => view.getFloat64(CONTEXT + field, true);
	return { framed, skipped: get(SCAN.skipped), blank: get(SCAN.blank), binary, counts: framing.counts?.(memory, CONTEXT) ?? {}, gaps: get(SCAN.gaps), missing: number(SCAN.missing), repeated: number(SCAN.repeated), trace };
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
