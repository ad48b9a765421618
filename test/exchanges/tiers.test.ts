/** The generated tiers give the same rows as the reference for every recorded message. */
import { describe, expect, test } from 'vitest';
import { type ExchangeName, exchanges } from '../../src/exchanges/index.ts';
import { compareTiers } from '../protocols/json/harness.ts';
import { createLayoutTier } from '../protocols/json/layout-tier.ts';
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
		test.skipIf(messages === null)(`${name}, learned and damaged, in the layout tier${messages === null ? ' (no recording here)' : ''}`, { timeout: 240_000 }, () => {
			const schema = exchanges[name].schema;
			const some = (messages ?? []).filter((message) => message.length < 20_000).slice(0, 600);
			const counts = { taken: 0, missed: 0 };
			const options = { rows: 256, items: 8192, batch: 50, tight: true, memories: [new WebAssembly.Memory({ initial: 2000, maximum: 2000 }), new WebAssembly.Memory({ initial: 2000, maximum: 2000 })] as const };
			// Damaged where layouts are known already: a byte lost, added, changed, a bit flipped, cut short, digits changed.
			const encoder = new TextEncoder();
			const damaged = some.flatMap((message, index) => {
				const bytes = encoder.encode(message);
				const at = (index * 7919) % bytes.length;
				const flipped = bytes.slice();
				flipped[at] = (flipped[at] as number) ^ (1 << (index & 7));
				const nasty = bytes.slice();
				nasty[(index * 104729) % bytes.length] = [0x22, 0x2c, 0x30, 0x39, 0x3a, 0x5d, 0x7d, 0x80][index & 7] as number;
				return [message, message.slice(0, at) + message.slice(at + 1), `${message.slice(0, at)}0${message.slice(at)}`, flipped, nasty, message.slice(0, at), message.replace(/[0-9](?=[0-9]*[^0-9])/g, (digit, offset: number) => ((offset + index) % 3 === 0 ? String((Number(digit) + index) % 10) : digit))];
			});
			expect(compareTiers([schemaTier, createLayoutTier(counts)], schema, [...some, ...some, ...damaged, ...damaged], options)).toBeNull();
			// The oracle takes longest: some of each kind of damage, at night all, where layouts are known.
			const judged = process.env.TICKFORGE_NIGHTLY === '1' ? damaged : damaged.filter((_, index) => index % 11 === 0);
			expect(compareTiers([reference, createLayoutTier()], schema, [...some.slice(0, 200), ...judged], options)).toBeNull();
			expect(counts.taken).toBeGreaterThan(some.length);
		});
	}
});
