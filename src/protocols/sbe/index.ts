/** Simple Binary Encoding from its published schemas. docs/sbe.md says what becomes of every element. */
import { type BinaryProtocol, binary } from '../binary/index.ts';
import { type Include, includeAll, readIncluded } from './include.ts';
import { type SbeOptions, wireFormatOf } from './wire-format.ts';
import { readXml } from './xml.ts';

export { type BinanceSpotStreamsOptions, binanceSpotStreams } from './binance-spot-streams.ts';
export { cmeMdp3 } from './cme-mdp3.ts';
export type { Include, Included } from './include.ts';
export { readSchemaLifecycle, type SchemaDates, type SchemaLifecycle, type SchemaStatus, schemaStatus } from './lifecycle.ts';
export type { SbeOptions } from './wire-format.ts';

/**
 * A parser's protocol from an SBE schema's XML, unchanged.
 *
 * @param options `include` gives the text of what the schema includes (XInclude)
 * @throws SchemaError with every mistake, each with its element and line; Error where it is no XML, something included is
 *   missing or includes itself, or the optional peer `saxes` is not installed
 */
export async function sbe(xml: string, { include, ...options }: SbeOptions & { readonly include?: Include } = {}): Promise<BinaryProtocol> {
	return binary(wireFormatOf(await includeAll(await readXml(xml), include), options));
}

/**
 * The same from a file; what it includes is read from beside it.
 *
 * @throws as {@link sbe}, and where the file cannot be read
 */
export async function loadSbe(path: string, options: SbeOptions = {}): Promise<BinaryProtocol> {
	const { text, from } = await readIncluded(path, null);
	return binary(wireFormatOf(await includeAll(await readXml(text), readIncluded, from), options));
}
