import type { Protocol } from '../compiler/protocol.ts';
import { type Candidate, type Detection, detect } from '../detect/index.ts';
import { openCompressed } from '../sources/compressed.ts';
import { fileSource, stdinSource } from '../sources/file.ts';
import { readArguments } from './arguments.ts';
import { loadSchema, PROTO_OPTIONS, type SchemaArguments } from './load-schema.ts';
import { table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

/** Bytes that are looked at, unpacked. */
export const DETECT_BYTES = 1 << 20;
/** Less is not worth a line. */
const LEAST_SHOWN = 0.01;
const LIKELY = 0.5;

export interface DetectedInput {
	readonly path: string;
	readonly compression: string | null;
	readonly detection: Detection;
	/** The schemas that were given, by what parses them. */
	readonly schemas: ReadonlyMap<Protocol, string>;
}

/** Looks at a file's first bytes, unpacked. */
export async function detectInput(path: string, schemas: readonly string[] = [], ofProto: SchemaArguments = {}): Promise<DetectedInput> {
	const given = new Map<Protocol, string>();
	for (const schema of schemas) given.set((await loadSchema('detect', schema, schema.endsWith('.proto') ? ofProto : {})).protocol, schema);
	const { source, compression, head, complete } = await openCompressed(path === '-' ? stdinSource() : fileSource(path), DETECT_BYTES);
	source.close();
	return { path, compression, detection: detect(head, { complete, protocols: [...given.keys()] }), schemas: given };
}

export async function detectCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('detect', args, { json: { type: 'boolean', default: false }, schema: { type: 'string', multiple: true }, ...PROTO_OPTIONS });
	const [path, ...more] = positionals;
	if (path === undefined) throw new UsageError('tickforge detect: which file? See: tickforge detect --help');
	if (more.length > 0) throw new UsageError('tickforge detect: one file at a time');
	const found = await detectInput(path, values.schema ?? [], values);
	const [best] = found.detection.candidates;
	const next = nextCommand(found, values);
	if (values.json) console.log(JSON.stringify({ path, compression: found.compression, ...plainDetection(found.detection), next }));
	else console.log(renderDetected(found, next));
	return found.detection.bytes === 0 || (best !== undefined && best.confidence >= LIKELY) ? EXIT.ok : EXIT.input;
}

/** Without what is no data: framings and parsers. */
function plainDetection({ candidates, needsMore, bytes }: Detection): Record<string, unknown> {
	return {
		bytes,
		needsMore,
		candidates: candidates.map(({ framing, parser, inside, streams, ...plain }) => ({ ...plain, inside: inside === null ? null : plainDetection(inside), streams: streams.map(({ detection, ...stream }) => ({ ...stream, ...plainDetection(detection) })) })),
	};
}

const percent = (share: number): string => (share > 0.9949 && share < 1 ? '>99 %' : `${Math.round(share * 100)} %`);
/** `json (ndjson, binance-spot)`. */
function titleOf({ protocol, version, format, preset }: Candidate): string {
	const more = [...(version === null || protocol === 'websocket-upgrade' ? [] : [version.startsWith('FIX') ? version : `version ${version}`]), ...(format === null || format === protocol ? [] : [format]), ...(preset === null ? [] : [preset])];
	return `${protocol}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

function renderDetected({ path, compression, detection }: DetectedInput, next: string | null): string {
	const { candidates, bytes, needsMore } = detection;
	const within = compression === null ? '' : ` in ${compression}`;
	if (bytes === 0) return `${path}: empty${within}`;
	const shown = candidates.filter(({ confidence }, index) => confidence >= LEAST_SHOWN || index === 0);
	const [best, ...others] = shown;
	if (best === undefined) return `${path}: unknown${within}\n  nothing known here begins like this; it was compared with JSON, MessagePack, FIX, SBE, ITCH, Protobuf, WebSocket, compressed and columnar files and packet captures`;
	const lines = [best.confidence >= LIKELY ? `${path}: ${titleOf(best)}${within}` : `${path}: unknown${within}; ${needsMore ? 'with more of it this would be surer' : 'at most this'}: ${titleOf(best)}`];
	lines.push(...explained(best, '  '));
	if (others.length > 0) {
		lines.push('', 'or');
		for (const other of others.slice(0, 5)) lines.push(`  ${titleOf(other)}, ${percent(other.confidence)}: ${other.evidence.join('; ')}`);
	}
	const fits = best.presets.filter(({ accepted, tables }) => accepted >= LIKELY && tables.length > 0);
	if (fits.length > 0) {
		lines.push('', `presets that accept its first ${fits[0]?.messages} messages`);
		lines.push(
			table(
				fits.slice(0, 5).map(({ preset, accepted, tables }) => [preset, `${(accepted * 100).toFixed(1)} %`, tables.join(' ')]),
				[1],
			),
		);
	}
	if (next !== null) lines.push('', `  ${next}`);
	return lines.join('\n');
}

/** Why, and what is inside. */
function explained(candidate: Candidate, indent: string): string[] {
	const { confidence, evidence, advice, inside, streams } = candidate;
	const lines = [`${indent}${percent(confidence)} sure, because ${evidence.join(',\n'.concat(indent, '  '))}`];
	if (advice !== null) lines.push(`${indent}${advice}`);
	for (const stream of streams.slice(0, 10)) {
		const [best] = stream.detection.candidates;
		lines.push(`${indent}${stream.address.includes(':') ? `[${stream.address}]` : stream.address}:${stream.port}, ${stream.packets} ${stream.packets === 1 ? 'packet' : 'packets'}: ${best === undefined ? 'unknown' : titleOf(best)}`);
		if (best !== undefined) lines.push(...explained(best, `${indent}  `));
	}
	if (streams.length > 10) lines.push(`${indent}and ${streams.length - 10} more`);
	const [within] = inside?.candidates ?? [];
	if (within !== undefined) lines.push(`${indent}inside: ${titleOf(within)}`, ...explained(within, `${indent}  `));
	return lines;
}

const quoted = (path: string): string => (/^[\w./:@%+=,-]+$/.test(path) ? path : `'${path.replace(/'/g, "'\\''")}'`);

/** What to type next; null where there is nothing to run. */
function nextCommand({ path, detection, schemas }: DetectedInput, { message, tables, include = [] }: SchemaArguments): string | null {
	const [best] = detection.candidates;
	if (best === undefined || best.confidence < LIKELY || best.framing === null) return null;
	const known = best.preset === null || best.parser === null ? null : (schemas.get(best.parser) ?? best.preset);
	const [stream] = best.streams.filter(({ detection: inside }) => inside.candidates[0]?.preset === best.preset);
	const narrowed = best.streams.length > 1 && stream !== undefined ? ` --port ${stream.port}` : '';
	const ofProto = known?.endsWith('.proto') === true ? [...Object.entries({ message, tables }), ...include.map((folder) => ['include', folder] as const)].flatMap(([option, value]) => (value === undefined ? [] : [` --${option} ${quoted(value)}`])).join('') : '';
	if (known !== null) return `tickforge run ${quoted(known)} ${quoted(path)}${ofProto}${best.streams.length > 0 || schemas.size > 0 ? ` --format ${best.format}${narrowed}` : ''}`;
	if (best.streams.length > 0 && best.streams.every(({ detection: inside }) => (inside.candidates[0]?.confidence ?? 0) < LIKELY)) return null;
	if (best.protocol === 'protobuf') return `tickforge run feed.proto ${quoted(path)} --message NAME --format ${best.format}`;
	if (best.protocol === 'sbe') return `tickforge run schema.xml ${quoted(path)} --format ${best.format}`;
	return `tickforge run ./my-feed.ts ${quoted(path)}${best.streams.length > 0 ? ` --format ${best.format}${narrowed}` : ''}   (no preset fits; docs/schema.md describes one)`;
}
