import type { Protocol } from '../compiler/protocol.ts';
import { exchanges } from '../exchanges/index.ts';
import { detectFormat } from '../framing/detect.ts';
import { isQuarantine, readQuarantine } from '../integrity/quarantine.ts';
import { parseFeed } from '../pipeline/feed.ts';
import { binaryPresets } from '../protocols/presets.ts';
import type { Schema } from '../schema/index.ts';
import { bytesSource } from '../sources/bytes.ts';
import { openCompressed } from '../sources/compressed.ts';
import { fileSource, stdinSource } from '../sources/file.ts';
import { readArguments } from './arguments.ts';
import { findFraming } from './binary-framing.ts';
import { protocolOf } from './protocols.ts';
import { table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

export interface PresetFit {
	readonly preset: string;
	/** Share of the sample's messages that the preset accepts. */
	readonly accepted: number;
	readonly messages: number;
	/** Of the accepted ones, those with rows. */
	readonly tables: readonly string[];
}

const SAMPLE = 1 << 18;

/** Tries every preset on a sample; the best first. */
export async function fitPresets(sample: Uint8Array, complete: boolean): Promise<PresetFit[]> {
	const fits: PresetFit[] = [];
	for (const preset of Object.values(exchanges)) {
		const { framing, format } = detectFormat(sample, complete);
		if (framing === null) return [];
		// The last message of a sample is cut: it does not count.
		const isBinary = format === 'msgpack';
		const cut = complete || isBinary ? sample : sample.subarray(0, sample.lastIndexOf(0x0a) + 1 || sample.length);
		const protocol = protocolFor(preset.schema, isBinary);
		if (protocol === null) continue;
		const { statistics } = await parseFeed(protocol, bytesSource(cut), framing, { tier: 'schema', rows: 256, items: 16384, longest: SAMPLE, window: SAMPLE * 2, ceiling: 2 ** 29 });
		const tables = preset.schema.variants.filter(({ name, role }) => role === 'table' && (statistics.variants[name] ?? 0) > 0).map(({ name }) => name);
		fits.push({ preset: preset.name, messages: statistics.messages, accepted: statistics.messages === 0 ? 0 : 1 - statistics.refused / statistics.messages, tables });
	}
	return fits.sort((a, b) => b.accepted - a.accepted || b.tables.length - a.tables.length);
}

/** The binary preset and the framing that fit a sample in no format known by its first bytes; null where none does. */
async function fitBinary(head: Uint8Array): Promise<{ preset: string; format: string; why: string } | null> {
	for (const { name, title, protocol } of binaryPresets) {
		const found = await findFraming(protocol(), head);
		if (found !== null) return { preset: name, format: found.format, why: `cut as ${found.format}, ${found.accepted} of its first ${found.messages} messages are ${title}` };
	}
	return null;
}

/** Null where the format cannot have such a schema. */
function protocolFor(schema: Schema, isBinary: boolean): Protocol | null {
	try {
		return protocolOf('detect', isBinary ? 'msgpack' : 'json', schema);
	} catch (error) {
		if (error instanceof UsageError) return null;
		throw error;
	}
}

export async function detectCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('detect', args, { json: { type: 'boolean', default: false } });
	const [path] = positionals;
	if (path === undefined) throw new UsageError('tickforge detect: which file? See: tickforge detect --help');
	const { source, compression, head, complete } = await openCompressed(path === '-' ? stdinSource() : fileSource(path), SAMPLE);
	source.close();
	const detected = detectFormat(head, complete);
	const fits = detected.framing === null || head.length === 0 ? [] : await fitPresets(head, complete);
	const best = fits.filter(({ accepted, tables }) => accepted >= 0.5 && tables.length > 0);
	const binary = detected.format === 'unknown' ? await fitBinary(head) : null;
	const quarantined = isQuarantine(head) && complete ? readQuarantine(head).header : null;
	if (values.json) {
		console.log(JSON.stringify({ path, compression, format: binary?.format ?? detected.format, why: binary?.why ?? detected.why, binary: binary?.preset ?? null, presets: fits.filter(({ accepted }) => accepted > 0), quarantine: quarantined }));
		return detected.format === 'unknown' && binary === null ? EXIT.input : EXIT.ok;
	}
	if (binary !== null) {
		console.log(`${path}: ${binary.preset}${compression === null ? '' : ` in ${compression}`}\n  because, ${binary.why}\n\n  tickforge run ${binary.preset} ${path}`);
		return EXIT.ok;
	}
	console.log(`${path}: ${detected.format}${compression === null ? '' : ` in ${compression}`}\n  because ${detected.why}`);
	if (quarantined !== null) console.log(`  refused by schema ${quarantined.schema.name} version ${quarantined.schema.version}, written ${quarantined.created}`);
	if (detected.framing !== null && best.length === 0 && fits.length > 0) console.log(`  no preset accepts at least half of its first ${fits[0]?.messages ?? 0} messages; describe it with a schema of your own (docs/schema.md)`);
	if (best.length > 0) {
		console.log(`\npresets that accept its first ${best[0]?.messages} messages`);
		console.log(
			table(
				best.slice(0, 5).map(({ preset, accepted, tables }) => [preset, `${(accepted * 100).toFixed(1)} %`, tables.join(' ')]),
				[1],
			),
		);
		console.log(`\n  tickforge run ${best[0]?.preset} ${path}`);
	}
	return detected.format === 'unknown' ? EXIT.input : EXIT.ok;
}
