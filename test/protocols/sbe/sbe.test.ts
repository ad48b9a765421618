/** SBE: the specification's example messages, schemas with everything in them, versions, both byte orders, mistakes. */
import { describe, expect, it } from 'vitest';
import { type BinaryProtocol, binary, createEncoder } from '../../../src/protocols/binary/index.ts';
import { binanceSpotStreams, sbe } from '../../../src/protocols/sbe/index.ts';
import { createRandom, damage, makeRow } from '../binary/random-formats.ts';
import { tiersOfProtocol } from '../binary/tiers.ts';
import { compareTiers, parseAll, parseOne, verdicts } from '../json/harness.ts';
import { EXAMPLES, everything, GROUP, HEADER, schema } from './schemas.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Without the six bytes of the Simple Open Framing Header. */
const ORDER = hex('3600 6300 5b00 0000 4f52443030303031 4143435430310000 47454d3400000000 31 8016b33b13652915 07000000 32 1a85010000000000 0000000000000080');
const REPORT = hex('2a00 6200 5b00 0000 4f30303030303031 4558454330303030 46 31 47454d3400000000 de0706ffff 31 01000000 06000000 753e 0c000200 1a85010000000000 02000000 2485010000000000 04000000');
const REJECT = hex('0900 6100 5b00 0000 4f52443030303031 06 2700 4e6f7420617574686f72697a656420746f2074726164652074686174 20696e737472756d656e74');

describe("the specification's examples", async () => {
	const protocol = await sbe(EXAMPLES);
	it.each(tiersOfProtocol(protocol))('$name', ({ create }) => {
		expect(parseOne(create, protocol.schema, ORDER)).toEqual({ ClOrdID: 'ORD00001', Account: 'ACCT01', Symbol: 'GEM4', Side: 'Buy', TransactTime: 0x152965133bb31680n, OrderQty: 7n, OrdType: 'Limit', Price: 99_610n, StopPx: null });
		expect(parseOne(create, protocol.schema, REPORT)).toEqual({
			OrderID: 'O0000001',
			ExecID: 'EXEC0000',
			ExecType: 'Trade',
			OrdStatus: 'PartialFilled',
			Symbol: 'GEM4',
			MaturityMonthYear: { year: 2014, month: 6, day: 255, week: 255 },
			Side: 'Buy',
			LeavesQty: 1n,
			CumQty: 6n,
			TradeDate: 15989,
			FillsGrp: [
				{ FillPx: 99_610n, FillQty: 2n },
				{ FillPx: 99_620n, FillQty: 4n },
			],
		});
		expect(parseOne(create, protocol.schema, REJECT)).toEqual({ BusinessRejectRefID: 'ORD00001', BusinessRejectReason: 'NotAuthorized', Text: 'Not authorized to trade that instrument' });
		const other = ORDER.slice();
		other[4] = 0x5c;
		expect(parseOne(create, protocol.schema, other)).toEqual({ category: 'unknown-message', offset: 0 });
	});
	it('are written as they stand there', () => {
		const encoder = createEncoder(protocol);
		const { create } = tiersOfProtocol(protocol)[0];
		for (const [name, bytes] of Object.entries({ NewOrderSingle: ORDER, ExecutionReport: REPORT, BusinessMessageReject: REJECT })) expect(encoder.encode(name, parseOne(create, protocol.schema, bytes) as never)).toEqual(bytes);
	});
});

const CAR = {
	serial: 1234n,
	year: 2013,
	available: 'T',
	kind: 'Alpha',
	numbers: [0, 1, -2, 3, 4],
	code: 'abcdef',
	extras: { roof: false, sports: true, cruise: true },
	engine: { capacity: 2000, maker: '123', on: 'T', booster: { power: 200, kind: 'Beta' } },
	price: 6_712_310_000_000n,
	at: 1_717_000_000_000_001_000n,
	seats: null,
	own: -2,
	mpg: null,
	key: Uint8Array.from({ length: 16 }, (_, index) => 255 - index),
	maybes: [1, null],
	figures: [
		{ speed: 30, use: 35.5, inner: [{ v: -1 }, { v: 2 }], note: 'Urban Cycle, with a long note' },
		{ speed: 55, use: 49, inner: [], note: '' },
	],
	make: 'Honda',
	raw: Uint8Array.of(0xff, 0, 0xc0),
};
const NEWER = { ...CAR, cups: 3, more: 'xyz', figures: CAR.figures.map((one) => ({ ...one, extra: 7 })), later: [{ x: 1 }, { x: 2 }], last: 'the end' };
const asOld = { ...NEWER, cups: null, more: null, figures: CAR.figures.map((one) => ({ ...one, extra: null })), later: null, last: null };

describe.each(['littleEndian', 'bigEndian'])('everything, %s', async (byteOrder) => {
	const [old, now]: [BinaryProtocol, BinaryProtocol] = [await sbe(everything(byteOrder, 0)), await sbe(everything(byteOrder, 1))];
	const oldMessage = createEncoder(old).encode('Car', CAR as never);
	const newMessage = createEncoder(now).encode('Car', NEWER as never);
	for (const index of [0, 1] as const) {
		const name = tiersOfProtocol(old)[index].name;
		it(`is read, and by older and newer schemas, ${name}`, () => {
			expect(parseOne(tiersOfProtocol(old)[index].create, old.schema, oldMessage)).toEqual(CAR);
			expect(parseOne(tiersOfProtocol(now)[index].create, now.schema, newMessage)).toEqual(NEWER);
			expect(parseOne(tiersOfProtocol(now)[index].create, now.schema, oldMessage)).toEqual(asOld);
		});
		it(`is refused where it is cut, ${name}`, () => {
			const cut = Array.from(newMessage, (_, length) => newMessage.subarray(0, length));
			expect(verdicts(tiersOfProtocol(now)[index].create, now.schema, cut)).toEqual(cut.map(({ length }) => ({ category: 'truncated', offset: length })));
		});
	}
	it('fields that a later version has added to blocks are skipped', () => {
		const later = createEncoder(old).encode('Car', CAR as never, { version: 5, extraBlockBytes: 9 });
		expect(later.length).toBeGreaterThan(oldMessage.length + 9);
		for (const { create } of tiersOfProtocol(old)) expect(parseOne(create, old.schema, later)).toEqual(CAR);
	});
	it('agrees over tiers when damaged', () => {
		const random = createRandom(17);
		const messages = Array.from({ length: 400 }, () => damage(random, random.chance(0.5) ? newMessage : oldMessage));
		expect(compareTiers(tiersOfProtocol(now), now.schema, messages, { rows: 64, items: 64, tight: true })).toBeNull();
	});
});

it('an item that begins where the message ends is refused, whatever follows', async () => {
	const now = await sbe(everything('bigEndian', 1));
	// Of two items the first takes all that is left; behind the message lies what looks like a group, and a text of 16 MiB.
	const message = hex(
		'007e00010007000130303030303000303030303030be3030303030306230303030303029303030303030ff3030303030300030303030303030303030303030ff303030303030f80000303030306a3030303030303030303030303089303030303030ba303030303030cd3030303030300030303030303000303030303030003030303030303230303030000a0230303030303030303030303000010230303030000000013030303010303030',
	);
	expect(compareTiers(tiersOfProtocol(now), now.schema, [message], { rows: 64, items: 128, textBytes: 1024, tight: true, beyond: Uint8Array.from({ length: 16 }, (_, index) => (index % 4 === 0 ? 1 : 0)) })).toBeNull();
});

/** Layout of the venue's stream_1_0.xml, as far as trades and the best bid and ask go. */
const STREAMS = schema(
	'package="spot_stream" id="1" version="0" byteOrder="littleEndian"',
	`<types>${HEADER}<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint32"/></composite>
	<composite name="varString8"><type name="length" primitiveType="uint8"/><type name="varData" length="0" primitiveType="uint8" characterEncoding="UTF-8"/></composite>
	<type name="mantissa64" primitiveType="int64"/><type name="exponent8" primitiveType="int8"/><type name="utcTimestampUs" primitiveType="int64"/>
	<enum name="boolEnum" encodingType="uint8"><validValue name="False">0</validValue><validValue name="True">1</validValue></enum></types>
	<sbe:message name="Trades" id="10000"><field id="1" name="eventTime" type="utcTimestampUs"/><field id="2" name="transactTime" type="utcTimestampUs"/><field id="3" name="priceExponent" type="exponent8"/><field id="4" name="qtyExponent" type="exponent8"/>
		<group id="100" name="trades"><field id="1" name="id" type="int64"/><field id="2" name="price" type="mantissa64" mbx:exponent="priceExponent"/><field id="3" name="qty" type="mantissa64" mbx:exponent="qtyExponent"/><field id="4" name="isBuyerMaker" type="boolEnum"/><field id="5" name="isBestMatch" type="boolEnum" presence="constant" valueRef="boolEnum.True"/></group>
		<data id="200" name="symbol" type="varString8"/></sbe:message>`,
);

describe("Binance's decimals: mantissas whose exponent another field carries", async () => {
	const fromXml = await sbe(STREAMS, { scales: { default: 6 } });
	const preset = binary(binanceSpotStreams());
	const trade = hex('1200 1027 0100 0000 005014379a190600 005014379a190600 fe fb 1900 01000000 0100000000000000 f66b660000000000 d007000000000000 01 07 42544355534454');
	it.each(tiersOfProtocol(fromXml))('from XML, $name', ({ create }) => {
		expect(parseOne(create, fromXml.schema, trade)).toEqual({ eventTime: 1_717_000_000_000_000_000n, transactTime: 1_717_000_000_000_000_000n, trades: [{ id: 1n, price: 67_123_100_000n, qty: 20_000n, isBuyerMaker: 'True' }], symbol: 'BTCUSDT' });
	});
	it.each(tiersOfProtocol(preset))('the preset, $name', ({ create }) => {
		expect(parseOne(create, preset.schema, trade)).toEqual({ eventTime: 1_717_000_000_000_000_000n, transactTime: 1_717_000_000_000_000_000n, trades: [{ id: 1n, price: 6_712_310_000_000n, qty: 2_000_000n, isBuyerMaker: true }], symbol: 'BTCUSDT' });
		const tooFine = trade.slice();
		tooFine[24] = 0xf6;
		expect(parseOne(create, preset.schema, tooFine)).toEqual({ category: 'scale', offset: 40 });
	});
	it('agrees over tiers, and reads what it writes', () => {
		const random = createRandom(23);
		const encoder = createEncoder(preset);
		const made = Array.from({ length: 300 }, () => {
			const { name, nodes } = random.pick(preset.format.messages);
			return { name, ...makeRow(random, nodes, 0) };
		});
		const messages = made.map(({ name, row }) => encoder.encode(name as 'trades', row as never));
		const { rows, refused } = parseAll(tiersOfProtocol(preset)[1].create, preset.schema, messages);
		expect(refused).toEqual([]);
		for (const { name } of preset.format.messages) expect(rows[name]).toEqual(made.filter((one) => one.name === name).map(({ expected }) => expected));
		expect(compareTiers(tiersOfProtocol(preset), preset.schema, [...messages, ...messages.map((message) => damage(random, message))], { rows: 64, items: 128 })).toBeNull();
	});
});

describe('mistakes name the element and its line', () => {
	const wrong = async (body: string, attributes = 'package="p" id="1"'): Promise<string> =>
		sbe(schema(attributes, body)).then(
			() => 'none',
			(error: Error) => error.message,
		);
	const message = (fields: string): string => `<types>${HEADER}${GROUP}<enum name="E" encodingType="uint8"><validValue name="A">1</validValue></enum></types>\n<sbe:message name="M" id="1">${fields}</sbe:message>`;
	it.each([
		['<field name="a" id="1" type="nothing"/>', '<field name="a"> in line 4: there is no type "nothing"'],
		['<field name="a" id="1" type="uint8" presence="constant" valueRef="E.B"/>', 'its valueRef "E.B" is no value of an enum'],
		['<field name="a" id="1" type="uint64"/><field name="b" id="2" type="uint8" offset="4"/>', '<field name="b"> in line 4: its offset 4 lies within the field before it, which ends at 8'],
		['<field name="a" id="1" type="uint8"/><data name="d" id="2" type="E"/>', '"E" is a enum, and must be a composite'],
		['<field name="a" id="1" type="uint8"/><group name="g" id="2" dimensionType="none"><field name="x" id="3" type="int8"/></group>', 'there is no composite "none"'],
		['<field name="a" id="1" type="uint8"/><other/>', '<other> in line 4: <other> is no field, group or data'],
	])('%s', async (fields, expected) => {
		expect(await wrong(message(fields))).toContain(expected);
	});
	it('of types and of the whole', async () => {
		expect(await wrong('<types><type name="t" primitiveType="int7"/></types>')).toContain('<type name="t"> in line 3: the type "t" has the primitive type "int7"');
		expect(await wrong(`<types>${HEADER}<composite name="c"><ref name="x" type="c"/></composite></types>`)).toContain('the type "c" contains itself');
		expect(await wrong('<types/>')).toContain('it has no message');
		await expect(sbe('<messageSchema><types></messageSchema>')).rejects.toThrow('this is no XML: 1:38');
		await expect(sbe('<other/>')).rejects.toThrow('the outermost element is no messageSchema');
	});
});

/** In the style of CME's MDP 3.0: dimensions of eight bytes with the count at the end, nullable decimals, character codes, padding. */
const REFRESH = schema(
	'package="mktdata" id="1" version="9" byteOrder="littleEndian"',
	`<types>${HEADER}
	<composite name="groupSize8Byte"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" offset="7" primitiveType="uint8"/></composite>
	<composite name="groupSize"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint8"/></composite>
	<composite name="PRICENULL9"><type name="mantissa" presence="optional" nullValue="9223372036854775807" primitiveType="int64"/><type name="exponent" presence="constant" primitiveType="int8">-9</type></composite>
	<type name="Int32NULL" presence="optional" nullValue="2147483647" primitiveType="int32"/>
	<enum name="MDUpdateAction" encodingType="uint8"><validValue name="New">0</validValue><validValue name="Change">1</validValue><validValue name="Delete">2</validValue></enum>
	<enum name="MDEntryTypeBook" encodingType="char"><validValue name="Bid">0</validValue><validValue name="Offer">1</validValue></enum>
	<set name="MatchEventIndicator" encodingType="uint8"><choice name="LastTradeMsg">0</choice><choice name="EndOfEvent">7</choice></set></types>
	<sbe:message name="MDIncrementalRefreshBook" id="46" blockLength="11">
		<field name="TransactTime" id="60" type="uint64" offset="0" semanticType="UTCTimestamp"/><field name="MatchEventIndicator" id="5799" type="MatchEventIndicator" offset="8"/>
		<group name="NoMDEntries" id="268" blockLength="32" dimensionType="groupSize">
			<field name="MDEntryPx" id="270" type="PRICENULL9"/><field name="MDEntrySize" id="271" type="Int32NULL"/><field name="SecurityID" id="48" type="int32"/><field name="RptSeq" id="83" type="uint32"/>
			<field name="MDPriceLevel" id="1023" type="uint8" offset="24"/><field name="MDUpdateAction" id="279" type="MDUpdateAction" offset="25"/><field name="MDEntryType" id="269" type="MDEntryTypeBook" offset="26"/>
		</group>
		<group name="NoOrderIDEntries" id="37705" blockLength="24" dimensionType="groupSize8Byte"><field name="OrderID" id="37" type="uint64" offset="0"/><field name="MDOrderPriority" id="37707" type="uint64" offset="8"/></group>
	</sbe:message>`,
);

describe('in the style of CME MDP 3.0', async () => {
	const protocol = await sbe(REFRESH);
	const refresh = hex(`0b00 2e00 0100 0900 00e40b5402000000 81 0000
		2000 02 00e87648170000 00 0a000000 39300000 05000000 00000000 01 01 30 0000000000  ffffffffffffff7f ffffff7f 39300000 06000000 00000000 02 02 31 0000000000
		1800 0000000000 01 0700000000000000 0900000000000000 0000000000000000`);
	it.each(tiersOfProtocol(protocol))('$name', ({ create }) => {
		expect(parseOne(create, protocol.schema, refresh)).toEqual({
			TransactTime: 10_000_000_000n,
			MatchEventIndicator: { LastTradeMsg: true, EndOfEvent: true },
			NoMDEntries: [
				{ MDEntryPx: 100_000_000_000n, MDEntrySize: 10, SecurityID: 12345, RptSeq: 5, MDPriceLevel: 1, MDUpdateAction: 'Change', MDEntryType: 'Bid' },
				{ MDEntryPx: null, MDEntrySize: null, SecurityID: 12345, RptSeq: 6, MDPriceLevel: 2, MDUpdateAction: 'Delete', MDEntryType: 'Offer' },
			],
			NoOrderIDEntries: [{ OrderID: 7n, MDOrderPriority: 9n }],
		});
	});
	it('is written as it was read', () => {
		const { create } = tiersOfProtocol(protocol)[0];
		expect(createEncoder(protocol).encode('MDIncrementalRefreshBook', parseOne(create, protocol.schema, refresh) as never)).toEqual(refresh);
	});
	it('agrees over tiers when damaged', () => {
		const random = createRandom(31);
		expect(
			compareTiers(
				tiersOfProtocol(protocol),
				protocol.schema,
				Array.from({ length: 300 }, () => damage(random, refresh)),
				{ rows: 64, items: 64 },
			),
		).toBeNull();
	});
});
