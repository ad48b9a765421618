// Packs the library as npm would publish it, installs it into an empty project, and uses it there: from plain
// JavaScript, from TypeScript under both module resolutions people use, and through its command.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const project = mkdtempSync(join(tmpdir(), 'tickforge-package-'));
const run = (command, args, cwd = project) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const fail = (message) => {
	console.error(`check-package: ${message}`);
	process.exit(1);
};

try {
	const packed = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', project], root).replace(/^[^[{]*/, ''));
	const [info] = Array.isArray(packed) ? packed : Object.values(packed);
	for (const { path } of info.files) {
		if (!/^(dist\/|package\.json$|README\.md$|LICENSE$)/.test(path)) fail(`the package contains ${path}`);
	}
	writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'reader', private: true, type: 'module' }));
	run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(project, info.filename)]);
	const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
	for (const name of installed) {
		if (!['tickforge', 'koffi', '@koromix'].includes(name)) fail(`installing tickforge also installs ${name}`);
	}

	writeFileSync(
		join(project, 'use.mjs'),
		`import { compile, decimal, json, message, symbol } from 'tickforge';
const trade = message('trade', { symbol: symbol().key('s'), price: decimal(8).key('p') });
const rows = [];
const parser = compile(json(trade), { onBatch: (batch) => rows.push(...batch.toRows()) });
parser.parse('{"s":"BTCUSDT","p":"27123.10"}');
parser.flush();
if (rows.length !== 1 || rows[0].symbol !== 'BTCUSDT' || rows[0].price !== 2712310000000n) throw new Error('wrong rows: ' + JSON.stringify(rows, (_, v) => typeof v === 'bigint' ? String(v) : v));
if (parser.tier !== 'layout') throw new Error('the generated tier is not in use: ' + parser.tier);
const { openBackgroundCompiler, openCodeCache } = await import('tickforge');
const background = openBackgroundCompiler({ keepsProcess: true });
const made = await background.compile({ protocol: 'json', schema: parser.schema });
if (made === null) throw new Error('no module from the background: ' + background.statistics().lastProblem);
await background.dispose();
const kept = [0, 1].map(() => {
	const codeCache = openCodeCache({ folder: 'cache' });
	compile(json(trade), { codeCache }).dispose();
	return codeCache.statistics();
});
if (kept[0].written !== 1 || kept[1].hits !== 1) throw new Error('the code cache does not work: ' + JSON.stringify(kept));
console.log('JavaScript: ok');
`,
	);
	process.stdout.write(run(process.execPath, ['use.mjs']));

	writeFileSync(
		join(project, 'use.ts'),
		`import { compile, decimal, json, message, symbol } from 'tickforge';
const trade = message('trade', { symbol: symbol().key('s'), price: decimal(8).key('p') });
const parser = compile(json(trade), { onBatch: (batch) => { const rows: number = batch.rows; void rows; } });
parser.parse('{}');
// @ts-expect-error a scale is a number
decimal('8');
`,
	);
	const tsc = join(root, 'node_modules/.bin/tsc');
	for (const [module, resolution] of [
		['nodenext', 'nodenext'],
		['esnext', 'bundler'],
	]) {
		run(tsc, ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,dom,esnext.disposable', '--types', '', '--module', module, '--moduleResolution', resolution, 'use.ts']);
		console.log(`TypeScript (${resolution}): ok`);
	}
	const help = run(join(project, 'node_modules/.bin/tickforge'), ['--help']);
	if (!help.includes('tickforge run')) fail('`tickforge --help` does not show `tickforge run`');
	console.log('command: ok');
	const size = (folder) => readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => sum + (entry.isDirectory() ? size(join(folder, entry.name)) : statSync(join(folder, entry.name)).size), 0);
	const own = size(join(project, 'node_modules/tickforge'));
	const native = existsSync(join(project, 'node_modules/koffi')) ? size(join(project, 'node_modules/koffi')) : 0;
	console.log(`size: ${(info.size / 1024).toFixed(0)} KiB packed, ${(own / 1024).toFixed(0)} KiB installed; koffi (optional) ${(native / 1048576).toFixed(1)} MiB`);
} finally {
	rmSync(project, { recursive: true, force: true });
}
