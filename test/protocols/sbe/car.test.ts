/**
 * The Car example of the reference implementation of SBE, as its Java codecs have written it: the bytes that the tests of
 * its other languages read. Schema and values after github.com/aeron-io/simple-binary-encoding (Real Logic Limited, Apache
 * License 2.0): example-schema.xml, example-extension-schema.xml and common-types.xml of its samples.
 */
import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../../src/protocols/binary/index.ts';
import { sbe } from '../../../src/protocols/sbe/index.ts';
import { createRandom, damage } from '../binary/random-formats.ts';
import { tiersOfProtocol } from '../binary/tiers.ts';
import { compareTiers, parseOne } from '../json/harness.ts';
import { HEADER } from './schemas.ts';

const COMMON = `<types>${HEADER}
	<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint16"/></composite>
	<composite name="varStringEncoding"><type name="length" primitiveType="uint32" maxValue="1073741824"/><type name="varData" primitiveType="uint8" length="0" characterEncoding="UTF-8"/></composite>
</types>`;

const carSchema = (byteOrder: string, version: 0 | 1): string => `<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" xmlns:xi="http://www.w3.org/2001/XInclude" package="car" id="1" version="${version}" semanticVersion="5.2" byteOrder="${byteOrder}">
	<xi:include href="common-types.xml"/>
	<types>
		<type name="ModelYear" primitiveType="uint16"/><type name="VehicleCode" primitiveType="char" length="6" characterEncoding="ASCII"/><type name="someNumbers" primitiveType="uint32" length="5"/>
		<type name="Percentage" primitiveType="int8" minValue="0" maxValue="100"/><type name="Ron" primitiveType="uint8" minValue="90" maxValue="110"/><type name="cupHolderCount_t" primitiveType="uint8" presence="optional"/>
		<composite name="Booster"><enum name="BoostType" encodingType="char"><validValue name="TURBO">T</validValue><validValue name="NITROUS">N</validValue></enum><type name="horsePower" primitiveType="uint8"/></composite>
		<composite name="Engine"><type name="capacity" primitiveType="uint16"/><type name="numCylinders" primitiveType="uint8"/><type name="maxRpm" primitiveType="uint16" presence="constant">9000</type><type name="manufacturerCode" primitiveType="char" length="3"/>
			<type name="fuel" primitiveType="char" presence="constant">Petrol</type><ref name="efficiency" type="Percentage"/><ref name="boosterEnabled" type="BooleanType"/><ref name="booster" type="Booster"/></composite>
		<enum name="BooleanType" encodingType="uint8"><validValue name="F">0</validValue><validValue name="T">1</validValue></enum>
		<enum name="Model" encodingType="char"><validValue name="A">A</validValue><validValue name="B">B</validValue><validValue name="C">C</validValue></enum>
		<set name="OptionalExtras" encodingType="uint8"><choice name="sunRoof">0</choice><choice name="sportsPack">1</choice><choice name="cruiseControl">2</choice></set>
	</types>
	<sbe:message name="Car" id="1">
		<field name="serialNumber" id="1" type="uint64"/><field name="modelYear" id="2" type="ModelYear"/><field name="available" id="3" type="BooleanType"/><field name="code" id="4" type="Model"/><field name="someNumbers" id="5" type="someNumbers"/>
		<field name="vehicleCode" id="6" type="VehicleCode"/><field name="extras" id="7" type="OptionalExtras"/><field name="discountedModel" id="8" type="Model" presence="constant" valueRef="Model.C"/><field name="engine" id="9" type="Engine"/>
		${version === 1 ? '<field name="cupHolderCount" id="100" type="cupHolderCount_t" sinceVersion="1"/>' : ''}
		<group name="fuelFigures" id="10"><field name="speed" id="11" type="uint16"/><field name="mpg" id="12" type="float"/><data name="usageDescription" id="200" type="varStringEncoding"/></group>
		<group name="performanceFigures" id="13"><field name="octaneRating" id="14" type="Ron"/><group name="acceleration" id="15"><field name="mph" id="16" type="uint16"/><field name="seconds" id="17" type="float"/></group></group>
		<data name="manufacturer" id="18" type="varStringEncoding"/><data name="model" id="19" type="varStringEncoding"/><data name="activationCode" id="20" type="varStringEncoding"/>
	</sbe:message>
</sbe:messageSchema>`;
const load = (byteOrder: string, version: 0 | 1) => sbe(carSchema(byteOrder, version), { include: (href) => ({ text: COMMON, from: href }) });

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/[\s,]+/), Number);
/** Written by the Java codecs, version 0. */
const WRITTEN = {
	littleEndian: bytesOf(`49, 0, 1, 0, 1, 0, 0, 0, 210, 4, 0, 0, 0, 0, 0, 0, 221, 7, 1, 65, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 97, 98, 99, 100, 101, 102, 6, 208, 7, 4, 49, 50, 51, 35, 1, 78, 200, 6, 0, 3, 0, 30, 0, 154, 153, 15, 66, 11, 0, 0, 0, 85, 114, 98, 97, 110, 32, 67, 121, 99, 108, 101,
		55, 0, 0, 0, 68, 66, 14, 0, 0, 0, 67, 111, 109, 98, 105, 110, 101, 100, 32, 67, 121, 99, 108, 101, 75, 0, 0, 0, 32, 66, 13, 0, 0, 0, 72, 105, 103, 104, 119, 97, 121, 32, 67, 121, 99, 108, 101, 1, 0, 2, 0, 95, 6, 0, 3, 0, 30, 0, 0, 0, 128, 64, 60, 0, 0, 0, 240, 64, 100, 0, 51, 51, 67, 65,
		99, 6, 0, 3, 0, 30, 0, 51, 51, 115, 64, 60, 0, 51, 51, 227, 64, 100, 0, 205, 204, 60, 65, 5, 0, 0, 0, 72, 111, 110, 100, 97, 9, 0, 0, 0, 67, 105, 118, 105, 99, 32, 86, 84, 105, 6, 0, 0, 0, 97, 98, 99, 100, 101, 102`),
	bigEndian: bytesOf(`0, 49, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 210, 7, 221, 1, 65, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 97, 98, 99, 100, 101, 102, 6, 7, 208, 4, 49, 50, 51, 35, 1, 78, 200, 0, 6, 0, 3, 0, 30, 66, 15, 153, 154, 0, 0, 0, 11, 85, 114, 98, 97, 110, 32, 67, 121, 99, 108, 101,
		0, 55, 66, 68, 0, 0, 0, 0, 0, 14, 67, 111, 109, 98, 105, 110, 101, 100, 32, 67, 121, 99, 108, 101, 0, 75, 66, 32, 0, 0, 0, 0, 0, 13, 72, 105, 103, 104, 119, 97, 121, 32, 67, 121, 99, 108, 101, 0, 1, 0, 2, 95, 0, 6, 0, 3, 0, 30, 64, 128, 0, 0, 0, 60, 64, 240, 0, 0, 0, 100, 65, 67, 51, 51,
		99, 0, 6, 0, 3, 0, 30, 64, 115, 51, 51, 0, 60, 64, 227, 51, 51, 0, 100, 65, 60, 204, 205, 0, 0, 0, 5, 72, 111, 110, 100, 97, 0, 0, 0, 9, 67, 105, 118, 105, 99, 32, 86, 84, 105, 0, 0, 0, 6, 97, 98, 99, 100, 101, 102`),
};

const f = Math.fround;
const CAR = {
	serialNumber: 1234n,
	modelYear: 2013,
	available: 'T',
	code: 'A',
	someNumbers: [0, 1, 2, 3, 4],
	vehicleCode: 'abcdef',
	extras: { sunRoof: false, sportsPack: true, cruiseControl: true },
	engine: { capacity: 2000, numCylinders: 4, manufacturerCode: '123', efficiency: 35, boosterEnabled: 'T', booster: { BoostType: 'NITROUS', horsePower: 200 } },
	fuelFigures: [
		{ speed: 30, mpg: f(35.9), usageDescription: 'Urban Cycle' },
		{ speed: 55, mpg: 49, usageDescription: 'Combined Cycle' },
		{ speed: 75, mpg: 40, usageDescription: 'Highway Cycle' },
	],
	performanceFigures: [
		[95, 4, 7.5, 12.2],
		[99, 3.8, 7.1, 11.8],
	].map(([octaneRating, ...seconds]) => ({ octaneRating, acceleration: seconds.map((value, index) => ({ mph: [30, 60, 100][index], seconds: f(value) })) })),
	manufacturer: 'Honda',
	model: 'Civic VTi',
	activationCode: 'abcdef',
};

describe.each(['littleEndian', 'bigEndian'] as const)('the Car example, %s', async (byteOrder) => {
	const [baseline, extension] = await Promise.all([load(byteOrder, 0), load(byteOrder, 1)]);
	const written = WRITTEN[byteOrder];
	/** As the extended schema's codecs lay it out: the block is one byte longer, and says so. */
	const extended = Uint8Array.of(...written.subarray(0, 57), 4, ...written.subarray(57));
	for (const [name, at] of [
		['block length', 0],
		['version', 6],
	] as const) {
		const view = new DataView(extended.buffer);
		view.setUint16(at, name === 'version' ? 1 : 50, byteOrder === 'littleEndian');
	}
	it.each([0, 1] as const)('is read by the schema that it was written with, an older and a newer one, tier %i', (tier) => {
		const { create } = tiersOfProtocol(baseline)[tier];
		const newer = tiersOfProtocol(extension)[tier].create;
		expect(parseOne(create, baseline.schema, written)).toEqual(CAR);
		expect(parseOne(create, baseline.schema, extended)).toEqual(CAR);
		expect(parseOne(newer, extension.schema, extended)).toEqual({ ...CAR, cupHolderCount: 4 });
		expect(parseOne(newer, extension.schema, written)).toEqual({ ...CAR, cupHolderCount: null });
	});
	it('is written to the same bytes', () => {
		expect(createEncoder(baseline).encode('Car', CAR as never)).toEqual(written);
		expect(createEncoder(extension).encode('Car', { ...CAR, cupHolderCount: 4 } as never)).toEqual(extended);
		expect(createEncoder(extension).encode('Car', { ...CAR, cupHolderCount: null } as never, { version: 0 })).toEqual(written);
	});
	it('agrees over tiers when damaged', () => {
		const random = createRandom(71);
		const messages = Array.from({ length: 300 }, () => damage(random, random.chance(0.5) ? written : extended));
		for (const protocol of [baseline, extension]) expect(compareTiers(tiersOfProtocol(protocol), protocol.schema, messages, { rows: 64, items: 128 })).toBeNull();
	});
});
