/** A process that compiles several schemas with a cache that others use too, and says what its parsers gave. */
import { compile, decimal, json, message, openCodeCache, symbol } from '../../src/index.ts';

const [folder, ceiling, rounds] = process.argv.slice(2);
const cache = openCodeCache({ folder: folder as string, ceiling: Number(ceiling) });
const prices: string[] = [];
for (let round = 0; round < Number(rounds); round++) {
	const schema = message(`trade${round % 4}`, { symbol: symbol().key('s'), price: decimal(2).key('p') });
	const parser = compile(json(schema), { codeCache: cache, rows: 64, onBatch: (batch) => prices.push(String(batch.row(0).price)) });
	parser.parse(`{"s":"A","p":"${round}.25"}`);
	parser.flush();
	parser.dispose();
}
console.log(JSON.stringify({ prices, statistics: cache.statistics() }));
