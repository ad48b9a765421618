/** A day of ITCH for tests and benchmarks: flows in which what is executed, cancelled, deleted and replaced was added before. */
import { binary, createEncoder, itch50 } from '../src/index.ts';

export interface ItchDayOptions {
	readonly stocks: number;
	readonly seed: number;
	/** Share of order messages that name an order which is not there, or one twice. */
	readonly wrong: number;
	/** Orders that are there before the mix begins; from then on as many come as go. Default 0. */
	readonly standing?: number;
}

/**
 * About the mix of a day: 42 % additions, 40 % deletions, 7 % replacements, 6 % executions, 2 % cancellations. Names
 * first, then `standing` additions, then the mix.
 */
export function makeItchDay(count: number, options: ItchDayOptions): Uint8Array[] {
	const messages: Uint8Array[] = [];
	writeItchDay(count, options, (message) => messages.push(message));
	return messages;
}

/** The same, message by message. */
export function writeItchDay(count: number, { stocks, seed, wrong, standing = 0 }: ItchDayOptions, give: (message: Uint8Array) => void): void {
	let state = seed >>> 0;
	const random = (): number => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
	const below = (most: number): number => Math.floor(random() * most);
	const encoder = createEncoder(binary(itch50()));
	let given = 0;
	const write = (message: Uint8Array): void => {
		given++;
		give(message);
	};
	const live: number[] = [];
	/** Few stocks have most orders, as everywhere. */
	const stockOf = (order: number): number => 1 + Math.floor(stocks * ((Math.imul(order, 2654435761) >>> 0) / 2 ** 32) ** 4);
	let reference = 1;
	let sequence = 0;
	const head = (stock: number) => ({ stockLocate: stock, trackingNumber: 0, timestamp: 34_200_000_000_000n + BigInt(sequence++) * 1000n });
	const middle = (stock: number): number => 10_000 * (5 + (stock % 400));
	// Near the best mostly; two sums of draws make it so.
	const priceOf = (stock: number, side: 'buy' | 'sell'): bigint => BigInt(middle(stock) + (side === 'buy' ? -1 : 1) * 100 * (1 + Math.floor(below(30) * random())));
	for (let stock = 1; stock <= stocks; stock++) {
		const row = {
			...head(stock),
			stock: `S${stock}`,
			marketCategory: 'global select market',
			financialStatus: 'normal',
			roundLotSize: 100,
			roundLotsOnly: false,
			issueClassification: 'common stock',
			issueSubType: 'Z',
			authenticity: 'production',
			shortSaleThreshold: false,
			ipo: false,
			luldReferencePriceTier: 'tier 1',
			etp: false,
			etpLeverageFactor: 0,
			inverse: false,
		};
		write(encoder.encode('stockDirectory', row as never));
	}
	const add = (): void => {
		const side = random() < 0.5 ? 'buy' : 'sell';
		const own = random() < wrong && live.length > 0 ? (live[below(live.length)] as number) : reference;
		const stock = stockOf(own);
		reference += 1 + below(2);
		live.push(own);
		const row = { ...head(stock), orderReference: BigInt(own), side, shares: 100 * (1 + below(9)), stock: `S${stock}`, price: priceOf(stock, side) };
		write(random() < 0.03 ? encoder.encode('addOrderAttributed', { ...row, attribution: 'NSDQ' } as never) : encoder.encode('addOrder', row as never));
	};
	/** Most that go are young. */
	const pick = (): number => (random() < 0.5 ? live.length - 1 - Math.floor(below(Math.min(live.length, 2000)) * random()) : below(live.length));
	for (let made = 0; made < standing; made++) add();
	while (given < count + standing + stocks) {
		const draw = random();
		if (draw < 0.44 || live.length < 10) {
			add();
			continue;
		}
		const index = pick();
		const own = random() < wrong ? reference + 1_000_000 : (live[index] as number);
		const stock = stockOf(own);
		const go = (): void => {
			live[index] = live.at(-1) as number;
			live.pop();
		};
		const orderReference = BigInt(own);
		if (draw < 0.85) {
			go();
			write(encoder.encode('orderDelete', { ...head(stock), orderReference }));
		} else if (draw < 0.92) {
			const next = reference;
			reference += 1 + below(2);
			write(encoder.encode('orderReplace', { ...head(stock), originalOrderReference: orderReference, newOrderReference: BigInt(next), shares: 100 * (1 + below(9)), price: priceOf(stock, random() < 0.5 ? 'buy' : 'sell') }));
			go();
			live.push(next);
		} else if (draw < 0.97) {
			const row = { ...head(stock), orderReference, executedShares: 1 + below(200), matchNumber: BigInt(sequence) };
			write(random() < 0.05 ? encoder.encode('orderExecutedWithPrice', { ...row, printable: true, price: 1n }) : encoder.encode('orderExecuted', row));
		} else if (draw < 0.99) write(encoder.encode('orderCancel', { ...head(stock), orderReference, cancelledShares: 1 + below(100) }));
		else write(encoder.encode('brokenTrade', { ...head(stock), matchNumber: BigInt(sequence) }));
	}
}
