/** Sixteen digits without quotes are the most that one load holds: with a scale they may pass the 63 bits. */
import { describe, expect, it } from 'vitest';
import { decimal, message, oneOf, timestamp } from '../../../src/schema/index.ts';
import { compareTiers } from './harness.ts';
import { reference, schemaTier } from './tiers.ts';

const NUMBERS = ['9697041001001001', '9223372036854775', '9223372036854776', '9999999999999999', '922337203685477', '-9223372036854775', '-9223372036854776'];

describe('numbers of 16 digits', () => {
	it.each([3, 4, 5, 8])('that do not fit a scale of %i are refused by the schema tier, too', (scale) => {
		const schema = oneOf('d', { version: 1 }, message('d', { e: decimal(scale) }));
		expect(
			compareTiers(
				[reference, schemaTier],
				schema,
				NUMBERS.map((number) => `{"e":${number}}`),
			),
		).toBeNull();
	});
	it.each(['us', 'ms', 's'] as const)('that are no timestamps in %s are refused by the schema tier, too', (format) => {
		const schema = oneOf('t', { version: 1 }, message('t', { e: timestamp(format) }));
		expect(
			compareTiers(
				[reference, schemaTier],
				schema,
				NUMBERS.map((number) => `{"e":${number}}`),
			),
		).toBeNull();
	});
});
