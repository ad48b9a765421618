/** Lines to descriptors: the scanner in front of the parsers. */
import { capture, lines } from '../../src/framing/lines.ts';
import { type Framing, SCAN, type ScanFunction } from '../../src/framing/scan-abi.ts';
import { DESCRIPTOR } from '../../src/index.ts';
import { createMarket, messageTypes } from '../messages/index.ts';
import { createBench, type KernelCase } from './kernel-case.ts';
import { mustAgree, timed } from './timed.ts';

const COUNT = 4096;

export function lineCases(): KernelCase[] {
	return [
		{ framing: lines(), before: () => '' },
		{ framing: capture(), before: (index: number) => `${1_717_000_000 + (index >> 8)}.${String((index * 3_907) % 1_000_000).padStart(6, '0')}: ` },
	].map(({ framing, before }) => {
		const market = createMarket('realistic', 32);
		const type = messageTypes[0];
		const text = Array.from({ length: COUNT }, (_, index) => `${before(index)}${type?.make(market)}\n`).join('');
		const bench = createBench();
		const bytes = new Uint8Array(bench.memory.buffer);
		const end = bench.texts + new TextEncoder().encodeInto(text, bytes.subarray(bench.texts)).written;
		const scan = scanning(framing, bench.memory, end);
		const generated = new WebAssembly.Instance(new WebAssembly.Module((framing.generate as NonNullable<Framing['generate']>)()), { env: { memory: bench.memory } }).exports.scan as ScanFunction;
		const reference = framing.reference(bench.memory);
		mustAgree('the generated scanner', COUNT, scan(generated));
		mustAgree('the reference scanner', COUNT, scan(reference));
		const buffer = Buffer.from(bench.memory.buffer, bench.texts, end - bench.texts);
		return {
			name: `lines: ${framing.name}`,
			unit: 'line',
			bytes: text.length / COUNT,
			candidates: [
				timed('kernel', COUNT, () => scan(generated)),
				timed('TypeScript, bytes', COUNT, () => scan(reference)),
				timed('Buffer.indexOf', COUNT, () => {
					let found = 0;
					for (let at = buffer.indexOf(10); at >= 0; at = buffer.indexOf(10, at + 1)) found++;
					return found;
				}),
				timed("decode, split('\\n')", COUNT, () => buffer.toString('latin1').split('\n').length),
			],
			notes: framing.received ? ['the last two look for newlines alone; the others read receive times, too'] : [],
		};
	});
}

/** One pass over all that is at hand, as `parseFeed` does it. */
function scanning(framing: Framing, memory: WebAssembly.Memory, end: number): (scan: ScanFunction) => number {
	const { constants: context, texts: start } = createBench();
	const words = new Uint32Array(memory.buffer);
	const put = (field: number, value: number): void => {
		words[(context + field) >>> 2] = value;
	};
	const table = Math.ceil(end / 64) * 64 + 4096;
	if (table + COUNT * DESCRIPTOR.size > memory.buffer.byteLength) throw new RangeError(`tickforge bench: the lines of ${framing.name} do not fit the memory`);
	return (scan) => {
		put(SCAN.start, start);
		put(SCAN.scanned, start);
		put(SCAN.end, end);
		put(SCAN.final, 1);
		put(SCAN.descriptors, table);
		put(SCAN.limit, COUNT + 1);
		put(SCAN.longest, 2 ** 20);
		return scan(context);
	};
}
