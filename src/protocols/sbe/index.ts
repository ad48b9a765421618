/** Simple Binary Encoding from its published schemas. docs/sbe.md says what becomes of every element. */
import { type BinaryProtocol, binary } from '../binary/index.ts';
import { type SbeOptions, wireFormatOf } from './wire-format.ts';
import { readXml } from './xml.ts';

export { type BinanceSpotStreamsOptions, binanceSpotStreams } from './binance-spot-streams.ts';
export type { SbeOptions } from './wire-format.ts';

/**
 * A parser's protocol from an SBE schema's XML, unchanged.
 *
 * @throws SchemaError with every mistake, each with its element and line; Error where it is no XML, or the optional
 *   peer `saxes` is not installed
 */
export async function sbe(xml: string, options: SbeOptions = {}): Promise<BinaryProtocol> {
	return binary(wireFormatOf(await readXml(xml), options));
}
