/** The generated tier gives the same rows as the reference for every recorded message. */
import { describe, expect, test } from 'vitest';
import { type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { compareTiers } from '../protocols/json/harness.ts';
import { reference, schemaTier, schemaTierExists } from '../protocols/json/tiers.ts';
import { readCapture } from './captures.ts';

describe.skipIf(!schemaTierExists)('recorded sessions in both tiers', () => {
	for (const name of Object.keys(exchanges) as ExchangeName[]) {
		if (name === 'binance-spot-raw') continue;
		const messages = readCapture(name);
		test.skipIf(messages === null)(`${name}${messages === null ? ' (no recording here)' : ''}`, { timeout: 120_000 }, () => {
			const schema = exchanges[name].schema;
			expect(compareTiers([reference, schemaTier], schema, messages ?? [], { rows: 256, items: 32768 })).toBeNull();
			// Damaged on the way: a byte lost, a byte changed, cut short.
			const damaged = (messages ?? []).slice(0, 300).flatMap((message, index) => {
				const at = (index * 7919) % message.length;
				return [message.slice(0, at) + message.slice(at + 1), `${message.slice(0, at)}"${message.slice(at + 1)}`, message.slice(0, at)];
			});
			expect(compareTiers([reference, schemaTier], schema, damaged, { rows: 256, items: 32768 })).toBeNull();
		});
	}
});
