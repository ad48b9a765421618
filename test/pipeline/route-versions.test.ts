/** An archive with several SBE schema versions: each message is read by the parser of its version, and nothing gets lost in between. */
import { describe, expect, it } from 'vitest';
import { type BinaryProtocol, compile, createEncoder, lengthPrefixed, parseFeed, type RefusedMessage, routeVersions, sbe, type VersionRoute } from '../../src/index.ts';
import { bytesSource } from '../../src/sources/bytes.ts';
import { prefixed } from '../detect/samples.ts';
import { createRandom } from '../protocols/binary/random-formats.ts';

const schema = (id: number, version: number, fields: string): string => `<messageSchema package="venue${id}" id="${id}" version="${version}" byteOrder="littleEndian"><types>
	<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
	<type name="symbol" primitiveType="char" length="8"/></types>
	<message name="Trade" id="1">${fields}</message><message name="Halt" id="2"><field name="symbol" id="1" type="symbol"/></message></messageSchema>`;
const old = '<field name="symbol" id="1" type="symbol"/><field name="price" id="2" type="int64"/>';
const v1 = await sbe(schema(7, 1, old));
const v3 = await sbe(schema(7, 3, `${old}<field name="size" id="3" type="int64" sinceVersion="2"/><field name="flags" id="4" type="uint16" sinceVersion="3"/>`));
/** Broken with: the price comes first, and the id is another one. */
const next = await sbe(schema(8, 0, '<field name="price" id="2" type="int32"/><field name="symbol" id="1" type="symbol"/>'));

const trade = (protocol: BinaryProtocol, index: number, version?: number): Uint8Array => createEncoder(protocol).encode('Trade', { symbol: `S${index % 50}`, price: BigInt(index), size: BigInt(index * 2), flags: index % 3 } as never, version === undefined ? {} : { version });
const rowsInto = (rows: unknown[]): Pick<VersionRoute, 'onBatch'> => ({ onBatch: (batch) => batch.visit((row) => rows.push({ table: batch.table, ...batch.row(row) })) });

describe('routeVersions', () => {
	it('a file of several versions, through a feed', async () => {
		const messages = Array.from({ length: 3000 }, (_, index) => {
			switch (index % 7) {
				case 0:
				case 1:
					return trade(v1, index);
				case 2:
					return trade(v3, index);
				// A version between: read by the newer schema, without what came later.
				case 3:
					return trade(v3, index, 2);
				case 4:
					return trade(next, index);
				// Newer than any schema here, with longer blocks.
				case 5:
					return createEncoder(v3).encode('Trade', { symbol: 'NEW', price: 1n, size: 2n, flags: 3 } as never, { version: 9, extraBlockBytes: 6 });
				default: {
					const foreign = Uint8Array.from(trade(v1, index));
					foreign[4] = 99;
					return foreign;
				}
			}
		});
		for (const tier of ['reference', 'schema'] as const) {
			const rows: Record<'v1' | 'v3' | 'next', Record<string, unknown>[]> = { v1: [], v3: [], next: [] };
			const refused: [string, number, number][] = [];
			let router: ReturnType<typeof routeVersions> | undefined;
			const summary = await parseFeed(v1, bytesSource(prefixed(messages, 2, 'little')), lengthPrefixed({ bytes: 2, endian: 'little' }), {
				tier,
				window: 4096,
				longest: 1024,
				parser: (options) =>
					(router = routeVersions(
						[
							{ protocol: v1, ...rowsInto(rows.v1) },
							{ protocol: v3, ...rowsInto(rows.v3) },
							{ protocol: next, ...rowsInto(rows.next) },
						],
						options as never,
					)),
				onRefused: ({ category, sequence, position }) => refused.push([category, sequence, position]),
			});
			const of = (kinds: readonly number[]): number[] => messages.flatMap((_, index) => (kinds.includes(index % 7) ? [index] : []));
			const texts = (some: readonly Record<string, unknown>[]): string[] => some.map(({ symbol, price, size, flags }) => [symbol, price, size, flags].join(' '));
			expect(texts(rows.v1)).toEqual(of([0, 1]).map((index) => `S${index % 50} ${index}  `));
			expect(texts(rows.v3)).toEqual(of([2, 3, 5]).map((index) => (index % 7 === 5 ? 'NEW 1 2 3' : `S${index % 50} ${index} ${index * 2} ${index % 7 === 3 ? '' : index % 3}`)));
			expect(texts(rows.next)).toEqual(of([4]).map((index) => `S${index % 50} ${index}  `));
			const ends = messages.map(({ length }) => length + 2);
			expect(refused).toEqual(of([6]).map((index) => ['unknown-message', index, ends.slice(0, index).reduce((sum, length) => sum + length, 0) + 2]));
			expect(summary.statistics).toMatchObject({ messages: 3000, refused: of([6]).length, categories: { 'unknown-message': of([6]).length }, variants: { Trade: 3000 - of([6]).length, Halt: 0 } });
			expect(router?.versions().map(({ id, version, outcome, schema: read, messages: count }) => [id, version, outcome, read?.name, read?.version, count])).toEqual([
				[7, 1, 'exact', 'venue7', 2, of([0, 1]).length],
				[7, 3, 'exact', 'venue7', 4, of([2]).length],
				[7, 2, 'newer', 'venue7', 4, of([3]).length],
				[8, 0, 'exact', 'venue8', 1, of([4]).length],
				[7, 9, 'older', 'venue7', 4, of([5]).length],
				[99, 1, 'unsupported', undefined, undefined, of([6]).length],
			]);
		}
	});

	it('does what a parser of the version alone does, message by message, damaged ones too', () => {
		const random = createRandom(21);
		for (let round = 0; round < 20; round++) {
			const messages = Array.from({ length: 1 + random.below(200) }, (_, index) => {
				const message = Uint8Array.from(trade(random.pick([v1, v3, next]), index));
				if (random.chance(0.2)) message[random.below(message.length)] = random.below(256);
				return random.chance(0.1) ? message.subarray(0, random.below(message.length)) : message;
			});
			const rows: unknown[] = [];
			const errors: unknown[] = [];
			const router = routeVersions(
				[v1, v3, next].map((protocol) => ({ protocol, oldest: protocol === v3 ? 2 : 0, ...rowsInto(rows) })),
				{ onError: ({ category, offset, sequence }) => errors.push([category, offset, sequence]) },
			);
			const { arena } = router;
			const room = arena.allocate('messages', 200 * 64, { guard: 64 });
			const table = arena.allocate('descriptors', 200 * 16);
			messages.forEach((message, index) => {
				arena.u8().set(message, room.address + index * 64);
				arena.view().setUint32(table.address + index * 16, room.address + index * 64, true);
				arena.view().setUint32(table.address + index * 16 + 4, message.length, true);
			});
			for (let from = 0; from < messages.length; ) {
				const count = Math.min(messages.length - from, 1 + random.below(30));
				router.parseMany(table.address + from * 16, count);
				from += count;
			}
			router.flush();
			router.dispose();
			// Each message alone: the oldest parser that knows its version, or the newest.
			const alone: unknown[][] = [[], [], []];
			const expectedErrors: unknown[] = [];
			messages.forEach((message, sequence) => {
				const [id, version] = message.length < 8 ? [7, 1] : [message[4] as number, (message[6] as number) + (message[7] as number) * 256];
				const schemaId = message.length < 8 ? 7 : id + (message[5] as number) * 256;
				const which = schemaId === 8 ? 2 : schemaId !== 7 ? -1 : version <= 1 ? 0 : 1;
				if (which < 0) {
					expectedErrors.push(['unknown-message', 0, sequence]);
					return;
				}
				const parser = compile([v1, v3, next][which] as BinaryProtocol, { tier: 'reference', ...rowsInto(alone[which] as unknown[]), onError: ({ category, offset }: RefusedMessage) => expectedErrors.push([category, offset, sequence]) } as never);
				parser.parse(message);
				parser.flush();
			});
			expect([...rows].map((row) => JSON.stringify(row, plain)).sort()).toEqual(
				alone
					.flat()
					.map((row) => JSON.stringify(row, plain))
					.sort(),
			);
			expect(errors).toEqual(expectedErrors);
		}
	});

	it('versions that come up by the thousand are not all kept', () => {
		const router = routeVersions([{ protocol: v1 }]);
		const { arena } = router;
		const room = arena.allocate('message', 64, { guard: 64 });
		const table = arena.allocate('descriptor', 16);
		arena.u8().set(trade(v1, 1), room.address);
		arena.view().setUint32(table.address, room.address, true);
		arena.view().setUint32(table.address + 4, trade(v1, 1).length, true);
		for (let version = 0; version < 1000; version++) {
			arena.view().setUint16(room.address + 4, 100 + (version % 7), true);
			arena.view().setUint16(room.address + 6, version, true);
			router.parseMany(table.address, 1);
		}
		expect(router.versions().length).toBe(257);
		expect(router.versions().reduce((sum, { messages }) => sum + messages, 0)).toBe(1000);
		expect(router.statistics()).toMatchObject({ messages: 1000, refused: 1000 });
	});

	it('says what cannot be routed', async () => {
		expect(() => routeVersions([])).toThrow('there is no version to route messages to');
		expect(() => routeVersions([{ protocol: v1 }, { protocol: v1 }])).toThrow('schema 7 version 1 is there twice');
		expect(() => routeVersions([{ protocol: v1 }], { onComplete: () => undefined })).toThrow('onComplete is of one parser');
		const wide = await sbe(schema(9, 0, old).replace('<type name="templateId" primitiveType="uint16"/>', '<type name="templateId" primitiveType="uint32"/>'));
		expect(() => routeVersions([{ protocol: v1 }, { protocol: wide }])).toThrow('at different places of their headers');
	});
});

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
