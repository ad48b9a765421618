/**
 * The examples of README.md and docs/ are a reader's first code. Each fenced ```ts block is type-checked against src/;
 * a block marked ```ts run is executed, too, and where it ends in comment lines, those are what it must print.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Snippet {
	/** Page and line, as an editor opens it. */
	readonly place: string;
	readonly code: string;
	readonly run: boolean;
}

function snippetsOf(page: string): Snippet[] {
	const found: Snippet[] = [];
	const text = readFileSync(page, 'utf8');
	for (const fence of text.matchAll(/^```ts( run)?\n([\s\S]*?)^```$/gm)) {
		const line = text.slice(0, fence.index).split('\n').length;
		found.push({ place: `${relative(root, page)}:${line}`, code: fence[2] ?? '', run: fence[1] !== undefined });
	}
	return found;
}

function outputPromised(code: string): string | null {
	const lines = code.trimEnd().split('\n');
	const start = lines.findLastIndex((line) => !line.startsWith('//')) + 1;
	const promised = lines.slice(start).map((line) => line.replace(/^\/\/ ?/, ''));
	return promised.length === 0 ? null : promised.join('\n');
}

const pages = [
	join(root, 'README.md'),
	join(root, 'CONTRIBUTING.md'),
	...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.md'))
		.map((name) => join(root, 'docs', name)),
];
const snippets = pages.flatMap(snippetsOf);

// Inside the project, so that packages are found, in a folder that git ignores.
mkdirSync(join(root, 'out'), { recursive: true });
const folder = mkdtempSync(join(root, 'out', 'snippets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = snippets.map((snippet, index) => {
	const file = join(folder, `${index}.ts`);
	writeFileSync(file, `${snippet.code}\nexport {};\n`);
	return file;
});

/** What package.json exports, as source. */
const exported = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports as Record<string, string | { default: string }>;
const sources = Object.fromEntries(Object.entries(exported).flatMap(([name, target]) => (typeof target === 'string' ? [] : [[`tickforge${name.slice(1)}`, join(root, target.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'))] as const])));

describe('the examples of the documents', () => {
	it('are found', () => {
		expect(snippets.length).toBeGreaterThan(0);
	});

	it('pass the type checker', () => {
		const config = {
			extends: join(root, 'tsconfig.json'),
			compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, typeRoots: [join(root, 'node_modules/@types')], paths: Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, [path]])) },
			include: ['*.ts'],
		};
		writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
		let output = '';
		try {
			execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
		} catch (error) {
			output = (error as { stdout: string }).stdout;
		}
		// The compiler names the temporary file; a reader wants the page.
		expect(output.replace(/^(\d+)\.ts\((\d+)/gm, (_, index, line) => `${snippets[Number(index)]?.place} (line ${line} of the block`)).toBe('');
	});

	const hooks = `import { registerHooks } from 'node:module';
const sources = ${JSON.stringify(Object.fromEntries(Object.entries(sources).map(([name, path]) => [name, pathToFileURL(path).href])))};
registerHooks({ resolve: (name, context, next) => next(sources[name] ?? name, context) });`;
	const loader = `data:text/javascript,${encodeURIComponent(hooks)}`;
	for (const [index, snippet] of snippets.entries()) {
		if (!snippet.run) continue;
		it(`${snippet.place} does what it says`, () => {
			const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', loader, files[index] as string], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
			expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' });
			const promised = outputPromised(snippet.code);
			if (promised !== null) expect(result.stdout.trimEnd()).toBe(promised);
		});
	}
});
