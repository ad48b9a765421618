/** Counting branches: what is counted, against the same algorithm in TypeScript; and that nothing changes where nobody asks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BRANCH_COUNTERS, BRANCH_SECTION, type BranchCount, type BranchOptions, readBranchCounts, readBranchSites, takenOf } from '../../src/wasm/branches.ts';
import { createModule, I32, type ModuleBuilder, printFunctions, printModule } from '../../src/wasm/index.ts';

/** A bit of everything: `run(n)` counts odd numbers below n, by a switch, a loop, an `if` and a `branchIf`. */
function build(options?: BranchOptions, named = false): ModuleBuilder {
	const name = <T extends string>(text: T): { name?: T } => (named ? { name: text } : {});
	const m = createModule('sample', options);
	m.memory({ min: 1, export: 'memory' });
	const isOdd = m.func('is odd', { params: { n: I32 }, results: [I32] }, (f, { n }) => {
		f.switch(
			n.and(3),
			[() => f.return(I32.of(0)), () => f.return(I32.of(1))],
			() => {
				f.if(n.and(1), () => f.return(I32.of(1)), undefined, { likely: true, ...name('other odd') });
				f.return(I32.of(0));
			},
			{ ...name('rest'), ...(named ? { cases: ['0', '1'] } : {}) },
		);
		f.unreachable();
	});
	m.func('run', { params: { n: I32 }, results: [I32], export: 'run' }, (f, { n }) => {
		const i = f.local(I32, 0, 'i');
		const odd = f.local(I32, 0, 'odd');
		f.block((done) => {
			f.loop((again) => {
				done.branchIf(i.geU(n), { likely: false });
				f.if(
					isOdd.call(i),
					() => {
						if (named) f.count('odd ones');
						odd.set(odd.add(1));
					},
					() => undefined,
				);
				i.set(i.add(1));
				again.branch();
			});
		});
		f.return(odd);
	});
	m.func('set up', { params: { at: I32 }, results: [], export: 'setUp', uncounted: true }, (f, { at }) => {
		f.if(at, () => m.branchCounters?.address.set(f, at));
	});
	return m;
}

function run(bytes: Uint8Array<ArrayBuffer>, n: number, calls = 1): { result: number; counts: BranchCount[] } {
	const module = new WebAssembly.Module(bytes);
	const exports = new WebAssembly.Instance(module).exports as unknown as { run(n: number): number; setUp(at: number): void; memory: WebAssembly.Memory; branchCounters: WebAssembly.Global };
	exports.setUp(4096);
	let result = 0;
	for (let call = 0; call < calls; call++) result = exports.run(n);
	return { result, counts: readBranchCounts(exports.memory, exports.branchCounters.value as number, readBranchSites(module) ?? []) };
}

const of = (counts: readonly BranchCount[], name: string, key: string): readonly number[] => counts.find((site) => site.function === name && site.key === key)?.counts ?? [];

describe('counting branches', () => {
	it('counts what the code does', () => {
		fc.assert(
			fc.property(fc.nat(200), fc.integer({ min: 1, max: 3 }), (n, calls) => {
				const { result, counts } = run(build({ countBranches: true }, true).toBytes(), n, calls);
				const numbers = Array.from({ length: n }, (_, index) => index);
				const modulo = (wanted: (rest: number) => boolean): number => numbers.filter((number) => wanted(number % 4)).length * calls;
				expect(result).toBe(numbers.filter((number) => number % 2 === 1).length);
				expect(of(counts, 'run', 'call 1')).toEqual([calls]);
				expect(of(counts, 'is odd', 'call 1')).toEqual([n * calls]);
				expect(of(counts, 'run', 'loop 1')).toEqual([calls, (n + 1) * calls]);
				expect(of(counts, 'run', 'branchIf 1')).toEqual([(n + 1) * calls, n * calls]);
				expect(of(counts, 'run', 'if 1')).toEqual([n * calls, modulo((rest) => rest % 2 === 1)]);
				expect(of(counts, 'run', "'odd ones'")).toEqual([modulo((rest) => rest % 2 === 1)]);
				expect(of(counts, 'is odd', "'rest'")).toEqual([modulo((rest) => rest === 0), modulo((rest) => rest === 1), modulo((rest) => rest > 1)]);
				expect(of(counts, 'is odd', "'other odd'")).toEqual([modulo((rest) => rest > 1), modulo((rest) => rest === 3)]);
			}),
			{ numRuns: 60 },
		);
	});

	it('says what was reached and taken', () => {
		expect(takenOf({ kind: 'if', counts: [10, 3] })).toEqual({ reached: 10, taken: 3 });
		expect(takenOf({ kind: 'branchIf', counts: [10, 3] })).toEqual({ reached: 10, taken: 7 });
		expect(takenOf({ kind: 'loop', counts: [10, 3] })).toBeNull();
	});

	it('counts beyond 32 bits', () => {
		const module = new WebAssembly.Module(build({ countBranches: true }).toBytes());
		const exports = new WebAssembly.Instance(module).exports as unknown as { run(n: number): number; memory: WebAssembly.Memory; branchCounters: WebAssembly.Global };
		exports.branchCounters.value = 4096;
		const sites = readBranchSites(module) ?? [];
		const entry = sites.find((site) => site.function === 'run' && site.kind === 'call');
		new DataView(exports.memory.buffer).setBigUint64(4096 + (entry?.counter ?? 0) * 8, 0xffff_ffffn, true);
		exports.run(0);
		expect(of(readBranchCounts(exports.memory, 4096, sites), 'run', 'call 1')).toEqual([2 ** 32]);
	});

	it('changes no byte of a module that does not count', () => {
		const plain = build().toBytes();
		expect(build({}, true).toBytes()).toEqual(plain);
		expect(build({ countBranches: false }).toBytes()).toEqual(plain);
		expect(build({ likely: (_function, _key, given) => given }).toBytes()).toEqual(plain);
		expect(WebAssembly.Module.customSections(new WebAssembly.Module(plain), BRANCH_SECTION)).toEqual([]);
		expect(readBranchSites(new WebAssembly.Module(plain))).toBeNull();
		expect(WebAssembly.Module.exports(new WebAssembly.Module(plain)).map(({ name }) => name)).not.toContain(BRANCH_COUNTERS);
	});

	it('leaves out what runs before the counters have a place', () => {
		const sites = readBranchSites(new WebAssembly.Module(build({ countBranches: true }).toBytes())) ?? [];
		expect(sites.map((site) => site.function)).not.toContain('set up');
		expect(sites.length).toBeGreaterThan(0);
	});

	it('numbers functions that have the same name', () => {
		const m = createModule('twins', { countBranches: true });
		m.memory({ min: 1 });
		const first = m.declare('twin', { params: {}, results: [] });
		m.func('twin', { params: {}, results: [] }, (f) => f.if(1, () => undefined));
		m.define(first, (f) => f.loop(() => undefined));
		const bytes = m.toBytes();
		const sites = readBranchSites(new WebAssembly.Module(bytes)) ?? [];
		expect(sites.filter(({ kind }) => kind === 'loop').map((site) => site.function)).toEqual(['twin']);
		expect(sites.filter(({ kind }) => kind === 'if').map((site) => site.function)).toEqual(['twin (2)']);
		const printed = printFunctions(bytes);
		for (const { name, lines } of printed) for (const { site } of lines) if (site >= 0) expect(sites[site]?.function).toBe(name);
	});
});

describe('the text of a module that counts', () => {
	it('is that of the same module without counters, with a site at each branch', () => {
		const bodyOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('  ') || line === '');
		const bytes = build({ countBranches: true }).toBytes();
		const functions = printFunctions(bytes).filter(({ name }) => name !== 'set up');
		expect(functions.flatMap(({ lines }) => ['', ...lines.map(({ text }) => text)])).toEqual(bodyOf(printModule(build().toBytes()).split('\n\nfunc "set up"')[0] ?? ''));
		const sites = readBranchSites(new WebAssembly.Module(bytes)) ?? [];
		const word = { if: 'if ', branchIf: 'br_if ', switch: 'br_table ', loop: 'loop ', call: '', count: 'count ' } as const;
		const shown = functions.flatMap(({ lines }) => lines.filter(({ site }) => site >= 0));
		for (const { text, site } of shown) expect(text.trimStart().startsWith(word[sites[site]?.kind ?? 'call'])).toBe(true);
		expect(shown.map(({ site }) => site).sort((a, b) => a - b)).toEqual([...sites.keys()].filter((site) => sites[site]?.kind !== 'call'));
	});

	it('shows what is counted by name', () => {
		const lines = printFunctions(build({ countBranches: true }, true).toBytes()).flatMap((one) => one.lines);
		expect(lines.filter(({ text }) => text.includes("count 'odd ones'"))).toHaveLength(1);
	});

	it('has no trace of the counting, however deep it stands', () => {
		const m = createModule('deep', { countBranches: true });
		m.memory({ min: 1 });
		m.func('deep', { params: { x: I32 }, results: [] }, (f, { x }) => {
			const nest = (depth: number): void => {
				if (depth === 0) f.count('deepest');
				else f.if(x, () => nest(depth - 1));
			};
			nest(60);
		});
		const lines = printFunctions(m.toBytes()).flatMap((one) => one.lines);
		expect(lines.filter(({ text }) => text.includes('branchCounters'))).toEqual([]);
		expect(lines.filter(({ site }) => site >= 0).map(({ text }) => text.trim())).toEqual([...Array.from({ length: 60 }, () => 'if x {'), "count 'deepest'"]);
	});

	it('is refused where nothing is counted', () => {
		expect(() => printFunctions(build().toBytes())).toThrow(/does not count its branches/);
	});
});

describe('a profile of branches', () => {
	it('decides the hints, and nothing else', () => {
		const asked: string[] = [];
		const bytes = build({
			likely: (name, key, given) => {
				asked.push(`${name} ${key} ${given}`);
				return key === 'branchIf 1' ? true : undefined;
			},
		}).toBytes();
		expect(asked).toEqual(['is odd if 1 true', 'run branchIf 1 false', 'run if 1 undefined']);
		const text = printModule(bytes);
		expect(text.match(/;; likely/g)).toHaveLength(1);
		expect(text).toMatch(/br_if L1 i32\.ge_u\(i, n\) ;; likely/);
		const code = (one: string): string => one.replace(/ ;; .*/g, '');
		expect(code(text)).toBe(code(printModule(build().toBytes())));
	});
});
