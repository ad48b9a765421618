import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import type { ArrowCompression } from '../columns/arrow/index.ts';
import { layoutSchema, type SchemaLayout } from '../compiler/batch-layout.ts';
import type { BranchProfile } from '../compiler/branch-profile.ts';
import { type CodeCache, type CodeCacheStatistics, openCodeCache } from '../compiler/code-cache.ts';
import { type LayoutProfile, mergeProfiles } from '../compiler/layout-profile.ts';
import { DESCRIPTOR, type ErrorCategory } from '../compiler/parser-abi.ts';
import { type Protocol, TIERS, type Tier } from '../compiler/protocol.ts';
import { type Candidate, detect, findFraming } from '../detect/index.ts';
import { exchanges } from '../exchanges/index.ts';
import { FORMAT_NAMES, framingOf } from '../framing/formats.ts';
import { lengthPrefixed } from '../framing/length-prefixed.ts';
import { lines as lineFraming } from '../framing/lines.ts';
import { type PacketCaptureOptions, readAddress } from '../framing/packet-capture.ts';
import type { Framing } from '../framing/scan-abi.ts';
import { createCircuit } from '../integrity/circuit.ts';
import { isQuarantine, type QuarantineRecord, readQuarantine } from '../integrity/quarantine.ts';
import { createQuarantineFile } from '../integrity/quarantine-file.ts';
import { createArena } from '../memory/index.ts';
import { mapFile } from '../os/index.ts';
import { compile, type MessageParser } from '../pipeline/compile.ts';
import { type FeedSummary, parseFeed } from '../pipeline/feed.ts';
import { binaryPresets } from '../protocols/presets.ts';
import type { Schema } from '../schema/index.ts';
import { openSink, type Sink, type SinkSummary, withOneDictionary } from '../sinks/index.ts';
import { iterableSource } from '../sources/bytes.ts';
import { openCompressed } from '../sources/compressed.ts';
import { fileSource, stdinSource } from '../sources/file.ts';
import type { Source } from '../sources/source.ts';
import { version } from '../version.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { DETECT_BYTES, detectInput } from './detect.ts';
import { isPresetName, loadSchema, PROTO_OPTIONS } from './load-schema.ts';
import { createObservations, type Observations } from './observations.ts';
import { readBranchProfile, readProfile, writeProfile } from './profile-file.ts';
import { isProtocolName, PROTOCOL_NAMES, type ProtocolName, readAs } from './protocols.ts';
import { writeReport } from './report-file.ts';
import { type ComparedRun, comparedObject, createComparing, readSecondParser, renderCompared, type SecondParser } from './second-parser.ts';
import { bytesText, count, createProgress, secondsText, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

export interface RunOptions {
	readonly schema: Schema;
	/** What parses it, as far as the inputs do not look otherwise. */
	readonly protocol: Protocol;
	/** The preset's name, or the path of the schema's module. */
	readonly preset: string;
	/** For people. */
	readonly title: string;
	readonly inputs: readonly string[];
	readonly out?: string | undefined;
	readonly compression?: ArrowCompression | undefined;
	readonly quarantine?: string | undefined;
	readonly keep?: number | undefined;
	readonly report?: string | undefined;
	readonly format?: string | undefined;
	/** Of packet captures: which datagrams. */
	readonly datagrams?: WantedDatagrams | undefined;
	/** Of the messages. Default: what the inputs look like, else JSON. */
	readonly protocolName?: ProtocolName | undefined;
	/** Bring uncompressed files into the arena as a whole, and parse them where they lie. */
	readonly map?: boolean | undefined;
	readonly tier?: Tier | undefined;
	/** What an earlier run has learned. */
	readonly profile?: LayoutProfile | undefined;
	/** Learns from the first message on and as much as there is, and gives it with the result; for `profile learn` and `--save-profile`. */
	readonly learn?: boolean | undefined;
	/** What was counted at branches (`tickforge inspect --branches`), for the code to follow. */
	readonly branchProfile?: BranchProfile | undefined;
	/** Where to keep what this one has learned. */
	readonly saveProfile?: string | undefined;
	/** Where generated code is kept from run to run; it is not without this. */
	readonly codeCache?: CodeCache | undefined;
	readonly rows?: number | undefined;
	readonly items?: number | undefined;
	readonly stopAbove?: number | undefined;
	/** Compares with it, or rolls it out. */
	readonly second?: SecondParser | undefined;
	readonly progress: boolean;
}

export interface RefusedExample {
	readonly category: ErrorCategory;
	readonly sequence: number;
	readonly offset: number;
	readonly input: string;
	/** The message's bytes around the fault. */
	readonly text: string;
}

export interface RunResult {
	readonly options: RunOptions;
	readonly tier: Tier;
	readonly inputs: readonly { readonly name: string; readonly format: string; readonly compression: string | null; readonly bytes: number }[];
	readonly messages: number;
	readonly refused: number;
	readonly bytes: number;
	readonly seconds: number;
	readonly parseSeconds: number;
	/** Noticing what is in the rows and writing them out, as far as it does not wait. */
	readonly takeSeconds: number;
	readonly frameSeconds: number;
	readonly memory: number;
	readonly skipped: number;
	/** Of framings with sequence numbers. */
	readonly gaps: number;
	readonly missing: number;
	readonly repeated: number;
	/** Of packet captures: what became of the packets. */
	readonly counts: Readonly<Record<string, number>>;
	readonly variants: Readonly<Record<string, number>>;
	readonly categories: Readonly<Partial<Record<ErrorCategory, number>>>;
	readonly examples: readonly RefusedExample[];
	readonly quarantinedBytes: number;
	readonly output: SinkSummary | null;
	readonly stopped: boolean;
	/** Of the layout tier, over all inputs; null where another tier parsed. */
	readonly layouts: LayoutsSummary | null;
	/** What was learned, where that was asked for and the layout tier parsed. */
	readonly profile: LayoutProfile | null;
	readonly compared: ComparedRun | null;
	readonly codeCache: CodeCacheStatistics | null;
	readonly observations: Observations;
	readonly startedAt: Date;
}

const EXAMPLES = 20;

/** Parses all inputs, one after the other. */
export async function runInputs(options: RunOptions): Promise<RunResult> {
	const startedAt = new Date();
	const { schema } = options;
	const layoutOptions = { received: true, ...(options.rows === undefined ? {} : { rows: options.rows }), ...(options.items === undefined ? {} : { items: options.items }) };
	const sink = options.out === undefined ? null : await openOutput(options.out, options, layoutSchema(schema, layoutOptions));
	const comparing = options.second === undefined ? null : createComparing(options.second);
	let quarantine = null as ReturnType<typeof createQuarantineFile> | null;
	/** Of all inputs; known with the first one. */
	let protocolName = null as string | null;
	const useProtocol = ({ name }: Protocol, input: string): void => {
		if (protocolName !== null && protocolName !== name) throw new UsageError(`tickforge run: ${input} holds ${name}, and the input before it ${protocolName}; run them one by one, or say --protocol`);
		if (protocolName !== null) return;
		protocolName = name;
		if (options.quarantine === undefined) return;
		quarantine = createQuarantineFile(options.quarantine, {
			schema: { name: schema.name, version: schema.version, variants: schema.variants.map((variant) => variant.name) },
			protocol: name,
			created: startedAt.toISOString(),
			writer: `tickforge ${version}`,
			inputs: options.inputs,
		});
	};
	const observations = createObservations();
	const circuit = createCircuit(options.stopAbove === undefined ? {} : { openAbove: options.stopAbove });
	const progress = createProgress(options.progress);
	const keep = options.keep ?? 65536;
	const examples: RefusedExample[] = [];
	const categories: Partial<Record<ErrorCategory, number>> = {};
	const variants: Record<string, number> = Object.fromEntries(schema.variants.map(({ name }) => [name, 0]));
	const summaries: FeedSummary[] = [];
	const inputs: { name: string; format: string; compression: string | null; bytes: number }[] = [];
	let quarantinedBytes = 0;
	const keepProfile = options.learn === true || options.saveProfile !== undefined;
	try {
		for (const input of options.inputs) {
			const opened = await openInput(input, options.format, options.protocol, options.protocolName, options.datagrams);
			const { framing, format, compression, protocol } = opened;
			useProtocol(protocol, input);
			if (keepProfile && protocol.learner === undefined) throw new UsageError(`tickforge ${options.learn === true ? 'profile learn' : 'run --save-profile'}: ${input} holds messages of ${protocol.name}, and layouts are only learned of JSON`);
			// A gibibyte beside the file: for batches and symbols.
			const arena = options.map === true && input !== '-' && compression === null && format !== 'quarantine' && statSync(input).size < 3 * 2 ** 30 ? createArena({ ceiling: Math.min(2 ** 32 - 65536, statSync(input).size + 2 ** 30) }) : undefined;
			const source = arena === undefined ? opened.source : mapFile(arena, input);
			if (arena !== undefined) opened.source.close();
			const done = { messages: 0, refused: 0 };
			const summary = await parseFeed(protocol, source, framing, {
				...layoutOptions,
				...(arena === undefined ? {} : { arena }),
				...(options.tier === undefined ? {} : { tier: options.tier }),
				...(comparing === null ? {} : { parser: (compileOptions) => comparing.parser(protocol, compileOptions) }),
				...(options.learn === true ? { parser: (compileOptions) => inSmallCalls(compile(protocol, compileOptions)) } : {}),
				codeCache: options.codeCache,
				// A file waits, and a small one is done before learning would pay, unless it is what the run is for.
				tiering: keepProfile ? { learnAfter: 0, learningShare: 1 } : { learnAfter: 32768, longestPause: 20, learningShare: 0.1 },
				...(options.profile === undefined ? {} : { profile: options.profile }),
				keepProfile,
				...(options.branchProfile === undefined ? {} : { branchProfile: options.branchProfile }),
				onBatch(batch) {
					observations.observe(batch);
					return sink?.write(batch);
				},
				onRefused(refused) {
					categories[refused.category] = (categories[refused.category] ?? 0) + 1;
					const bytes = refused.bytes.subarray(0, keep);
					quarantinedBytes += bytes.length;
					quarantine?.write({ ...refused, bytes });
					if (examples.length < EXAMPLES) {
						const from = Math.max(0, refused.offset - 30);
						examples.push({ category: refused.category, sequence: refused.sequence, offset: refused.offset, input, text: textOf(refused.bytes.slice(from, refused.offset + 30), protocolName ?? 'json') });
					}
				},
				onProgress(state) {
					progress.update(state);
					circuit.record(state.messages - done.messages, state.refused - done.refused);
					done.messages = state.messages;
					done.refused = state.refused;
				},
				stop: () => circuit.isOpen,
			});
			for (const [name, accepted] of Object.entries(summary.statistics.variants)) variants[name] = (variants[name] ?? 0) + accepted;
			summaries.push(summary);
			inputs.push({ name: input, format, compression, bytes: summary.bytes });
			if (summary.stopped) break;
		}
	} catch (error) {
		progress.clear();
		quarantine?.close();
		comparing?.close();
		await sink?.abort();
		throw error;
	}
	progress.clear();
	quarantine?.close();
	comparing?.close();
	const learned = summaries.flatMap(({ profile }) => (profile === null ? [] : [profile]));
	const profile = learned.length === 0 ? null : mergeProfiles(learned);
	if (options.saveProfile !== undefined) {
		if (profile === null) throw new UsageError('tickforge run: --save-profile needs the layout tier, which this run did not use');
		writeProfile(options.saveProfile, profile);
	}
	const output = sink === null ? null : await sink.close();
	const sum = (of: (summary: FeedSummary) => number): number => summaries.reduce((total, summary) => total + of(summary), 0);
	return {
		options,
		tier: summaries[0]?.tier ?? 'schema',
		inputs,
		messages: sum((summary) => summary.statistics.messages + summary.tooLong),
		refused: sum((summary) => summary.statistics.refused + summary.tooLong),
		bytes: sum((summary) => summary.bytes),
		seconds: sum((summary) => summary.seconds),
		parseSeconds: sum((summary) => summary.parseSeconds),
		takeSeconds: sum((summary) => summary.takeSeconds),
		frameSeconds: sum((summary) => summary.frameSeconds),
		memory: Math.max(...summaries.map((summary) => summary.memory)),
		skipped: sum((summary) => summary.skipped),
		gaps: sum((summary) => summary.gaps),
		missing: sum((summary) => summary.missing),
		repeated: sum((summary) => summary.repeated),
		counts: countsOf(summaries),
		variants,
		categories,
		examples,
		quarantinedBytes,
		output,
		stopped: summaries.some((summary) => summary.stopped),
		layouts: layoutsOf(summaries),
		profile,
		compared: comparing?.result() ?? null,
		codeCache: options.codeCache?.statistics() ?? null,
		observations,
		startedAt,
	};
}

/** All inputs' counts together. */
function countsOf(summaries: readonly FeedSummary[]): Record<string, number> {
	const all: Record<string, number> = {};
	for (const { counts } of summaries) for (const [name, number] of Object.entries(counts)) all[name] = (all[name] ?? 0) + number;
	return all;
}

/** Bytes of a refused message, for people. */
function textOf(bytes: Uint8Array, protocol: string): string {
	return protocol === 'json'
		? new TextDecoder().decode(bytes)
		: Buffer.from(bytes)
				.toString('hex')
				.replace(/..(?=.)/g, '$& ');
}

/** Between two calls a parser learns from few messages: calls of few messages let it learn from many. */
function inSmallCalls(parser: MessageParser): MessageParser {
	return {
		...parser,
		parseMany(descriptors, count) {
			for (let first = 0; first < count; first += SMALL_CALL) parser.parseMany(descriptors + first * DESCRIPTOR.size, Math.min(SMALL_CALL, count - first));
		},
	};
}
const SMALL_CALL = 64;

/** Where rows go. Several parsers, one an input or two in a rollout, each have ids of their own for names. */
async function openOutput(out: string, { inputs, second, compression }: RunOptions, layout: SchemaLayout): Promise<Sink> {
	const sink = await openSink(out, layout, { compression: compression ?? 'none' });
	return inputs.length > 1 || second?.mode === 'rollout' ? withOneDictionary(sink, layout) : sink;
}

/** An input that is opened, and how it is cut and parsed. */
export interface OpenedInput {
	readonly source: Source;
	readonly framing: Framing;
	readonly format: string;
	readonly protocol: Protocol;
	readonly compression: string | null;
	readonly why: string;
}

/** What is wanted of packet captures. */
export type WantedDatagrams = Omit<PacketCaptureOptions, 'each'>;

/** Opens a file or standard input, unpacks it, and finds out how it is cut into messages, and what they are where the schema or `named` does not say. */
export async function openInput(input: string, format: string | undefined, loaded: Protocol, named?: ProtocolName, wanted: WantedDatagrams = {}): Promise<OpenedInput> {
	const raw = input === '-' ? stdinSource() : fileSource(input);
	const { source, compression, head, complete } = await openCompressed(raw, input === '-' ? undefined : DETECT_BYTES);
	if (format !== undefined) {
		const framing = framingOf(format, wanted);
		if (framing === null) {
			source.close();
			throw new UsageError(`tickforge run: --format is one of ${FORMAT_NAMES.join(', ')}, not "${format}"`);
		}
		return { source, framing, format, protocol: readAs('run', loaded, named ?? (format === 'msgpack' && loaded.name === 'json' ? 'msgpack' : undefined)), compression, why: 'as --format says' };
	}
	if (isQuarantine(head)) {
		source.close();
		return { ...replay(input, loaded, named), compression };
	}
	if (!isProtocolName(loaded.name)) {
		const found = findFraming(loaded, head, complete, wanted);
		if (found === null) {
			source.close();
			throw new UsageError(`tickforge run: ${input} has no messages of ${loaded.schema.name}, however it is cut; if it has, say how with --format (${FORMAT_NAMES.join(', ')})`, EXIT.input);
		}
		return { source, framing: found.framing, format: found.format, protocol: readAs('run', loaded, named), compression, why: `read as ${found.framing.description}, ${found.accepted} of its first ${found.messages} messages are ${loaded.schema.name}` };
	}
	if (head.length === 0) return { source, framing: lineFraming(), format: 'empty', protocol: readAs('run', loaded, named), compression, why: 'it holds no bytes' };
	const { candidates } = detect(head, { complete, presets: false, protocols: [loaded] });
	const found = candidates.find((candidate) => candidate.framing !== null && candidate.confidence > LEAST_CONFIDENCE && messagesOf(candidate) !== null);
	const framing = found?.format == null ? null : framingOf(found.format, wanted);
	if (found === undefined || found.format === null || framing === null) {
		source.close();
		throw new UsageError(`tickforge run: ${input} cannot be parsed as messages: ${whyNotMessages(detect(head, { complete }).candidates[0])}`, EXIT.input);
	}
	return { source, framing, format: found.format, protocol: readAs('run', loaded, named ?? (messagesOf(found) === 'msgpack' && loaded.name === 'json' ? 'msgpack' : undefined)), compression, why: found.evidence.join(', ') };
}

/** What an input is instead. */
function whyNotMessages(best: Candidate | undefined): string {
	if (best === undefined) return 'it is nothing known here, neither JSON nor MessagePack';
	const inside = best.streams.map(({ port, detection }) => `${detection.candidates[0]?.protocol ?? 'unknown'} to port ${port}`);
	return `${best.evidence.join(', ')}${inside.length === 0 ? '' : `: ${inside.slice(0, 4).join(', ')}`}${best.advice === null ? '' : `; ${best.advice}`}`;
}

/** A guess that is better than none. */
const LEAST_CONFIDENCE = 0.05;

/** Which of the named protocols the messages of a candidate are, those in its datagrams where it is a packet capture; null where none. */
function messagesOf({ protocol, streams }: Candidate): ProtocolName | null {
	if (protocol === 'capture') return 'json';
	const name = streams.length === 0 ? protocol : streams[0]?.detection.candidates[0]?.protocol;
	return name !== undefined && isProtocolName(name) ? name : null;
}

/** The messages of a quarantine file, with their receive times, as a stream. */
function replay(path: string, loaded: Protocol, named: ProtocolName | undefined): { source: Source; framing: Framing; format: string; protocol: Protocol; why: string } {
	const reader = readQuarantine(readFileSync(path));
	const kept = reader.header.protocol;
	const isOwn = kept === loaded.name;
	if (!isOwn && !isProtocolName(kept)) throw new UsageError(`tickforge run: ${path} holds messages of the protocol "${kept}", which ${isProtocolName(loaded.name) ? 'this version does not know, or only with a preset or schema of it' : `is not that of ${loaded.schema.name}`}`, EXIT.input);
	const protocol = readAs('run', loaded, named ?? (isOwn || !isProtocolName(kept) ? undefined : kept));
	function* stamped(records: Iterable<QuarantineRecord>): Generator<Uint8Array> {
		for (const { bytes, received } of records) {
			const head = new Uint8Array(12);
			const view = new DataView(head.buffer);
			view.setUint32(0, bytes.length, true);
			view.setBigInt64(4, received, true);
			yield head;
			yield bytes;
		}
	}
	return { source: iterableSource(stamped(reader.records()), path), framing: lengthPrefixed({ bytes: 4, endian: 'little', stamped: true }), format: 'quarantine', protocol, why: 'it is a tickforge quarantine file' };
}

export interface LayoutsSummary {
	/** Messages taken at known places, and those that were not. */
	readonly taken: number;
	readonly missed: number;
	/** Of all inputs. */
	readonly shapes: number;
	/** Bytes: of names and hours that were met, and of the code of the last modules. */
	readonly cacheBytes: number;
	readonly moduleBytes: number;
	readonly modules: number;
	readonly evicted: number;
	readonly unlearnable: number;
	/** Of the last input: what the tier did in the end, and the share that layouts took of its last messages. */
	readonly state: string;
	readonly recentShare: number;
	readonly stepsAside: number;
	/** Times that it began to learn again because layouts took fewer messages than they had. */
	readonly relearned: number;
	readonly compileMilliseconds: number;
	readonly learnMilliseconds: number;
	readonly longestPauseMilliseconds: number;
}

function layoutsOf(summaries: readonly FeedSummary[]): LayoutsSummary | null {
	const all = summaries.flatMap(({ statistics }) => (statistics.layouts === null ? [] : [statistics.layouts]));
	if (all.length === 0) return null;
	const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
	return {
		taken: sum(({ taken }) => taken),
		missed: sum(({ missed }) => missed),
		shapes: sum(({ shapes }) => shapes),
		cacheBytes: sum(({ cacheBytes }) => cacheBytes),
		moduleBytes: sum(({ moduleBytes }) => moduleBytes),
		modules: sum(({ modules }) => modules),
		evicted: sum(({ evicted }) => evicted),
		unlearnable: sum(({ unlearnable }) => unlearnable),
		state: all.at(-1)?.state ?? 'learning',
		recentShare: all.at(-1)?.recentShare ?? 0,
		stepsAside: sum(({ stepsAside }) => stepsAside),
		relearned: sum(({ relearned }) => relearned),
		compileMilliseconds: sum(({ compileMilliseconds }) => compileMilliseconds),
		learnMilliseconds: sum(({ learnMilliseconds }) => learnMilliseconds),
		longestPauseMilliseconds: Math.max(...all.map(({ longestPauseMilliseconds }) => longestPauseMilliseconds)),
	};
}

function layoutsText({ taken, missed, shapes, modules, moduleBytes, stepsAside, relearned, compileMilliseconds, learnMilliseconds }: LayoutsSummary): string {
	if (modules === 0) return 'none yet: too few messages';
	const share = taken + missed === 0 ? 0 : taken / (taken + missed);
	return `${(share * 100).toFixed(1)} % of ${count(taken + missed)} messages taken by code for their shape; ${count(shapes)} ${shapes === 1 ? 'shape' : 'shapes'}, ${modules} ${modules === 1 ? 'module' : 'modules'} (${bytesText(moduleBytes)}, ${Math.round(compileMilliseconds)} ms), learned in ${Math.round(learnMilliseconds)} ms${relearned > 0 ? `, learned again ${relearned} ${relearned === 1 ? 'time' : 'times'}` : ''}${stepsAside > 0 ? `, given up ${stepsAside} ${stepsAside === 1 ? 'time' : 'times'}` : ''}`;
}

/** The summary that a person reads. */
export function renderSummary(result: RunResult): string {
	const { observations, options } = result;
	const accepted = result.messages - result.refused;
	const perMessage = (seconds: number): string => (result.messages === 0 ? '–' : `${((seconds / result.messages) * 1e9).toFixed(seconds / result.messages < 1e-6 ? 1 : 0)} ns`);
	const lines: string[] = [];
	lines.push(`${options.title}: ${result.inputs.map(({ name, format, compression }) => `${name} (${format}${compression === null ? '' : `, ${compression}`})`).join(', ')}`);
	lines.push('');
	lines.push(
		table([
			['messages', `${count(result.messages)}  (${count(accepted)} accepted, ${count(result.refused)} refused)`],
			['bytes', bytesText(result.bytes)],
			['parsing', `${perMessage(result.parseSeconds)} a message, ${count(result.messages / Math.max(result.parseSeconds, 1e-9))} messages/s, ${bytesText(result.bytes / Math.max(result.parseSeconds, 1e-9))}/s  (${result.tier} tier)`],
			...(result.layouts === null ? [] : [['layouts', layoutsText(result.layouts)]]),
			['framing', `${perMessage(result.frameSeconds)} a message`],
			[result.output === null ? 'summing up' : 'writing, summing up', `${perMessage(result.takeSeconds)} a message`],
			['whole run', `${secondsText(result.seconds)}, ${count(result.messages / Math.max(result.seconds, 1e-9))} messages/s`],
			['memory', `${bytesText(result.memory)} in the arena`],
			...(observations.first === null || observations.last === null ? [] : [['time range', `${isoOf(observations.first)} to ${isoOf(observations.last)}`]]),
			...(observations.symbols.size === 0 ? [] : [['symbols', symbolsText(observations.symbols)]]),
			...(result.gaps === 0 && result.repeated === 0 ? [] : [['sequence numbers', `${count(result.gaps)} gaps, ${count(result.missing)} messages missing, ${count(result.repeated)} came again`]]),
			...(Object.keys(result.counts).length === 0
				? []
				: [
						[
							'packets',
							Object.entries(result.counts)
								.map(([name, number]) => `${count(number)} ${name}`)
								.join(', '),
						],
					]),
			...(result.skipped === 0 ? [] : [['without message', `${count(result.skipped)} ${isProtocolName(options.protocol.name) ? 'lines (connections, what the client sent)' : 'packets'}`]]),
		]),
	);
	const types = Object.entries(result.variants).filter(([, accepted_]) => accepted_ > 0);
	if (types.length > 0) {
		lines.push('', 'by type');
		lines.push(
			table(
				types.sort((a, b) => b[1] - a[1]).map(([name, messages]) => [name, count(messages), options.schema.variants.find((variant) => variant.name === name)?.role === 'control' ? 'control' : '']),
				[1],
			),
		);
	}
	if (result.refused > 0) {
		lines.push('', `refused: ${bytesText(result.quarantinedBytes)}${options.quarantine === undefined ? ' (keep them with --quarantine FILE)' : ` in ${options.quarantine}`}`);
		lines.push(
			table(
				Object.entries(result.categories).map(([category, number]) => {
					const example = result.examples.find((one) => one.category === category);
					return [category, count(number), example === undefined ? '' : `e.g. message ${count(example.sequence)}, byte ${count(example.offset)}: …${printable(example.text)}…`];
				}),
				[1],
			),
		);
	}
	if (result.stopped) lines.push('', `stopped: more than ${((options.stopAbove ?? 1) * 100).toFixed(1)} % of the last 1000 messages were refused`);
	if (result.compared !== null) lines.push(...renderCompared(result.compared));
	if (result.output !== null) {
		lines.push('', `wrote ${count(result.output.rows)} rows, ${bytesText(result.output.bytes)}`);
		for (const file of result.output.files) lines.push(`  ${file}`);
	}
	if (result.codeCache !== null) {
		const { folder, hits, written, closed, lastProblem } = result.codeCache;
		const what = closed !== null ? `not used: ${closed}` : `${hits > 0 ? 'code found' : written > 0 ? 'code kept' : 'nothing kept'} in ${folder}${lastProblem === null ? '' : ` (${lastProblem})`}`;
		lines.push('', `code cache: ${what}`);
	}
	if (options.report !== undefined) lines.push('', `report: ${options.report}`);
	return lines.join('\n');
}

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '·');

function symbolsText(symbols: ReadonlyMap<string, number>): string {
	const top = [...symbols].sort((a, b) => b[1] - a[1]).slice(0, 6);
	return `${count(symbols.size)}: ${top.map(([name, rows]) => `${name} ${count(rows)}`).join(', ')}${symbols.size > top.length ? ', …' : ''}`;
}

/** The summary that a script reads. */
export function summaryObject(result: RunResult): Record<string, unknown> {
	return {
		schema: { name: result.options.schema.name, version: result.options.schema.version },
		tier: result.tier,
		inputs: result.inputs,
		messages: result.messages,
		refused: result.refused,
		bytes: result.bytes,
		seconds: result.seconds,
		parseSeconds: result.parseSeconds,
		takeSeconds: result.takeSeconds,
		frameSeconds: result.frameSeconds,
		gaps: result.gaps,
		missing: result.missing,
		repeated: result.repeated,
		counts: result.counts,
		nanosecondsPerMessage: result.messages === 0 ? null : (result.parseSeconds / result.messages) * 1e9,
		memory: result.memory,
		timeRange: result.observations.first === null ? null : { first: isoOf(result.observations.first), last: isoOf(result.observations.last ?? result.observations.first) },
		symbols: Object.fromEntries(result.observations.symbols),
		variants: result.variants,
		categories: result.categories,
		examples: result.examples,
		quarantinedBytes: result.quarantinedBytes,
		output: result.output,
		codeCache: result.codeCache,
		layouts: result.layouts,
		stopped: result.stopped,
		compared: result.compared === null ? null : comparedObject(result.compared),
		machine: { processor: cpus()[0]?.model.trim() ?? 'unknown', node: process.versions.node, tickforge: version },
	};
}

export async function runCommand(args: readonly string[]): Promise<number> {
	// Alone it means the usual folder, and must not take the word after it.
	const spelledOut = args.map((arg) => (arg === '--code-cache' ? '--code-cache=' : arg));
	const { values, positionals } = readArguments('run', spelledOut, {
		out: { type: 'string' },
		compression: { type: 'string' },
		quarantine: { type: 'string' },
		keep: { type: 'string' },
		report: { type: 'string' },
		format: { type: 'string' },
		port: { type: 'string', multiple: true },
		address: { type: 'string', multiple: true },
		protocol: { type: 'string' },
		map: { type: 'boolean', default: false },
		tier: { type: 'string' },
		'code-cache': { type: 'string' },
		profile: { type: 'string' },
		'save-profile': { type: 'string' },
		'branch-profile': { type: 'string' },
		rows: { type: 'string' },
		items: { type: 'string' },
		'stop-above': { type: 'string' },
		shadow: { type: 'string' },
		rollout: { type: 'string' },
		'shadow-share': { type: 'string' },
		'shadow-differences': { type: 'string' },
		'rollout-steps': { type: 'string' },
		'rollout-messages': { type: 'string' },
		'rollout-allow': { type: 'string' },
		json: { type: 'boolean', default: false },
		quiet: { type: 'boolean', default: false },
		date: { type: 'string' },
		list: { type: 'boolean', default: false },
		...PROTO_OPTIONS,
	});
	if (values.list) {
		console.log(
			table(
				Object.values(exchanges)
					.map((preset) => [
						preset.name,
						preset.title,
						preset.schema.variants
							.filter(({ role }) => role === 'table')
							.map(({ name }) => name)
							.join(' '),
					])
					.concat(binaryPresets.map((preset) => [preset.name, preset.title, `binary, ${preset.protocol().schema.variants.length} messages`])),
			),
		);
		return EXIT.ok;
	}
	const given = await presetAndInputs(positionals, values.quiet || values.json);
	const { schema, protocol, name, title } = await loadSchema('run', given.preset, values);
	const { inputs } = given;
	if (inputs.length === 0) throw new UsageError('tickforge run: which file? Use "-" for standard input. See: tickforge run --help');
	for (const input of inputs) {
		// Said before outputs are opened.
		if (input !== '-') closeSync(openFile(input));
	}
	const second = await readSecondParser(values, protocol, values.out, values.date);
	const result = await runInputs({
		schema,
		protocol,
		preset: name,
		title,
		inputs,
		out: values.out,
		compression: choice('run', 'compression', values.compression, ['none', 'lz4', 'zstd']),
		quarantine: values.quarantine,
		keep: numberOption('run', 'keep', values.keep, 0, 2 ** 30),
		report: values.report,
		format: values.format,
		datagrams: datagramsOf(values.port, values.address),
		protocolName: choice('run', 'protocol', values.protocol, PROTOCOL_NAMES),
		map: values.map,
		tier: choice('run', 'tier', values.tier, TIERS),
		profile: values.profile === undefined ? undefined : readProfile('run', values.profile),
		branchProfile: values['branch-profile'] === undefined ? undefined : readBranchProfile('run', values['branch-profile']),
		saveProfile: values['save-profile'],
		codeCache: values['code-cache'] === undefined ? undefined : openCodeCache(values['code-cache'] === '' ? {} : { folder: values['code-cache'] }),
		rows: numberOption('run', 'rows', values.rows, 64, 2 ** 20),
		items: numberOption('run', 'items', values.items, 64, 2 ** 24),
		stopAbove: numberOption('run', 'stop-above', values['stop-above'], 0, 1),
		second: second ?? undefined,
		progress: !values.quiet && !values.json,
	});
	if (values.report !== undefined) writeReport(values.report, result);
	if (values.json) console.log(JSON.stringify(summaryObject(result)));
	else if (!values.quiet) console.log(renderSummary(result));
	return result.stopped ? EXIT.stopped : result.compared?.isDifferent === true ? EXIT.different : result.refused > 0 ? EXIT.refused : EXIT.ok;
}

/** The preset that is named, or else the one that fits the first input. */
async function presetAndInputs(positionals: readonly string[], isQuiet: boolean): Promise<{ readonly preset: string | undefined; readonly inputs: readonly string[] }> {
	const [first, ...others] = positionals;
	const isFile = first !== undefined && !isPresetName(first) && !/\.(?:[mc]?[jt]s|xml|proto)$/.test(first) && existsSync(first);
	if (!isFile) return { preset: first, inputs: others };
	const { detection } = await detectInput(first);
	const [best] = detection.candidates;
	if (best?.preset == null || best.confidence < LIKELY_CONFIDENCE) throw new UsageError(`tickforge run: which preset or schema? None of the presets fits ${first}; tickforge detect ${first} says what it is`, EXIT.input);
	if (!isQuiet) console.error(`${first} looks like ${best.preset} (tickforge detect says why)`);
	return { preset: best.preset, inputs: positionals };
}
const LIKELY_CONFIDENCE = 0.5;

function datagramsOf(ports: readonly string[] | undefined, addresses: readonly string[] | undefined): WantedDatagrams {
	const list = (values: readonly string[]): string[] => values.flatMap((value) => value.split(','));
	const wanted = list(ports ?? []).map((port) => {
		const number = /^\d{1,5}$/.test(port) ? Number(port) : 65536;
		if (number > 65535) throw new UsageError(`tickforge run: --port is a number from 0 to 65535, or several with commas, not "${port}"`);
		return number;
	});
	const groups = list(addresses ?? []);
	for (const address of groups) {
		try {
			readAddress(address);
		} catch (error) {
			throw new UsageError(`tickforge run: --address: ${error instanceof Error ? error.message.replace(/^tickforge: /, '') : address}`);
		}
	}
	return { ...(ports === undefined ? {} : { ports: wanted }), ...(addresses === undefined ? {} : { addresses: groups }) };
}

function openFile(path: string): number {
	try {
		const file = openSync(path, 'r');
		if (statSync(path).isFile()) readSync(file, new Uint8Array(0), 0, 0, 0);
		return file;
	} catch (error) {
		throw new UsageError(`tickforge run: ${path} cannot be opened: ${error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : error instanceof Error ? error.message : String(error)}`, EXIT.input);
	}
}
