/** SBE messages of an unknown schema (FIX Simple Binary Encoding 1.0, "Message header"): their headers agree with each other. */

export interface SbeHeaders {
	readonly schemaId: number;
	readonly versions: readonly number[];
	readonly templates: readonly number[];
	readonly littleEndian: boolean;
	/** Of the header: 8 bytes, or 12 with the numbers of groups and of data fields. */
	readonly headerBytes: 8 | 12;
	readonly bits: number;
	/** Messages whose header is plausible. */
	readonly messages: number;
}

const MOST_GROUPS = 64;

/** What the headers of messages say; null where they are none. */
export function readSbeHeaders(messages: readonly Uint8Array[], littleEndian: boolean): SbeHeaders | null {
	const schemas = new Map<number, number>();
	const versions = new Set<number>();
	/** Block length and version by template. */
	const templates = new Map<number, { readonly block: number; readonly version: number }>();
	let bits = 0;
	let plausible = 0;
	let repeated = 0;
	let longForm = 0;
	let shortForm = 0;
	for (const message of messages) {
		if (message.length < 9) return null;
		const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
		const [block, template, schema, version] = [0, 2, 4, 6].map((at) => view.getUint16(at, littleEndian)) as [number, number, number, number];
		if (block === 0 || 8 + block > message.length || version > 4096 || (template === 0 && schema === 0)) return null;
		plausible++;
		schemas.set(schema, (schemas.get(schema) ?? 0) + 1);
		versions.add(version);
		const before = templates.get(template);
		if (before !== undefined && before.version === version) {
			// The root block of a template has one length.
			if (before.block !== block) return null;
			repeated++;
		} else templates.set(template, { block, version });
		const groups = message.length >= 12 ? view.getUint16(8, littleEndian) : MOST_GROUPS + 1;
		const data = message.length >= 12 ? view.getUint16(10, littleEndian) : MOST_GROUPS + 1;
		if (groups <= MOST_GROUPS && data <= MOST_GROUPS && 12 + block <= message.length && (groups + data === 0) === (12 + block === message.length)) longForm++;
		if (8 + block === message.length) shortForm++;
	}
	const [schemaId] = schemas.keys();
	// Several schemas in one stream are not told from noise.
	if (plausible === 0 || schemaId === undefined || schemas.size > 1 || versions.size > 3) return null;
	// One message could be many things: zeros and small numbers are everywhere.
	bits = plausible === 1 ? 10 : 10 + 10 * (plausible - 1) + 4 * repeated;
	return { schemaId, versions: [...versions].sort((a, b) => a - b), templates: [...templates.keys()].sort((a, b) => a - b), littleEndian, headerBytes: longForm === plausible && shortForm === 0 ? 12 : 8, bits: Math.min(bits, 48), messages: plausible };
}
