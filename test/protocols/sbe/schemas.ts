/** SBE schemas as XML, for tests and fuzzing. */

export const HEADER = '<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>';
export const GROUP = '<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint16"/></composite>';
export const schema = (attributes: string, body: string): string => `<?xml version="1.0"?>\n<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" xmlns:mbx="x" ${attributes}>\n${body}\n</sbe:messageSchema>`;

/** The messages of the specification's chapter of examples (FIX SBE 1.0, "Examples"). */
export const EXAMPLES = schema(
	'package="Examples" id="91" byteOrder="littleEndian"',
	`<types>${HEADER}${GROUP}
		<type name="enumEncoding" primitiveType="char"/>
		<type name="idString" primitiveType="char" length="8"/>
		<type name="timestampEncoding" primitiveType="uint64" semanticType="UTCTimestamp"/>
		<type name="date" primitiveType="uint16"/>
		<composite name="optionalDecimal"><type name="mantissa" presence="optional" primitiveType="int64"/><type name="exponent" presence="constant" primitiveType="int8">-3</type></composite>
		<composite name="qty"><type name="mantissa" primitiveType="int32"/><type name="exponent" presence="constant" primitiveType="int8">0</type></composite>
		<composite name="MONTH_YEAR"><type name="year" primitiveType="uint16"/><type name="month" primitiveType="uint8"/><type name="day" primitiveType="uint8"/><type name="week" primitiveType="uint8"/></composite>
		<composite name="DATA"><type name="length" primitiveType="uint16"/><type name="varData" length="0" primitiveType="uint8"/></composite>
		<enum name="ordType" encodingType="enumEncoding"><validValue name="Market">1</validValue><validValue name="Limit">2</validValue></enum>
		<enum name="side" encodingType="enumEncoding"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum>
		<enum name="execType" encodingType="enumEncoding"><validValue name="New">0</validValue><validValue name="Trade">F</validValue></enum>
		<enum name="ordStatus" encodingType="enumEncoding"><validValue name="New">0</validValue><validValue name="PartialFilled">1</validValue></enum>
		<enum name="reason" encodingType="uint8"><validValue name="Other">0</validValue><validValue name="NotAuthorized">6</validValue></enum>
	</types>
	<sbe:message name="NewOrderSingle" id="99" blockLength="54">
		<field name="ClOrdID" id="11" type="idString" offset="0"/><field name="Account" id="1" type="idString" offset="8"/><field name="Symbol" id="55" type="idString" offset="16"/>
		<field name="Side" id="54" type="side" offset="24"/><field name="TransactTime" id="60" type="timestampEncoding" offset="25"/><field name="OrderQty" id="38" type="qty" offset="33"/>
		<field name="OrdType" id="40" type="ordType" offset="37"/><field name="Price" id="44" type="optionalDecimal" offset="38"/><field name="StopPx" id="99" type="optionalDecimal" offset="46"/>
	</sbe:message>
	<sbe:message name="ExecutionReport" id="98" blockLength="42">
		<field name="OrderID" id="37" type="idString"/><field name="ExecID" id="17" type="idString"/><field name="ExecType" id="150" type="execType"/><field name="OrdStatus" id="39" type="ordStatus"/>
		<field name="Symbol" id="55" type="idString"/><field name="MaturityMonthYear" id="200" type="MONTH_YEAR"/><field name="Side" id="54" type="side"/><field name="LeavesQty" id="151" type="qty"/>
		<field name="CumQty" id="14" type="qty"/><field name="TradeDate" id="75" type="date"/>
		<group name="FillsGrp" id="2112" blockLength="12"><field name="FillPx" id="1364" type="optionalDecimal"/><field name="FillQty" id="1365" type="qty"/></group>
	</sbe:message>
	<sbe:message name="BusinessMessageReject" id="97" blockLength="9">
		<field name="BusinessRejectRefID" id="379" type="idString"/><field name="BusinessRejectReason" id="380" type="reason"/><data name="Text" id="58" type="DATA" semanticType="String"/>
	</sbe:message>`,
);

/** A schema with most of what schemas have. @param version 0, or 1, which adds fields, a group and data */
export const everything = (byteOrder: string, version: number): string =>
	schema(
		`package="all" id="7" version="${version}" byteOrder="${byteOrder}" headerType="head"`,
		`<types>
		<composite name="head"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/><type name="numGroups" primitiveType="uint16"/><type name="numVarDataFields" primitiveType="uint16"/></composite>
		<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint8"/><type name="numGroups" primitiveType="uint8"/><type name="numVarDataFields" primitiveType="uint8"/></composite>
		<composite name="text"><type name="length" primitiveType="uint32"/><type name="varData" primitiveType="uint8" length="0" characterEncoding="UTF-8"/></composite>
		<composite name="bytes"><type name="length" primitiveType="uint8"/><type name="varData" primitiveType="uint8" length="0"/></composite>
		<type name="code" primitiveType="char" length="6"/>
		<type name="key" primitiveType="uint8" length="16"/><type name="maybes" primitiveType="uint8" length="2" presence="optional"/>
		<type name="five" primitiveType="int32" length="5"/>
		<type name="maybe" primitiveType="uint8" presence="optional"/>
		<type name="own" primitiveType="int16" presence="optional" nullValue="-1"/>
		<enum name="Bool" encodingType="uint8"><validValue name="F">0</validValue><validValue name="T">1</validValue></enum>
		<enum name="Kind" encodingType="char"><validValue name="Alpha">A</validValue><validValue name="Beta">B</validValue></enum>
		<set name="Extras" encodingType="uint8"><choice name="roof">0</choice><choice name="sports">1</choice><choice name="cruise">2</choice></set>
		<composite name="Booster"><type name="power" primitiveType="uint8"/><ref name="kind" type="Kind"/></composite>
		<composite name="Engine"><type name="capacity" primitiveType="uint16"/><type name="rpm" primitiveType="uint16" presence="constant">9000</type><type name="maker" primitiveType="char" length="3"/><type name="fuel" primitiveType="char" presence="constant">Petrol</type><ref name="on" type="Bool" offset="8"/><ref name="booster" type="Booster"/></composite>
		<composite name="Price"><type name="mantissa" primitiveType="int64"/><type name="exponent" primitiveType="int8"/></composite>
		<composite name="Time"><type name="time" primitiveType="uint64"/><type name="unit" primitiveType="uint8" presence="constant">6</type></composite>
	</types>
	<sbe:message name="Car" id="1">
		<field name="serial" id="1" type="uint64"/><field name="year" id="2" type="uint16"/><field name="available" id="3" type="Bool"/><field name="kind" id="4" type="Kind"/><field name="numbers" id="5" type="five"/>
		<field name="code" id="6" type="code"/><field name="extras" id="7" type="Extras"/><field name="always" id="8" type="Kind" presence="constant" valueRef="Kind.Beta"/><field name="engine" id="9" type="Engine"/>
		<field name="price" id="10" type="Price"/><field name="at" id="11" type="Time"/><field name="seats" id="12" type="maybe"/><field name="own" id="13" type="own"/><field name="mpg" id="14" type="double" presence="optional"/><field name="key" id="50" type="key"/><field name="maybes" id="51" type="maybes"/>
		${version > 0 ? '<field name="cups" id="15" type="maybe" sinceVersion="1"/><field name="more" id="16" type="code" sinceVersion="1" offset="120"/>' : ''}
		<group name="figures" id="20"><field name="speed" id="21" type="uint16"/><field name="use" id="22" type="float"/>${version > 0 ? '<field name="extra" id="25" type="int32" sinceVersion="1"/>' : ''}<group name="inner" id="23"><field name="v" id="24" type="int8"/></group><data name="note" id="26" type="text"/></group>
		${version > 0 ? '<group name="later" id="30" sinceVersion="1"><field name="x" id="31" type="uint8"/></group>' : ''}
		<data name="make" id="40" type="text"/><data name="raw" id="41" type="bytes"/>${version > 0 ? '<data name="last" id="42" type="text" sinceVersion="1"/>' : ''}
	</sbe:message>`,
	);
