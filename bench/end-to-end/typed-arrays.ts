/** JSON.parse line by line into typed arrays, which are written as they lie: the least a program can do. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createPlainColumns, type MessageType } from '../messages/index.ts';
import type { Way } from './index.ts';
import { forEachLine } from './read-lines.ts';

const ROWS = 16384;
/** Columns of numbers that the types have at most here. */
const NUMBERS = 8;

export function toTypedArrays(type: MessageType): Way {
	return (input, output) => {
		const target = createPlainColumns(ROWS, ROWS * 32);
		const file = openSync(output, 'w');
		let row = 0;
		let rows = 0;
		const write = (): void => {
			for (const column of target.numbers.slice(0, NUMBERS)) writeSync(file, column, 0, row * 8);
			writeSync(file, target.symbols, 0, row * 4);
			rows += row;
			row = 0;
			target.used = 0;
		};
		try {
			forEachLine(input, (line) => {
				type.columns(JSON.parse(line) as never, row, target);
				if (++row === ROWS) write();
			});
			write();
		} finally {
			closeSync(file);
		}
		return rows;
	};
}
