/**
 * Texts that are not JSON, and where they stop being it. A value is tried as `[value]`; `offset` counts from the
 * value's first byte. A message is tried as it is.
 */
import type { ErrorCategory } from '../../../../src/compiler/parser-abi.ts';

export interface Broken {
	readonly text: string | Uint8Array;
	readonly category: ErrorCategory;
	readonly offset: number;
}

const broken =
	(category: ErrorCategory) =>
	(offset: number, ...texts: (string | Uint8Array)[]): Broken[] =>
		texts.map((text) => ({ text, category, offset }));
const syntax = broken('syntax');
const number = broken('number');
const truncated = broken('truncated');
const badEscape = broken('escape');

const encoder = new TextEncoder();
/** Text with bytes in it. */
const bytes = (...parts: (string | number)[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...encoder.encode(part)])));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Bytes that start no value. White space and the closing bracket are left out: they change what `[value]` is. */
const NO_VALUE = range(0, 255).filter((byte) => ![0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2d, 0x5b, 0x5d, 0x66, 0x6e, 0x74, 0x7b, ...range(0x30, 0x39)].includes(byte));

const ESCAPABLE = [...'"\\/bfnrtu'].map((letter) => letter.charCodeAt(0));

/** Byte sequences that are no UTF-8, and how many bytes before the first bad one are good. */
const BAD_UTF8: readonly (readonly number[])[] = [
	...range(0x80, 0xc1).map((byte) => [byte]),
	...range(0xf5, 0xff).map((byte) => [byte]),
	[0xc2],
	[0xdf],
	[0xc2, 0x7f],
	[0xc2, 0xc0],
	[0xdf, 0x20],
	[0xc0, 0x80],
	[0xc1, 0xbf],
	[0xe0, 0x80, 0x80],
	[0xe0, 0x9f, 0xbf],
	[0xe0, 0xa0],
	[0xe0, 0xa0, 0x7f],
	[0xe0, 0xa0, 0xc0],
	[0xe1],
	[0xe1, 0x80],
	[0xe1, 0x7f, 0x80],
	[0xe1, 0x80, 0x20],
	[0xe2, 0x82],
	[0xef, 0xbf],
	[0xed, 0xa0, 0x80],
	[0xed, 0xbf, 0xbf],
	[0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
	[0xee, 0x80],
	[0xf0, 0x80, 0x80, 0x80],
	[0xf0, 0x8f, 0xbf, 0xbf],
	[0xf0, 0x90, 0x80],
	[0xf0, 0x90],
	[0xf0],
	[0xf0, 0x90, 0x80, 0x7f],
	[0xf0, 0x90, 0x20, 0x80],
	[0xf1, 0x80, 0x80],
	[0xf3, 0xbf, 0xbf, 0xc0],
	[0xf4, 0x90, 0x80, 0x80],
	[0xf4, 0xbf, 0xbf, 0xbf],
	[0xf4, 0x8f, 0xbf],
	[0xf8, 0x88, 0x80, 0x80, 0x80],
	[0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
	[0xfe],
	[0xff, 0xff],
];

export const BROKEN_VALUES: readonly Broken[] = [
	// No value at all.
	...NO_VALUE.flatMap((byte) => syntax(0, bytes(byte))),
	...syntax(0, '+1', '.5', 'NaN', 'Infinity', 'undefined', 'True', 'TRUE', 'False', 'Null', "'a'", '`a`', 'a', '/* */1', '// x', '#', '\u00a01', '\u20281', '\ufeff1', '\ufeff', '@', '()', '\\u0031', 'x', '_', ';', ',', ':', ',1', '}', ')'),
	...syntax(1, '1a', '1_000', '0x1', '0b1', '0o7', '01', '00', '1:2', '1"', '1{}', '1[]'),
	...syntax(2, '-00', '-01', '-0x1', '1 2', '1 a', '""x', '12a', '[]a', '[][]', '{}{}', '[]1', '{}"a"', '1 :', '""1', '"":'),
	...syntax(3, '1.5.2', '1.5x', '1e5.0', '1e5e', '1e5a', '1.0-', '1.0+', '1e2-', '-1 x', '"" ""'),
	...syntax(4, 'trueX', 'nullX', 'true1', 'null"', 'truetrue'),
	...syntax(5, 'falseX', 'false0'),
	// Words.
	...syntax(1, 'tRUE', 'fALSE', 'nULL', 'nan', 'nil', 't', 'f', 'n', 't ', 'none', 'fxlse'),
	...syntax(2, 'tr', 'tre', 'nu', 'fa', 'trUe', 'nu11', 'nu ll'),
	...syntax(3, 'tru', 'nul', 'fal', 'truE', 'nulL', 'tru\u0435', 'fal5e'),
	...syntax(4, 'fals', 'falsE', 'fals '),
	// Numbers.
	...number(1, '-', '-a', '-.5', '-e1', '--1', '-+1', '- 1', '-Infinity', '-NaN', '-"1"', '-[]', '-,'),
	...number(2, '1.', '1.a', '1..5', '1.e5', '1.E5', '1.-5', '1. 5', '0.', '0.e1', '1e', '1E', '1ea', '1e.5', '1e 5', '1e"', '1e,', '0e', '9.,'),
	...number(3, '-1.', '-0.', '-1e', '1e+', '1e-', '1E+', '1E-', '1e+a', '1e--5', '1e++5', '1e+-5', '1e-.5', '1e+ 5', '0E+', '12.', '12e'),
	...number(4, '1.5e', '1.5E', '-1e+', '-1e-', '123.', '123e', '0.0e'),
	...number(5, '1.5e+', '1.5e-', '1.5E+x'),
	...number(17, '1234567890123456.', '1234567890123456e', '1234567890123456E'),
	// Strings.
	...range(0, 0x1f).flatMap((byte) => broken('control-character')(1, bytes('"', byte, '"'))),
	...range(0, 0x1f).flatMap((byte) => broken('control-character')(18, bytes('"', 'a'.repeat(17), byte, 'b"'))),
	...broken('control-character')(3, bytes('"\\n', 0x0a, '"'), bytes('"', 0xc3, 0xa9, 0x00, '"')),
	...range(0, 255)
		.filter((byte) => !ESCAPABLE.includes(byte))
		.flatMap((byte) => badEscape(1, bytes('"\\', byte, '"'))),
	...badEscape(
		1,
		'"\\u"',
		'"\\u0"',
		'"\\u00"',
		'"\\u004"',
		'"\\u004g"',
		'"\\ug000"',
		'"\\u0g00"',
		'"\\u00g0"',
		'"\\u 041"',
		'"\\u-041"',
		'"\\u+041"',
		'"\\u004\\"',
		'"\\U0041"',
		'"\\x41"',
		'"\\u{41}"',
		'"\\N"',
		'"\\a\\b"',
		'"\\u00é0"',
		'"\\uＡＢＣＤ"',
		'"\\u00\n1"',
		'"\\u0x41"',
		'"\\u/041"',
		'"\\u:041"',
		'"\\u@041"',
		'"\\uG041"',
		'"\\u`041"',
	),
	...badEscape(7, '"\\ud83d\\u"', '"\\ud83d\\uzzzz"', '"\\ud83d\\x"', '"\\ud83d\\ude0"', '"\\u0041\\u004"', '"abcdef\\q"', '"\\ud83d\\U0041"'),
	...badEscape(3, '"aa\\v"', '"\\\\\\0"', '"\\n\\e"'),
	...BAD_UTF8.flatMap((bad) => broken('utf8')(1, bytes('"', ...bad, '"'))),
	...BAD_UTF8.flatMap((bad) => broken('utf8')(20, bytes('"', 'a'.repeat(15), 0xf0, 0x9f, 0x98, 0x80, ...bad, 'tail of the string"'))),
	...broken('utf8')(3, bytes('"\\n', 0xff, '"'), bytes('"', 0xc3, 0xa9, 0x80, '"')),
	// Arrays and objects.
	...syntax(1, '[,]', '[,1]', '[}', '[:1]', '{,}', '{]', '{1:1}', '{a:1}', "{'a':1}", '{null:1}', '{[]:1}', '{{}:1}', '{:1}', '{true:1}', '[)', '{-1:1}'),
	...syntax(2, '[ }', '[ ,]', '{ ]', '{ ,}', '[1:', '[1}'),
	...syntax(3, '[1,,2]', '[1,]', '[1,}', '[1 2]', '[1 :]', '[1 ;]', '{""}', '{"",1}', '{""1}', '{""]', '[[]}', '[{}}', '[""x]', '[1 /*x*/]', '[1 //x]'),
	...syntax(4, '{"a"}', '{"a",1}', '{"a"1}', '{"a";1}', '{"a"=1}', '["a"1]', '["a""b"]', '["a":1]', '{"a"]', '[1, ]', '[1,2}', '{"a"{}}'),
	...syntax(5, '{"a":}', '{"a":,}', '{"a"::1}', '{"a":]', '{"a" 1}', '{"a" }', '["a" "b"]', '{"a":a}', '{"a":\'b\'}'),
	...syntax(6, '{"a":1]', '{"a":1;"b":2}', '{"a":1:2}', '{"a": }', '{"a":1"b":2}', '{"a":1{}}'),
	...syntax(7, '{"a":1,}', '{"a":1,,"b":2}', '{"a":1,1}', '{"a":1,b:2}', '{"a":1 "b":2}', '{"a":1,]', '{"a":1,null}', '{"a":1,\'b\':2}'),
	...syntax(10, '{"a":1,"b"}', '{"a":1,"b",}', '{"a":1,"b"]'),
	...syntax(8, '{"a":1, }', '[1,2,3,4}', '[[],[],1}'),
	...syntax(1, '[/*x*/1]', '{/*x*/}', '[#]', '{/a/:1}'),
	// Too deep: 64 brackets inside the array around the value.
	...broken('depth')(63, '['.repeat(64) + ']'.repeat(64), '['.repeat(64), `${'['.repeat(63)}{}${']'.repeat(63)}`, '['.repeat(100000)),
	...broken('depth')(5 * 63, `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`, '{"a":'.repeat(1000)),
	...broken('depth')(66, `[[],${'['.repeat(63)}${']'.repeat(63)}]`),
];

export const BROKEN_MESSAGES: readonly Broken[] = [
	...truncated(0, ''),
	...truncated(1, ' ', '\n', '\t', '\r', '[', '{'),
	...truncated(3, '   ', '[1,', '[""', '[ 1', '[[]', '{""', '[1 '),
	...truncated(20, ' \n\t\r'.repeat(5)),
	...truncated(2, '["', '[[', '[{', '{"', '[1', '[-', '[t', '[n', '[f', '[ ', '{ '),
	...truncated(4, '[nul', '[tru', '[fal', '["\\u', '["\\"', '{"a"', '{"":', '[1.5', '[1e5', '[1, ', '[1e+', '["ab'),
	...truncated(5, '["\\u0', '{"a":', '[null', '[true', '[fals', '[1.5e', '[1,2,', '["abc'),
	...truncated(6, '["\\u00', '{"a":1', '[false', '{"a":"', '{"a":{', '{"a":['),
	...truncated(7, '["\\u004', '{"a":1,', '{"a":{}', '{"a":[]'),
	...truncated(8, '["\\u0041', '{"a":1, '),
	...truncated(8, '["\\ud83d'),
	...truncated(9, '["\\ud83d\\'),
	...truncated(10, '["\\ud83d\\u'),
	...broken('utf8')(2, bytes('["', 0xe2), bytes('["', 0xe2, 0x82), bytes('["', 0xf0, 0x9f, 0x98), bytes('["', 0xc3)),
	...truncated(5, bytes('["', 0xe2, 0x82, 0xac)),
	...broken('trailing')(2, '[]]', '[]}', '{}}', '[],', '{},', '[]0', '[]x', '{}{}', '[][]', '[]"', bytes('[]', 0), bytes('[]', 0xff), '[]\ufeff', '[]\u00a0', '[]\v', '[]\f', '[]//', '[]#'),
	...broken('trailing')(3, '[1]2', '[1]]', '{} {}', '[]\n[]', '[] x', '[] \0'),
	...broken('trailing')(6, '[] \n\t\r]'),
	...syntax(0, '\ufeff[]', '\ufeff{}', '\u00a0[]', '\u2028[]', ']', '}', ',', ':', '\v[]', '\f[]', '\0[]', '\0', bytes(0xff, 0xfe, '[', 0, ']', 0), bytes(0xfe, 0xff, 0, '[', 0, ']'), bytes(0x80), '/**/[]', '//\n[]', '#', '(', '<a/>', 'HTTP/1.1 200 OK', '\x1e[]', "'a'"),
	...syntax(1, bytes('[', 0, ']', 0), '[\ufeff]', ' \v[]', ' \u00a0[]', '\n\ufeff[]'),
];
