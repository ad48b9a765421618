import { describe, expect, it } from 'vitest';
import { caseCount } from '../protocols/json/properties.ts';
import { parseDouble } from './kernels.ts';

const view = new DataView(new ArrayBuffer(8));
const bits = (value: number): bigint => {
	view.setFloat64(0, value);
	return view.getBigUint64(0);
};
const fromBits = (value: bigint): number => {
	view.setBigUint64(0, value);
	return view.getFloat64(0);
};

function createRandom(seed: number): (bound: number) => number {
	let state = seed >>> 0;
	return (bound) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
	};
}

/** The exact decimal expansion of the midpoint between a double and the next one. */
function midpoint(value: number): string {
	const raw = bits(value);
	const exponent = Number((raw >> 52n) & 0x7ffn);
	const fraction = raw & ((1n << 52n) - 1n);
	const mantissa = (exponent === 0 ? fraction : fraction | (1n << 52n)) * 2n + 1n;
	const power = (exponent === 0 ? 1 : exponent) - 1076;
	if (power >= 0) return (mantissa << BigInt(power)).toString();
	const digits = (mantissa * 5n ** BigInt(-power)).toString().padStart(-power + 1, '0');
	return `${digits.slice(0, digits.length + power)}.${digits.slice(digits.length + power)}`;
}

/** Texts of many kinds: shortest spellings, long ones, midpoints and their neighbours, denormals, extremes, round numbers. */
function texts(random: (bound: number) => number): () => string {
	const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('');
	const anyDouble = (): number => {
		for (;;) {
			const value = fromBits((BigInt(random(2 ** 31)) << 32n) | BigInt(random(2 ** 32)));
			if (Number.isFinite(value)) return value;
		}
	};
	const grammatical = (whole: string, fraction: string, exponent: string): string => `${whole.replace(/^0+(?=.)/, '')}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
	return () => {
		switch (random(10)) {
			case 0:
				return String(anyDouble());
			case 1:
				return grammatical(digits(1 + random(25)), digits(random(25)), `e${random(700) - 380}`);
			case 2:
				return grammatical(digits(1 + random(12)), digits(random(12)), '');
			case 3: {
				const exact = midpoint(anyDouble());
				const nudge = random(4);
				const pointed = exact.includes('.') ? exact : `${exact}.0`;
				if (nudge === 0) return exact;
				if (nudge === 1) return `${pointed}${'0'.repeat(random(40))}1`;
				if (nudge === 2) return pointed;
				// One less in the last digit that is not zero.
				const last = [...pointed].findLastIndex((char) => char >= '1' && char <= '9');
				return `${pointed.slice(0, last)}${Number(pointed[last]) - 1}${'9'.repeat(1 + random(30))}`.replace(/^00+/, '0');
			}
			case 4: {
				const denormal = fromBits(BigInt(1 + random(2 ** 32)) * BigInt(1 + random(2 ** 20)));
				return random(2) === 0 ? String(denormal) : midpoint(denormal);
			}
			case 5:
				return grammatical(digits(1 + random(400)), digits(random(400)), random(2) === 0 ? '' : `E${random(600) - 300}`);
			case 6:
				return `${random(2 ** 32)}e${random(60) - 30}`;
			case 7:
				return `${1 + random(9)}${'0'.repeat(random(400))}${random(2) === 0 ? '' : `e-${random(420)}`}`;
			case 8:
				return `0.${'0'.repeat(random(350))}${digits(1 + random(30)).replace(/^0+$/, '1')}`;
			default:
				return [
					'1.7976931348623157e308',
					'1.7976931348623158e308',
					'1.7976931348623159e308',
					'2.2250738585072011e-308',
					'2.2250738585072014e-308',
					'4.9406564584124654e-324',
					'2.4703282292062327e-324',
					'2.4703282292062328e-324',
					'9007199254740993',
					'1e23',
					'8.5e22',
					'6929495644600919.5',
					'0',
					'0.0',
					'0e999',
					'1e400',
					'1e-400',
				][random(17)] as string;
		}
	};
}

describe('doubles', () => {
	it('are bit for bit what Number() gives', { timeout: 3_600_000 }, () => {
		const random = createRandom(Number(process.env.TICKFORGE_SEED ?? 1));
		const next = texts(random);
		const nightly = process.env.TICKFORGE_NIGHTLY === '1' && process.env.TICKFORGE_CASES === undefined;
		const cases = nightly ? 10_000_000 : caseCount(100_000);
		for (let index = 0; index < cases; index++) {
			const text = `${random(2) === 0 ? '' : '-'}${next()}`;
			if (bits(parseDouble(text)) !== bits(Number(text))) expect.fail(`${text}: ${parseDouble(text)} instead of ${Number(text)}`);
		}
	});

	it('may have 800 digits and more', () => {
		for (const value of [5e-324, 2.2250738585072014e-308, 1.5, 1e22, 1.7976931348623157e308]) {
			const exact = midpoint(value);
			for (const text of [exact, `${exact}${exact.includes('.') ? '' : '.'}${'0'.repeat(900)}1`, `${exact}${exact.includes('.') ? '' : '.'}${'0'.repeat(2000)}`]) {
				expect(parseDouble(text)).toBe(Number(text));
			}
		}
		expect(parseDouble(`1${'0'.repeat(5000)}e-5000`)).toBe(1);
		expect(parseDouble(`0.${'0'.repeat(5000)}1e5001`)).toBe(1);
	});
});
