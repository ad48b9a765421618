/** The bound that no parser can pass: every byte of every message loaded once, in the same WebAssembly memory. */
import { createModule, I32, V128 } from '../src/wasm/index.ts';

export function createTouch(memory: WebAssembly.Memory): (descriptors: number, count: number) => number {
	const m = createModule('touch');
	m.importMemory('env', 'memory', { min: 1 });
	m.func('touch', { params: { descriptors: I32, count: I32 }, results: [I32], export: 'touch' }, (f, { descriptors, count }) => {
		const sum = f.local(V128, V128.i32x4(0, 0, 0, 0), 'sum');
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		f.block((done) => {
			f.loop((message) => {
				done.branchIf(count.eqz());
				p.set(I32.load(descriptors));
				end.set(p.add(I32.load(descriptors, 4)));
				f.loop((again) => {
					sum.set(sum.xor(V128.load(p)));
					p.set(p.add(16));
					again.branchIf(p.ltU(end));
				});
				descriptors.set(descriptors.add(16));
				count.set(count.sub(1));
				message.branch();
			});
		});
		f.return(sum.i32x4.extractLane(0));
	});
	return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports.touch as (descriptors: number, count: number) => number;
}
