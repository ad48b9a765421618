/**
 * 64-bit mantissas as 128-bit integers, which Arrow's and DuckDB's decimals of 19 digits are.
 *
 * @param words the memory with the mantissas; @param from the first one's place in it, in words
 * @param to gets four words a row, least first
 */
export function widenDecimals(words: Int32Array, from: number, rows: number, to: Int32Array): void {
	for (let row = 0; row < rows; row++) {
		const high = words[from + row * 2 + 1] as number;
		to[row * 4] = words[from + row * 2] as number;
		to[row * 4 + 1] = high;
		to[row * 4 + 2] = high >> 31;
		to[row * 4 + 3] = high >> 31;
	}
}
