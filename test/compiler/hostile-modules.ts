import { I32 } from '../../src/wasm/index.ts';
import type { Change } from './handmade-modules.ts';

/** All are valid WebAssembly: it is not the engine that must find them out. */
export const HOSTILE: readonly (readonly [string, Change, RegExp])[] = [
	['another memory', { importName: 'secrets' }, /imports memory env\.secrets/],
	['a function import', { before: (m) => void m.importFunction('env', 'log', { params: { x: I32 }, results: [] }) }, /imports memory env\.memory, function env\.log/],
	['a start function', { more: (m) => m.start(m.func('run', { params: {}, results: [] }, () => undefined)) }, /start function/],
	['data written when linked', { more: (m) => m.data(0, Uint8Array.of(1, 2, 3)) }, /writes data/],
	['no parse', { without: 'parse' }, /exports constantsBytes, initialize,/],
	['no initialize', { without: 'initialize' }, /exports constantsBytes, parse,/],
	['no constantsBytes', { without: 'constantsBytes' }, /exports initialize, parse,/],
	['one export more', { more: (m) => void m.func('more', { params: {}, results: [], export: 'more' }, () => undefined) }, /exports constantsBytes, initialize, more, parse/],
	['a parse of another type', { parseResult: 'i64' }, /export parse is no parser's: function \(i32, i32, i32\) -> i64/],
	['too many constants', { constants: 2 ** 30 }, /constantsBytes is no parser's/],
	['fewer constants than none', { constants: -1 }, /constantsBytes is no parser's/],
	['constants that change', { mutableConstants: true }, /mutable i32/],
];
