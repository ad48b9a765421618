/** What venues do with SBE beside its messages: schemas in several files, life cycles, CME's packets, codes that are new. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packetCapture } from '../../../src/framing/packet-capture.ts';
import { sbePackets } from '../../../src/framing/sbe-packets.ts';
import { parseFeed } from '../../../src/index.ts';
import { type BinaryProtocol, binary, createEncoder, type EncodedRow } from '../../../src/protocols/binary/index.ts';
import { cmeMdp3, loadSbe, readSchemaLifecycle, sbe, schemaStatus } from '../../../src/protocols/sbe/index.ts';
import { bytesSource } from '../../../src/sources/bytes.ts';
import { pcap } from '../../framing/captured-packets.ts';
import { createRandom, damage, makeRow } from '../binary/random-formats.ts';
import { tiersOfProtocol } from '../binary/tiers.ts';
import { compareTiers, parseAll } from '../json/harness.ts';

const TYPES = `<types>
	<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
	<enum name="Side" encodingType="uint8"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum>
</types>`;
const schemaOf = (types: string, attributes = 'id="3" version="2"'): string => `<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" xmlns:xi="http://www.w3.org/2001/XInclude" package="venue" ${attributes} byteOrder="littleEndian">
	${types}<sbe:message name="Trade" id="1"><field name="side" id="1" type="Side"/></sbe:message></sbe:messageSchema>`;
const INCLUDE = '<xi:include href="types.xml"/>';
const trade = (side: number): Uint8Array => Uint8Array.of(1, 0, 1, 0, 3, 0, 2, 0, side);

describe('codes that an enum does not list', () => {
	it.each([
		['null', [{ side: 'Buy' }, { side: null }], []],
		['refuse', [{ side: 'Buy' }], ['enumeration']],
	] as const)('%s', async (unknownCodes, rows, refused) => {
		const protocol = await sbe(schemaOf(TYPES), { unknownCodes });
		for (const { create } of tiersOfProtocol(protocol)) {
			const parsed = parseAll(create, protocol.schema, [trade(1), trade(9)]);
			expect(parsed.rows.Trade).toEqual(rows);
			expect(parsed.refused.map(({ category }) => category)).toEqual(refused);
		}
	});
});

describe('messages that cannot be said in the schema (NonRepresentable)', () => {
	it('are accepted, counted, and have no rows', async () => {
		const protocol = await sbe(schemaOf(TYPES).replace('</sbe:messageSchema>', '<sbe:message name="NonRepresentableMessage" id="999"/></sbe:messageSchema>'));
		expect(protocol.schema.variants.map(({ name, role }) => [name, role])).toEqual([
			['Trade', 'table'],
			['NonRepresentableMessage', 'control'],
		]);
		for (const { create } of tiersOfProtocol(protocol)) {
			const parsed = parseAll(create, protocol.schema, [trade(1), Uint8Array.of(0, 0, 0xe7, 3, 3, 0, 2, 0), trade(2)]);
			expect(parsed.refused).toEqual([]);
			expect(parsed.rows.Trade).toEqual([{ side: 'Buy' }, { side: 'Sell' }]);
		}
	});
});

describe('what is deprecated', () => {
	const deprecated = TYPES.replace('</types>', '<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint8"/></composite></types>');
	const of = (version: string): string => schemaOf(deprecated).replace('id="1"><field', 'id="1" deprecated="2"><field').replace('</sbe:message>', `<field name="old" id="2" type="uint8" deprecated="${version}"/><group name="items" id="3" deprecated="2"><field name="x" id="4" type="uint8"/></group></sbe:message>`);
	it('is said, and read as before', async () => {
		const protocol = await sbe(of('1'));
		expect(protocol.format.messages.map((message) => [message.name, message.deprecated, message.nodes.map((node) => [node.name, node.deprecated])])).toEqual([
			[
				'Trade',
				2,
				[
					['side', undefined],
					['old', 1],
					['items', 2],
				],
			],
		]);
		for (const { create } of tiersOfProtocol(protocol)) expect(parseAll(create, protocol.schema, [Uint8Array.of(2, 0, 1, 0, 3, 0, 2, 0, 1, 7, 1, 0, 1, 9)]).rows.Trade).toEqual([{ side: 'Buy', old: 7, items: [{ x: 9 }] }]);
	});
	it('since a version', async () => {
		await expect(sbe(of('soon'))).rejects.toThrow('<field name="old"> in line 5: deprecated "soon" is no whole number; it is the version that deprecated it');
	});
});

describe("mantissas of 128 bits, as in Binance's klines", () => {
	it('are bytes, beside their exponent, which other decimals use too', async () => {
		const types = TYPES.replace('</types>', '<type name="mantissa64" primitiveType="int64"/><type name="mantissa128" length="16" primitiveType="uint8"/></types>');
		const field = (name: string, type: string, exponent: string): string => `<field name="${name}" id="9" type="${type}" ${exponent === '' ? '' : `mbx:exponent="${exponent}"`}/>`;
		const fields = [
			field('priceExponent', 'int8', ''),
			field('qtyExponent', 'int8', ''),
			field('tickExponent', 'int8', ''),
			field('price', 'mantissa64', 'priceExponent'),
			field('tick', 'mantissa64', 'tickExponent'),
			field('volume', 'mantissa128', 'qtyExponent'),
			field('quoteVolume', 'mantissa128" presence="optional', 'priceExponent'),
		];
		const protocol = await sbe(
			schemaOf(types)
				.replace('xmlns:xi', 'xmlns:mbx="mbx" xmlns:xi')
				.replace('</sbe:message>', `${fields.join('')}</sbe:message>`),
			{ scales: { default: 2 } },
		);
		const wide = (last: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => (index === 0 ? last : 0));
		const bytes = Uint8Array.of(52, 0, 1, 0, 3, 0, 2, 0, 1, 0xfe, 0xfd, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, ...wide(3), ...wide(4));
		for (const { create } of tiersOfProtocol(protocol)) expect(parseAll(create, protocol.schema, [bytes]).rows.Trade).toEqual([{ side: 'Buy', priceExponent: -2, qtyExponent: -3, price: 16n, tick: 320n, volume: wide(3), quoteVolume: wide(4) }]);
	});
});

describe('schemas in several files', () => {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-sbe-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	const write = (name: string, text: string): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};

	it('from files, relative to the including one; types within types too', async () => {
		write('types.xml', `<types xmlns:xi="http://www.w3.org/2001/XInclude">${INCLUDE.replace('types.xml', 'header.xml')}<enum name="Side" encodingType="uint8"><validValue name="Buy">1</validValue></enum></types>`);
		write('header.xml', TYPES.replace(/<enum.*<\/enum>/, ''));
		const { format } = await loadSbe(write('schema.xml', schemaOf(INCLUDE)));
		expect(format.messages.map(({ name }) => name)).toEqual(['Trade']);
		expect(format.header.size).toBe(8);
	});
	it('from texts', async () => {
		const asked: (string | null)[][] = [];
		const protocol = await sbe(schemaOf(INCLUDE), {
			include(href, from) {
				asked.push([href, from]);
				return { text: TYPES, from: `memory:${href}` };
			},
		});
		expect(asked).toEqual([['types.xml', null]]);
		expect(parseAll(tiersOfProtocol(protocol)[1].create, protocol.schema, [trade(2)]).rows.Trade).toEqual([{ side: 'Sell' }]);
	});
	it('has a fallback for what is missing', async () => {
		const protocol = await loadSbe(write('fallback.xml', schemaOf(`<xi:include href="nowhere.xml"><xi:fallback>${TYPES}</xi:fallback></xi:include>`)));
		expect(protocol.format.header.size).toBe(8);
	});
	it('says what is wrong, and where', async () => {
		await expect(sbe(schemaOf(INCLUDE))).rejects.toThrow('<include> in line 2: it includes "types.xml"; give the option include, or read the schema with loadSbe(path)');
		await expect(loadSbe(write('missing.xml', schemaOf('<xi:include href="nowhere.xml"/>')))).rejects.toThrow(/<include> in line 2 of .*missing\.xml: "nowhere\.xml" cannot be read: ENOENT/);
		await expect(loadSbe(write('own.xml', schemaOf('<xi:include href="own.xml"/>')))).rejects.toThrow('"own.xml" includes itself');
		write('a.xml', `<types>${INCLUDE.replace('types.xml', 'b.xml')}</types>`.replace('<types>', '<types xmlns:xi="x">'));
		write('b.xml', `<types>${INCLUDE.replace('types.xml', 'a.xml')}</types>`.replace('<types>', '<types xmlns:xi="x">'));
		await expect(loadSbe(write('loop.xml', schemaOf('<xi:include href="a.xml"/>')))).rejects.toThrow(/in line 1 of .*b\.xml: "a\.xml" includes itself/);
		await expect(sbe(schemaOf('<xi:include href="types.xml" parse="text"/>'))).rejects.toThrow('only whole XML files can be included');
		await expect(sbe(schemaOf('<xi:include/>'))).rejects.toThrow('it has no href');
		let file = 0;
		await expect(sbe(schemaOf(INCLUDE), { include: () => ({ text: `<types xmlns:xi="x">${INCLUDE}</types>`, from: `file ${file++}` }) })).rejects.toThrow('files are included 16 deep');
	});
});

describe('life cycles of schemas', () => {
	const lifecycle = readSchemaLifecycle(
		JSON.stringify({
			environment: 'PROD',
			latestSchema: { id: 3, version: 2, releaseDate: '2025-12-18' },
			deprecatedSchemas: [
				{ id: 3, version: 1, releaseDate: '2025-08-19', deprecatedDate: '2025-12-18' },
				{ id: 3, version: 0, releaseDate: '2025-04-24', deprecatedDate: '2025-08-19', retiredDate: '2026-02-19' },
			],
			retiredSchemas: [{ id: 2, version: 1, releaseDate: '2024-12-12', deprecatedDate: '2025-04-24', retiredDate: '2025-10-24' }],
		}),
	);
	it.each([
		[3, 2, 'latest', 'schema 3:2 is served'],
		[3, 1, 'deprecated', 'schema 3:1 is deprecated since 2025-12-18; use 3:2'],
		[3, 0, 'deprecated', 'schema 3:0 is deprecated since 2025-08-19 and will be retired on 2026-02-19; use 3:2'],
		[2, 1, 'retired', 'schema 2:1 was retired on 2025-10-24; use 3:2'],
		[9, 0, 'unknown', 'schema 9:0 is not in the life cycle, whose latest one is 3:2'],
	] as const)('%i:%i is %s', (id, version, status, message) => {
		expect(schemaStatus(lifecycle, { id, version }, '2026-01-01')).toMatchObject({ status, message });
	});
	it('depend on the day, and know a protocol by its header', async () => {
		expect(schemaStatus(lifecycle, { id: 3, version: 0 }, '2026-02-19').status).toBe('retired');
		expect(schemaStatus(lifecycle, { id: 3, version: 1 }, '2025-12-17').status).toBe('latest');
		expect(schemaStatus(lifecycle, await sbe(schemaOf(TYPES)), '2026-01-01')).toMatchObject({ status: 'latest', dates: { released: '2025-12-18' } });
		expect(schemaStatus(lifecycle, binary(cmeMdp3()), '2026-01-01').status).toBe('unknown');
		expect(() => schemaStatus(lifecycle, { id: 3, version: 0 }, 'today')).toThrow('"today" is no day');
	});
	it.each([
		['{', 'it is no JSON'],
		['{}', 'latestSchema has no id and version'],
		['{"latestSchema":{"id":1,"version":0},"retiredSchemas":{}}', 'must be lists'],
		['{"latestSchema":{"id":1,"version":0},"deprecatedSchemas":[{"id":1,"version":1,"deprecatedDate":"soon"}]}', 'deprecatedDate of deprecatedSchemas[0] is no day'],
	])('%s is none', (text, expected) => {
		expect(() => readSchemaLifecycle(text)).toThrow(expected);
	});
});

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16));

describe('CME MDP 3.0', () => {
	const protocol = binary(cmeMdp3());
	// Offsets as the venue's table of message 46 has them: entries of 32 bytes, order entries of 24 behind a head of eight.
	const book = hex(`0b00 2e00 0100 0900 00e40b5402000000 81 0000
		2000 01 00e8764817000000 0a000000 39300000 05000000 03000000 01 01 30 0000000000
		1800 0000000000 01 0700000000000000 0900000000000000 04000000 01 02 0000`);
	const newer = hex(`0d00 2e00 0100 0d00 00e40b5402000000 80 0000 ffff
		2200 01 ffffffffffffff7f ffffff7f 39300000 06000000 ffffff7f 02 02 31 0000000000 eeee
		1800 0000000000 00`);
	it.each(tiersOfProtocol(protocol))('reads incremental refreshes, of newer versions too, $name', ({ create }) => {
		const { rows, refused } = parseAll(create, protocol.schema, [book, newer, hex('0000 0c00 0100 0900')]);
		expect(refused).toEqual([]);
		expect(rows.book).toEqual([
			{
				transactTime: 10_000_000_000n,
				matchEvent: { lastTrade: true, lastVolume: false, lastQuote: false, lastStatistics: false, lastImplied: false, recovery: false, endOfEvent: true },
				entries: [{ price: 100_000_000_000n, size: 10, securityId: 12345, rptSeq: 5, orders: 3, level: 1, action: 'change', type: 'bid' }],
				orderEntries: [{ orderId: 7n, priority: 9n, displaySize: 4, reference: 1, action: 'delete' }],
			},
			expect.objectContaining({ entries: [{ price: null, size: null, securityId: 12345, rptSeq: 6, orders: null, level: 2, action: 'delete', type: 'offer' }], orderEntries: [] }),
		]);
	});
	it('in captured packets of several messages, one of which is lost, by the preset and by a schema as the venue publishes it', async () => {
		const heartbeat = hex('0000 0c00 0100 0900');
		const packet = (number: number, messages: readonly Uint8Array[]): Uint8Array => {
			const head = Buffer.alloc(12);
			head.writeUInt32LE(number);
			head.writeBigUInt64LE(1_700_000_000_000_000_000n, 4);
			return Buffer.concat([head, ...messages.flatMap((one) => [Uint8Array.of((one.length + 2) & 0xff, (one.length + 2) >> 8), one])]);
		};
		const volume = createEncoder(protocol).encode('volume', { transactTime: 7n, matchEvent: { lastTrade: false, lastVolume: true, lastQuote: false, lastStatistics: false, lastImplied: false, recovery: false, endOfEvent: true }, entries: [{ size: 12, securityId: 12345, rptSeq: 9, action: 'change' }] } as never);
		const packets = [packet(1, [book, newer, volume]), packet(2, [heartbeat]), packet(5, [book, volume])].map((payload, index) => ({ time: 1_700_000_000_000_000_000n + BigInt(index), payload }));
		const capture = pcap([...packets, { time: 1_700_000_000_000_000_009n, payload: packet(2, [book]) }], { kind: 'nanoseconds' });
		const venue = await sbe(
			schemaOf(
				TYPES.replace(
					'</types>',
					`<type name="Int32" primitiveType="int32"/><type name="uInt32" primitiveType="uint32"/><type name="MDEntryTypeVol" presence="constant" primitiveType="char">e</type>
					<enum name="MDUpdateAction" encodingType="uint8"><validValue name="New">0</validValue><validValue name="Change">1</validValue></enum>
					<composite name="groupSize" semanticType="NumInGroup"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint8"/></composite></types>
					<sbe:message name="MDIncrementalRefreshVolume37" id="37" blockLength="11" semanticType="X" sinceVersion="2"><field name="TransactTime" id="60" type="uint64" offset="0" semanticType="UTCTimestamp"/>
						<group name="NoMDEntries" id="268" blockLength="16" dimensionType="groupSize"><field name="MDEntrySize" id="271" type="Int32" offset="0"/><field name="SecurityID" id="48" type="Int32" offset="4"/><field name="RptSeq" id="83" type="uInt32" offset="8"/><field name="MDUpdateAction" id="279" type="MDUpdateAction" offset="12"/><field name="MDEntryType" id="269" type="MDEntryTypeVol"/></group></sbe:message>`,
				),
				'id="1" version="9"',
			),
		);
		const read = async (of: BinaryProtocol) => {
			const rows: Record<string, unknown[]> = {};
			const summary = await parseFeed(of, bytesSource(capture), packetCapture({ each: sbePackets() }), { onBatch: (batch) => batch.visit((row) => (rows[batch.table] ??= []).push(batch.row(row))) });
			return { rows, summary };
		};
		const preset = await read(protocol);
		expect(preset.summary).toMatchObject({ gaps: 1, missing: 2, repeated: 1, counts: { taken: 4 }, statistics: { messages: 6, refused: 0 } });
		expect(preset.rows.book?.length).toBe(3);
		expect(preset.rows.volume).toEqual(Array.from({ length: 2 }, () => expect.objectContaining({ transactTime: 7n, entries: [{ size: 12, securityId: 12345, rptSeq: 9, action: 'change' }] })));
		const published = await read(venue);
		expect(published.summary).toMatchObject({ gaps: 1, missing: 2, statistics: { messages: 6, refused: 4 } });
		expect(published.rows.MDIncrementalRefreshVolume37).toEqual(Array.from({ length: 2 }, () => ({ TransactTime: 7n, NoMDEntries: [{ MDEntrySize: 12, SecurityID: 12345, RptSeq: 9, MDUpdateAction: 'Change' }] })));
	});
	it('agrees over tiers, and reads what it writes', () => {
		const random = createRandom(48);
		const encoder = createEncoder(protocol);
		const tables = protocol.format.messages.filter(({ role }) => role === 'table');
		const made = Array.from({ length: 400 }, () => {
			const { name, nodes } = random.pick(tables);
			return { name, ...makeRow(random, nodes, 9) };
		});
		const messages = made.map(({ name, row }) => encoder.encode(name as 'book', row as EncodedRow as never));
		const { rows, refused } = parseAll(tiersOfProtocol(protocol)[1].create, protocol.schema, messages, { items: 4096 });
		expect(refused).toEqual([]);
		for (const { name } of tables) expect(rows[name]).toEqual(made.filter((one) => one.name === name).map(({ expected }) => expected));
		expect(compareTiers(tiersOfProtocol(protocol), protocol.schema, [...messages, ...messages.map((message) => damage(random, message))], { rows: 64, items: 128 })).toBeNull();
	});
});
