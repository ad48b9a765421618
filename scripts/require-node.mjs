// Says in words what is wrong before something obscure fails: the project's scripts need a newer Node.js than some
// machines have, and npm brings it (see docs/decisions/0001-node-through-npm.md).
const [major] = process.versions.node.split('.').map(Number);
if (major < 22) {
	console.error(
		[
			`tickforge: this script runs on Node.js ${process.versions.node}, but needs 22 or newer.`,
			'`npm install` brings Node.js 24 as an optional package for Linux, macOS (Apple silicon) and Windows; it was not installed here.',
			'Either run `npm install` without --omit=optional, or install Node.js 22 or newer yourself.',
		].join('\n'),
	);
	process.exit(1);
}
