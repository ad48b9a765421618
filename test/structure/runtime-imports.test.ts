import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../../src');

it('the runtime for browsers imports nothing of Node.js, at any depth', () => {
	const seen = new Set<string>();
	const ofNode: string[] = [];
	const follow = (file: string): void => {
		if (seen.has(file)) return;
		seen.add(file);
		// Types are gone where it runs.
		const code = readFileSync(file, 'utf8').replace(/^(?:import|export) type [^;]*;/gm, '');
		for (const [, target] of code.matchAll(/(?:^(?:import|export)\b[^;]*?from |^import |\bimport\()'([^']+)'/gm)) {
			if (target?.startsWith('.')) follow(resolve(dirname(file), target));
			else ofNode.push(`${relative(source, file)} imports ${target}`);
		}
	};
	follow(resolve(source, 'runtime.ts'));
	expect(ofNode).toEqual([]);
	const files = [...seen].map((file) => relative(source, file));
	expect(files).toContain('pipeline/compile.ts');
	expect(files).toContain('compiler/obtain-module.ts');
	expect(files).not.toContain('compiler/code-cache.ts');
});
