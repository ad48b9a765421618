import { cpus, totalmem } from 'node:os';
import { createArena } from '../memory/index.ts';
import { type CounterState, describeFacilities, openCounters } from '../os/index.ts';
import { version } from '../version.ts';
import { detectFeatures } from '../wasm/index.ts';
import { readArguments } from './arguments.ts';
import { bytesText, table } from './terminal.ts';
import { EXIT } from './usage.ts';

/** Counters of one detail, mostly a reason, stand together. */
function countersText(counters: readonly CounterState[]): string {
	const byDetail = Map.groupBy(counters, ({ detail }) => detail);
	return [...byDetail].map(([detail, all]) => `  ${all.map(({ name }) => name).join(', ')}\n      ${detail}`).join('\n');
}

export async function doctorCommand(args: readonly string[]): Promise<number> {
	const { values } = readArguments('doctor', args, { json: { type: 'boolean', default: false } });
	const features = detectFeatures();
	const facilities = describeFacilities();
	const opened = openCounters();
	const { counters } = opened;
	opened.close();
	const arena = createArena();
	arena.allocate('doctor', 1 << 16);
	const guards = arena.checkGuards();
	const optional = await Promise.all(
		['koffi', '@duckdb/node-api'].map(async (name) => ({
			name,
			there: await import(name).then(
				() => true,
				() => false,
			),
		})),
	);
	if (values.json) {
		console.log(
			JSON.stringify({
				tickforge: version,
				node: process.versions.node,
				v8: process.versions.v8,
				platform: `${process.platform} ${process.arch}`,
				processor: cpus()[0]?.model.trim(),
				features,
				facilities,
				counters,
				packages: Object.fromEntries(optional.map(({ name, there }) => [name, there])),
				guards: guards.length === 0,
			}),
		);
		return EXIT.ok;
	}
	console.log(`tickforge ${version}, Node.js ${process.versions.node} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}`);
	console.log(`${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${bytesText(totalmem())} of memory\n`);
	console.log('WebAssembly');
	console.log(table(Object.entries(features).map(([name, there]) => [name, there === true ? 'yes' : 'no'])));
	console.log(`\nparsers run on the ${features.simd ? 'generated (schema)' : 'reference'} tier\n\nfacilities`);
	console.log(table(facilities.map(({ name, way, detail, remedy }) => [name, way, detail, remedy === undefined ? '' : `→ ${remedy}`])));
	console.log('\nperformance counters');
	console.log(countersText(counters));
	console.log('\noptional packages');
	console.log(table(optional.map(({ name, there }) => [name, there ? 'installed' : 'not installed'])));
	console.log(`\narena guards: ${guards.length === 0 ? 'intact' : `damaged: ${guards.join(', ')}`}`);
	return EXIT.ok;
}
