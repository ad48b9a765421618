/** Random formats: what is written is read again, and the tiers agree on it and on damaged messages, byte by byte. */
import { describe, expect, it } from 'vitest';
import { binary, createEncoder, type WireFormat } from '../../../src/protocols/binary/index.ts';
import { SchemaError } from '../../../src/schema/index.ts';
import { compareTiers, parseAll } from '../json/harness.ts';
import { createRandom, damage, makeFormat, makeRow, VERSION } from './random-formats.ts';
import { tiersOfProtocol } from './tiers.ts';

const FORMATS = process.env.TICKFORGE_NIGHTLY === undefined ? 120 : 20000;

function usable(format: WireFormat): ReturnType<typeof binary> | null {
	try {
		return binary(format);
	} catch (error) {
		if (error instanceof SchemaError) return null;
		throw error;
	}
}

describe('random formats', () => {
	it(`${FORMATS} of them are written, read, damaged, and read alike by both tiers`, () => {
		let used = 0;
		for (let seed = 1; seed <= FORMATS; seed++) {
			const random = createRandom(seed);
			const format = makeFormat(random);
			const protocol = usable(format);
			if (protocol === null) continue;
			used++;
			const encoder = createEncoder(protocol);
			const version = format.header.version === null ? VERSION : random.pick([VERSION, VERSION, VERSION - 1, 1, 0]);
			const messages: Uint8Array[] = [];
			const expected: Record<string, unknown[]> = {};
			for (let count = 0; count < 12; count++) {
				const { name, nodes, role } = random.pick(format.messages);
				const made = makeRow(random, nodes, version);
				messages.push(encoder.encode(name, made.row, { version, extraBlockBytes: random.chance(0.3) ? 3 : 0 }));
				if (role === 'table') (expected[name] ??= []).push(made.expected);
			}
			const tiers = tiersOfProtocol(protocol, seed % 3 !== 0);
			const rows = parseAll(tiers[0].create, protocol.schema, messages, { rows: 64 });
			expect(rows.refused, `seed ${seed}`).toEqual([]);
			for (const { name, role } of format.messages) if (role === 'table') expect(rows.rows[name], `seed ${seed}`).toEqual(expected[name] ?? []);
			expect(compareTiers(tiers, protocol.schema, messages, { rows: 64, received: seed % 2 === 0, sequence: seed % 3 === 0 }), `seed ${seed}`).toBeNull();
			// Again and again, so that all names are known and messages are sorted.
			const again = Array.from({ length: 150 }, () => random.pick(messages));
			expect(compareTiers(tiers, protocol.schema, again, { rows: 64, received: seed % 2 === 0, sequence: seed % 3 === 0 }), `seed ${seed}, again`).toBeNull();
			const damaged = Array.from({ length: 60 }, () => damage(random, random.pick(messages)));
			const beyond = random.pick(['\0', ' ', '\x7f', 'A']);
			expect(compareTiers(tiers, protocol.schema, damaged, { rows: 64, items: 64, textBytes: 256, errorLimit: 16, beyond, tight: random.chance(0.3) }), `seed ${seed}, damaged`).toBeNull();
		}
		// Most formats are possible ones.
		expect(used).toBeGreaterThan(FORMATS / 2);
	});
});
