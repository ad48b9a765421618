import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../../src');

/** In this order: each may import from those before it. docs/architecture.md says what they are. */
const FOUNDATIONS = ['wasm', 'memory', 'os', 'kernels', 'codecs', 'symbols', 'schema', 'compiler'];
/** Presets are data: they know only how to describe a message. */
const ONLY_SCHEMA = ['schema', 'exchanges'];
/** Stages import foundations and themselves; what else they may import stands here. */
const STAGES: Readonly<Record<string, readonly string[]>> = {
	sources: [],
	framing: [],
	protocols: [],
	integrity: [],
	columns: [],
	book: ['columns'],
	sinks: ['columns'],
	exchanges: [],
	// It knows every format, and tries parsers on samples.
	detect: ['sources', 'framing', 'protocols', 'integrity', 'exchanges', 'pipeline'],
	// What it watches is what people run: whole feeds.
	observe: ['sources', 'framing', 'pipeline'],
};
/** Says which release this is, knows nothing else, and may be asked from anywhere. */
const EVERYWHERE = 'version.ts';
/** These know everything. */
const TOP = ['pipeline', 'observe', 'simulate', 'report', 'cli'];

function filesIn(folder: string): string[] {
	return readdirSync(folder).flatMap((name) => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? filesIn(path) : path.endsWith('.ts') ? [path] : [];
	});
}

function allowed(room: string): readonly string[] | null {
	const foundation = FOUNDATIONS.indexOf(room);
	if (foundation >= 0) return FOUNDATIONS.slice(0, foundation + 1);
	if (room === 'exchanges') return ONLY_SCHEMA;
	const stage = STAGES[room];
	if (stage !== undefined) return [...FOUNDATIONS, room, ...stage];
	return TOP.includes(room) ? null : [];
}

describe('the rooms of src/', () => {
	const files = filesIn(source);

	it('are those of docs/architecture.md', () => {
		const rooms = readdirSync(source).filter((name) => statSync(join(source, name)).isDirectory());
		const known = [...FOUNDATIONS, ...Object.keys(STAGES), ...TOP];
		expect(rooms.filter((room) => !known.includes(room))).toEqual([]);
		const page = readFileSync(resolve(source, '../docs/architecture.md'), 'utf8');
		expect(rooms.filter((room) => !page.includes(`\`${room}/`))).toEqual([]);
	});

	it('import only what lies above them', () => {
		const broken = files.flatMap((file) => {
			const [room = ''] = relative(source, file).split(/[\\/]/);
			if (room.endsWith('.ts')) return [];
			const may = allowed(room);
			if (may === null) return [];
			const imports = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => relative(source, resolve(dirname(file), match[1] as string)));
			return imports.map((target) => target.split(/[\\/]/)[0] as string).flatMap((target) => (may.includes(target) || target === EVERYWHERE ? [] : [`${relative(source, file)} imports ${target}/`]));
		});
		expect(broken).toEqual([]);
	});

	it('have venues in files that are a pleasure to read', () => {
		const long = filesIn(join(source, 'exchanges')).filter((file) => readFileSync(file, 'utf8').split('\n').length > 200);
		expect(long).toEqual([]);
	});
});
