import { cpus } from 'node:os';
import { relative } from 'node:path';
import { TIERS, type Tier } from '../compiler/protocol.ts';
import { type AllocationProof, type Collections, feedWorkload, proveAllocations, proveRestarts, type RestartProof, type Trend } from '../observe/index.ts';
import type { AnyBatch, ParserStatistics } from '../pipeline/compile.ts';
import type { Schema } from '../schema/index.ts';
import { version } from '../version.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { type LoadedSchema, loadSchema, PROTO_OPTIONS } from './load-schema.ts';
import { PROTOCOL_NAMES, readAs } from './protocols.ts';
import { generateInput, type RepeatedInput, readInput } from './prove-input.ts';
import { bytesText, count, secondsText, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

interface Proof {
	readonly title: string;
	readonly input: RepeatedInput;
	readonly tier: Tier;
	readonly hasCallback: boolean;
	readonly allocations: AllocationProof;
	/** Of all messages that were parsed for it. */
	readonly refused: number;
	readonly parsed: number;
	/** Of the layout tier. */
	readonly layouts: ParserStatistics['layouts'];
	readonly restarts: RestartProof | null;
	readonly seconds: number;
}

/** Functions named in the report. */
const SITES = 8;

export async function proveCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('prove', args, {
		messages: { type: 'string' },
		'warm-up': { type: 'string' },
		restarts: { type: 'string' },
		allow: { type: 'string' },
		format: { type: 'string' },
		protocol: { type: 'string' },
		date: { type: 'string' },
		tier: { type: 'string' },
		rows: { type: 'string' },
		items: { type: 'string' },
		json: { type: 'boolean', default: false },
		...PROTO_OPTIONS,
	});
	const [what, preset, file] = positionals;
	if (what !== 'allocations') throw new UsageError(`tickforge prove: ${what === undefined ? 'prove what?' : `"${what}" cannot be proved.`} There is: tickforge prove allocations <preset | schema.ts> [file]`);
	const started = performance.now();
	const loaded = await loadSchema('prove', preset, values);
	const { name, title } = loaded;
	const protocol = readAs('prove', loaded.protocol, choice('prove', 'protocol', values.protocol, PROTOCOL_NAMES));
	const onBatch = callbackOf(loaded);
	const messages = numberOption('prove', 'messages', values.messages, 1000, 1e12) ?? 10_000_000;
	const restarts = numberOption('prove', 'restarts', values.restarts, 0, 10_000) ?? 30;
	if (restarts > 0 && restarts < 8) throw new UsageError(`tickforge prove: --restarts takes 0, or 8 and more for a trend, not ${restarts}`);
	const tier = choice('prove', 'tier', values.tier, TIERS);
	const rows = numberOption('prove', 'rows', values.rows, 64, 2 ** 20);
	const items = numberOption('prove', 'items', values.items, 64, 2 ** 24);
	const warmUp = numberOption('prove', 'warm-up', values['warm-up'], 0, 1e12);
	const allowance = numberOption('prove', 'allow', values.allow, 0, 2 ** 40);
	const input = file === undefined ? generateInput(protocol, name) : await readInput(file, values.format, protocol);

	// What there is to learn is learned sooner; what is allocated afterwards does not depend on it.
	const options = { received: true, onBatch, tiering: { learningShare: 0.5 }, ...(tier === undefined ? {} : { tier }), ...(rows === undefined ? {} : { rows }), ...(items === undefined ? {} : { items }) };
	const workload = feedWorkload(input.protocol, input.bytes, input.framing, options);
	const allocations = await proveAllocations(workload.run, {
		messages,
		// With fewer messages longer segments: one should hold some batches.
		segments: Math.max(4, Math.min(100, Math.floor(messages / 50_000))),
		arena: workload.arena,
		isSettled: workload.isSettled,
		...(warmUp === undefined ? {} : { warmUp }),
		...(allowance === undefined ? {} : { allowance }),
	});
	const { statistics, tier: used } = workload.summary();
	const restarted = restarts === 0 ? null : await proveRestarts(() => startAndStop(input, options), { rounds: restarts });
	const proof: Proof = { title, input, tier: used, hasCallback: 'onBatch' in loaded.exports, allocations, refused: statistics.refused, parsed: statistics.messages, layouts: statistics.layouts, restarts: restarted, seconds: (performance.now() - started) / 1000 };
	console.log(values.json ? JSON.stringify(proofObject(proof)) : render(proof));
	return isProven(proof) ? EXIT.ok : EXIT.notProven;
}

type OnBatch = (batch: AnyBatch<Schema>) => void | Promise<void>;

function callbackOf({ exports, name }: LoadedSchema): OnBatch {
	const { onBatch } = exports;
	if (onBatch === undefined) return () => undefined;
	if (typeof onBatch !== 'function') throw new UsageError(`tickforge prove: ${name} exports onBatch, but it is no function; export function onBatch(batch) { … }`);
	return onBatch as OnBatch;
}

/** One life of a parser: made, used on the input's first messages, ended. */
async function startAndStop({ bytes, framing, protocol }: RepeatedInput, options: { readonly onBatch: OnBatch; readonly tier?: Tier; readonly rows?: number; readonly items?: number }): Promise<void> {
	let left = RESTART_MESSAGES;
	await feedWorkload(protocol, bytes, framing, options).run((messages) => (left -= messages) > 0);
}
const RESTART_MESSAGES = 1000;

const isProven = ({ allocations, restarts }: Proof): boolean => allocations.isZero && restarts?.isLeaking !== true;

function render(proof: Proof): string {
	const { allocations, input, restarts } = proof;
	const { measured, floor, warmUp } = allocations;
	const lines = [`${proof.title}: ${input.name} (${input.format}${input.isPart ? `, its first ${bytesText(input.bytes.length)}` : ''}), ${proof.tier} tier${proof.hasCallback ? ', with its onBatch' : ''}`, ''];
	const collections = Object.values(measured.collections).some((number) => number > 0) ? collectionsText(measured.collections) : 'no garbage collection';
	lines.push(isProven(proof) ? `Proven: nothing is allocated per message${restarts === null ? '' : ', and nothing is left behind'}. ${bytesOf(allocations.onceBytes)} and ${collections} in ${count(measured.messages)} messages.` : `Not proven: ${[...allocations.reasons, ...(restarts?.reasons ?? [])].join('; ')}.`);
	lines.push('');
	const part = measured.messages / measured.segments.length;
	lines.push(
		table([
			[`over ${count(measured.messages)} messages`, 'measured', 'empty run'],
			['heap', bytesOf(measured.growth.heap), bytesOf(floor.growth.heap)],
			['  of it compiled code', bytesOf(measured.growth.compiledCode), bytesOf(floor.growth.compiledCode)],
			['outside of the heap', bytesOf(measured.growth.external), bytesOf(floor.growth.external)],
			['  array buffers', bytesOf(measured.growth.arrayBuffers), bytesOf(floor.growth.arrayBuffers)],
			['arena', bytesOf(measured.growth.arena), '–'],
			['bytes a message', measured.bytesPerMessage.toFixed(4), floor.bytesPerMessage.toFixed(4)],
			['garbage collections', collectionsText(measured.collections), collectionsText(floor.collections)],
			[`segments of ${count(part)} messages`, `${count(measured.segments.length - measured.loudSegments)} of ${measured.segments.length} with 0 bytes`, `${count(floor.segments.length - floor.loudSegments)} of ${floor.segments.length} with 0 bytes`],
		]),
	);
	lines.push('', `An empty run measures the same way and handles nothing: its bytes are what reading V8's counters takes, and are in the measured ones, too.`);
	lines.push(`Once, in all: ${bytesOf(allocations.onceBytes)} above the empty run, compiled code left out (${(allocations.onceBytes / measured.messages).toFixed(4)} a message); up to ${bytesOf(allocations.allowance)} are allowed.`);
	lines.push(`Warm-up: ${count(warmUp.messages)} messages${warmUp.isSettled ? '' : '; it ended at its limit, not because nothing was allocated any more (--warm-up N)'}.`);
	if (proof.layouts !== null) lines.push(`The layout tier made ${count(proof.layouts.modules)} modules for ${count(proof.layouts.shapes)} shapes and may learn more; --tier schema learns nothing while it parses.`);
	if (proof.refused > 0) lines.push(`Of ${count(proof.parsed)} messages parsed, ${count(proof.refused)} were refused (tickforge run says why).`);
	if (allocations.sites.length > 0) {
		lines.push('', 'where (sampled on less optimised code, which allocates more)');
		lines.push(
			table(
				allocations.sites.slice(0, SITES).map((site) => [
					`${site.bytesPerMessage.toFixed(3)} bytes a message`,
					`${(site.share * 100).toFixed(1)} %`,
					site.function,
					placeOf(site),
					site.callers.length === 0
						? ''
						: `from ${site.callers
								.slice(0, 3)
								.map((caller) => caller.function)
								.join(' ← ')}`,
				]),
				[0, 1],
			),
		);
	}
	if (restarts !== null) {
		lines.push('', `started and stopped ${count(restarts.rounds)} times, all garbage collected each time; medians`);
		lines.push(
			table([
				['heap', trendText(restarts.heap)],
				['outside of the heap', trendText(restarts.external)],
				['resident memory', trendText(restarts.resident)],
			]),
		);
	}
	lines.push('', `took ${secondsText(proof.seconds)}`);
	return lines.join('\n');
}

const bytesOf = (bytes: number): string => `${count(bytes)} bytes`;

function collectionsText(collections: Collections): string {
	const seen = Object.entries(collections).filter(([, number]) => number > 0);
	return seen.length === 0 ? 'none' : seen.map(([kind, number]) => `${count(number)} ${kind}`).join(', ');
}

const trendText = ({ bytesPerRound, bytesPerStep, isGrowing }: Trend): string => `${isGrowing ? 'a leak: ' : ''}${bytesOf(bytesPerStep)} from one round to the next, ${bytesOf(bytesPerRound)} a round over all`;

function placeOf({ file, line, isGenerated }: { readonly file: string; readonly line: number; readonly isGenerated: boolean }): string {
	if (file === '') return '';
	if (isGenerated) return `${file} (generated)`;
	const near = relative('', file);
	return `${file.startsWith('node:') ? file : near.startsWith('..') ? file : near}:${line}`;
}

/** The proof that a script reads. */
function proofObject(proof: Proof): Record<string, unknown> {
	const { allocations, restarts, input } = proof;
	return {
		proven: isProven(proof),
		reasons: [...allocations.reasons, ...(restarts?.reasons ?? [])],
		input: { name: input.name, format: input.format, bytes: input.bytes.length, isPart: input.isPart },
		tier: proof.tier,
		parsed: proof.parsed,
		layouts: proof.layouts,
		refused: proof.refused,
		allocations,
		restarts,
		seconds: proof.seconds,
		machine: { processor: cpus()[0]?.model.trim() ?? 'unknown', node: process.versions.node, tickforge: version },
	};
}
