/**
 * What messages are made of: instruments, times, counters; seeded. Two mixes of layouts:
 *
 * - `realistic`: each instrument has its own price level, which walks slowly, and its own tick and lot, as venues give
 *   them. So the widths of its fields mostly repeat, and differ from its neighbour's.
 * - `adversarial`: every field has a width of its own, drawn evenly and anew for each message. Nothing repeats.
 */
import { createBelow } from '../statistics.ts';

export const MIXES = ['realistic', 'adversarial'] as const;
export type Mix = (typeof MIXES)[number];

export interface Market {
	readonly mix: Mix;
	/** Whole numbers below a bound. */
	below(bound: number): number;
	/** The instrument of the next message; its price has moved. */
	instrument(): Instrument;
	/** Milliseconds since the epoch, rising. */
	time(): number;
	/** An identifier: a rising counter, or any number of 1 to 12 digits. */
	next(): number;
}

export interface Instrument {
	readonly name: string;
	/** A price some ticks away from where it stands (0: there). */
	price(ticks?: number): string;
	size(): string;
	/** A volume of a day, some hundred thousand sizes. */
	volume(): string;
	/** A change of the price in ticks, with its sign. */
	change(): string;
}

const BASES = ['BTC', 'ETH', 'SOL', 'DOGE', 'XRP', 'ADA', 'AVAX', 'LINK', 'SUSHI', 'MATIC', 'DOT', 'UNI', 'LTC', 'BCH', 'ATOM', 'NEAR'];
const QUOTES = ['USDT', 'BTC', 'EUR', 'FDUSD'];

/** Names as venues have them, as many as wanted. */
export function symbolNames(count: number): string[] {
	return Array.from({ length: count }, (_, index) => {
		const base = BASES[index % BASES.length] as string;
		const round = Math.floor(index / BASES.length / QUOTES.length);
		return `${round === 0 ? '' : round}${base}${QUOTES[Math.floor(index / BASES.length) % QUOTES.length]}`;
	});
}

/** Some instruments are traded much more than others. */
export function createMarket(mix: Mix, symbols: number, seed = 7): Market {
	const below = createBelow(seed);
	const instruments = mix === 'realistic' ? symbolNames(symbols).map((name) => walkingInstrument(name, below)) : symbolNamesOfAnyWidth(symbols, below).map((name) => ({ ...wildInstrument(below), name }));
	let now = 1_717_000_000_000;
	let counter = 3_000_000_000;
	return {
		mix,
		below,
		instrument() {
			const chosen = instruments[mix === 'realistic' ? Math.min(below(symbols), below(symbols)) : below(symbols)] as Instrument & { move?(): void };
			chosen.move?.();
			return chosen;
		},
		time: () => (now += below(7)),
		next: mix === 'realistic' ? () => ++counter : () => below(10 ** (1 + below(9))) * (below(2) === 0 ? 1 : 1000) + 1,
	};
}

/** A number of ticks as a decimal with a fixed count of digits after the point. */
function fixed(units: number, digits: number): string {
	const text = String(Math.max(0, Math.round(units))).padStart(digits + 1, '0');
	return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function walkingInstrument(name: string, below: (bound: number) => number): Instrument & { move(): void } {
	// Four to six digits that matter: 67123.10, 3.0415, 0.00012345.
	const tickDigits = [1, 2, 2, 2, 3, 4, 4, 5, 8][below(9)] as number;
	const lotDigits = Math.max(0, Math.min(5, 6 - tickDigits + below(2)));
	const home = 10 ** (3 + below(3)) * (2 + below(7)) + below(10_000);
	const lots = 10 ** (1 + below(4));
	let ticks = home;
	return {
		name,
		move() {
			ticks += below(5) - 2;
			// Comes back: a level of five digits stays one for a long time, as prices do.
			if (Math.abs(ticks - home) > home / 50) ticks += ticks > home ? -2 : 2;
		},
		price: (away = 0) => fixed(ticks + away, tickDigits),
		// Mostly of one width, now and then one digit more or less.
		size: () => fixed((below(8) === 0 ? lots / 10 : lots) * (1 + below(9)) + below(lots), lotDigits),
		volume: () => fixed(lots * 2_000_000 + below(lots * 400_000), lotDigits),
		change: () => `${ticks < home ? '-' : ''}${fixed(Math.abs(ticks - home) + 1, tickDigits)}`,
	};
}

function wildInstrument(below: (bound: number) => number): Omit<Instrument, 'name'> {
	const digits = (count: number): string => String(below(10 ** count)).padStart(count, '0');
	const decimal = (): string => {
		const whole = 1 + below(7);
		const fraction = below(9);
		return `${whole === 1 ? below(10) : 1 + below(9)}${whole > 1 ? digits(whole - 1) : ''}${fraction === 0 ? '' : `.${digits(fraction)}`}`;
	};
	return { price: decimal, size: decimal, volume: decimal, change: () => `${below(2) === 0 ? '-' : ''}${decimal()}` };
}

function symbolNamesOfAnyWidth(count: number, below: (bound: number) => number): string[] {
	const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
	const names = new Set<string>();
	while (names.size < count) names.add(Array.from({ length: 3 + below(15) }, () => letters[below(letters.length)]).join(''));
	return [...names];
}
