/** Whether bytes are a parser's module: what instantiate.ts may link without a thought. */
import { type OutlinedExport, outlineModule } from '../wasm/module-outline.ts';

/** More than any generated parser's constants by far; it is what linking allocates. */
const MOST_CONSTANTS = 2 ** 26;

const WANTED: Readonly<Record<string, (entry: OutlinedExport) => boolean>> = {
	parse: ({ kind, type }) => kind === 'function' && type === '(i32, i32, i32) -> i32',
	initialize: ({ kind, type }) => kind === 'function' && type === '(i32) -> nothing',
	constantsBytes: ({ kind, type, initial }) => kind === 'global' && type === 'i32' && initial !== null && initial >= 0 && initial <= MOST_CONSTANTS,
};

/**
 * What makes bytes unfit to be linked as a parser, in words; null where nothing does. A parser imports `env.memory` and
 * nothing else, exports exactly `parse`, `initialize` and `constantsBytes`, and does nothing when it is linked: no start
 * function, no data written. Whether the bytes are valid WebAssembly is not asked here.
 */
export function mistakeInParserModule(bytes: Uint8Array): string | null {
	let outline: ReturnType<typeof outlineModule>;
	try {
		outline = outlineModule(bytes);
	} catch (error) {
		return error instanceof Error ? error.message.replace(/^tickforge: /, '') : String(error);
	}
	if (outline.imports.join() !== 'memory env.memory') return `it imports ${outline.imports.join(', ') || 'nothing'}, and a parser imports memory env.memory`;
	if (outline.start) return 'it has a start function';
	if (outline.activeData) return 'it writes data when it is linked';
	if (outline.ownMemory) return 'it has a memory of its own';
	const names = outline.exports.map(({ name }) => name).sort();
	if (names.join() !== Object.keys(WANTED).sort().join()) return `it exports ${names.join(', ') || 'nothing'}, and a parser exports parse, initialize and constantsBytes`;
	const wrong = outline.exports.find((entry) => WANTED[entry.name]?.(entry) !== true);
	return wrong === undefined ? null : `its export ${wrong.name} is no parser's: ${wrong.kind} ${wrong.type}${wrong.initial === null ? '' : ` of ${wrong.initial}`}`;
}
