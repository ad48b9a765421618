// Runs on any Node.js before the project's scripts, which need a newer one than some machines have. npm brings it; this
// says in words if it did not (docs/decisions/0001-node-through-npm.md).
import { existsSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first that runs TypeScript files as they are. */
const LEAST = [22, 18];

const [major, minor] = process.versions.node.split('.').map(Number);
if ((major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) && !linkInstalledNode()) {
	console.error(
		[
			`tickforge: this script runs on Node.js ${process.versions.node}, but needs ${LEAST.join('.')} or newer.`,
			'`npm install` brings Node.js 24 as an optional package for Linux and macOS (x64, arm64) and Windows (x64); it was not installed here.',
			'Either run `npm install` without --omit=optional, or install a newer Node.js yourself.',
		].join('\n'),
	);
	process.exit(1);
}

/**
 * npm 10 installs the package for this platform and then removes its link in `node_modules/.bin`: the packages for other
 * platforms, which it leaves out, have a command of the same name. With the link back, npm's next script finds Node 24.
 */
function linkInstalledNode() {
	const bin = resolve(dirname(fileURLToPath(import.meta.url)), '../node_modules/.bin');
	const link = join(bin, 'node');
	const { resolve: find } = createRequire(import.meta.url);
	for (const prefix of ['node-', 'node-bin-']) {
		try {
			const binary = join(dirname(find(`${prefix}${process.platform}-${process.arch}/package.json`)), 'bin/node');
			if (existsSync(link) || !existsSync(binary)) return false;
			symlinkSync(relative(bin, binary), link);
			return true;
		} catch {
			// Not installed under this name.
		}
	}
	return false;
}
