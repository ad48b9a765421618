/** Lists and sizes as they are written on the command line. */

const UNITS = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** `64k`, `1m`, `32m`, `1g` or plain bytes. @throws RangeError that says what was wrong */
export function bytesOf(text: string): number {
	const match = /^(\d+)([kmg]?)$/i.exec(text.trim());
	const bytes = match === null ? 0 : Number(match[1]) * UNITS[(match[2] as string).toLowerCase() as keyof typeof UNITS];
	if (!(bytes > 0)) throw new RangeError(`tickforge bench: "${text}" is no size; write bytes, or 64k, 1m, 1g`);
	return bytes;
}

/** The shortest spelling that `bytesOf` reads back. */
export function bytesName(bytes: number): string {
	for (const unit of ['g', 'm', 'k'] as const) if (bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
	return String(bytes);
}

/** `1,32,5000`. */
export function wholeNumbersOf(text: string, what: string): number[] {
	return listOf(text).map((item) => {
		const value = Number(item);
		if (!(Number.isInteger(value) && value >= 1)) throw new RangeError(`tickforge bench: ${what} "${item}" is no whole number from 1`);
		return value;
	});
}

/** Words of a list, each one of those that are known. */
export function wordsOf<const Word extends string>(text: string, known: readonly Word[], what: string): Word[] {
	return listOf(text).map((item) => {
		const found = known.find((word) => word === item);
		if (found === undefined) throw new RangeError(`tickforge bench: ${what} "${item}" is not known; there are ${known.join(', ')}`);
		return found;
	});
}

export const listOf = (text: string): string[] =>
	text
		.split(',')
		.map((item) => item.trim())
		.filter((item) => item !== '');
