/** `run --shadow` and `run --rollout`: what the second parser is, and what came out of comparing. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { layoutSchema } from '../compiler/batch-layout.ts';
import type { LayoutProfile } from '../compiler/layout-profile.ts';
import { type Protocol, TIERS, type Tier } from '../compiler/protocol.ts';
import type { CompileOptions, MessageParser } from '../pipeline/compile.ts';
import { type Comparison, type Difference, type RolloutStatistics, rollout, type StepEvent, type StructureDifference, shadow } from '../pipeline/shadow/index.ts';
import { sameTables } from '../pipeline/shadow/structure.ts';
import type { Schema } from '../schema/index.ts';
import { numberOption } from './arguments.ts';
import { loadSchema } from './load-schema.ts';
import { readProfile } from './profile-file.ts';
import { isProtocolName, protocolOf } from './protocols.ts';
import { count, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

export interface SecondParser {
	readonly mode: 'shadow' | 'rollout';
	readonly protocol: Protocol;
	readonly schema: Schema;
	/** Undefined: the default one. */
	readonly tier: Tier | undefined;
	/** What its layout tier begins with. */
	readonly profile: LayoutProfile | undefined;
	/** For people. */
	readonly title: string;
	readonly share: number;
	readonly steps: readonly number[];
	readonly messagesPerStep: number;
	/** Share of messages that may differ in a rollout. */
	readonly allowed: number;
	/** File that gets the differences. */
	readonly differences: string | undefined;
}

/** The options of the command line that are about it. */
export interface SecondParserArguments {
	readonly shadow?: string | undefined;
	readonly rollout?: string | undefined;
	readonly 'shadow-share'?: string | undefined;
	readonly 'shadow-differences'?: string | undefined;
	readonly 'rollout-steps'?: string | undefined;
	readonly 'rollout-messages'?: string | undefined;
	readonly 'rollout-allow'?: string | undefined;
}

/** Files with this name are profiles, and no schemas. */
const PROFILE_ENDING = '.profile';

/** @param date as for the first parser. @returns null where none is asked for. @throws UsageError */
export async function readSecondParser(values: SecondParserArguments, protocol: Protocol, out: string | undefined, date?: string): Promise<SecondParser | null> {
	const given = values.shadow ?? values.rollout;
	if (given === undefined) {
		const alone = Object.entries(values).find(([name, value]) => /^(shadow|rollout)-/.test(name) && value !== undefined)?.[0];
		if (alone !== undefined) throw new UsageError(`tickforge run: --${alone} says how to compare, not with what; add --shadow or --rollout with a tier (${TIERS.join(', ')}), a preset, a schema file or a profile`);
		return null;
	}
	if (values.shadow !== undefined && values.rollout !== undefined) throw new UsageError('tickforge run: --shadow compares, --rollout compares and lets the second parser take over; choose one of them');
	const mode = values.shadow === undefined ? 'rollout' : 'shadow';
	if (mode === 'shadow') {
		const other = (['rollout-steps', 'rollout-messages', 'rollout-allow'] as const).find((name) => values[name] !== undefined);
		if (other !== undefined) throw new UsageError(`tickforge run: --${other} belongs to --rollout, not to --shadow`);
	}
	const tier = TIERS.find((name) => name === given);
	const profile = tier === undefined && given.endsWith(PROFILE_ENDING) ? readProfile('run', given) : undefined;
	if (profile !== undefined && protocol.learner === undefined) throw new UsageError(`tickforge run: ${given} is a profile of layouts, and messages of ${protocol.schema.name} have none; compare with a tier`);
	if (tier === 'layout' && protocol.learner === undefined) throw new UsageError(`tickforge run: messages of ${protocol.schema.name} have no layout tier to compare with; --${mode} takes reference or schema`);
	const own = { protocol, schema: protocol.schema };
	const loaded = profile !== undefined ? { ...own, title: `the layout tier with ${given}` } : tier === undefined ? await loadSecond(mode, given, date) : { ...own, title: `the ${tier} tier` };
	// A schema is read as whichever of the two the messages are; a format stays what it is.
	if (loaded.protocol.name !== protocol.name && !(isProtocolName(loaded.protocol.name) && isProtocolName(protocol.name)))
		throw new UsageError(`tickforge run: --${mode} ${given} reads ${loaded.protocol.name}, and messages of ${protocol.schema.name} are ${protocol.name}; compare with a tier, or with another version of the same format`);
	if (mode === 'rollout' && out !== undefined && !sameTables(layoutSchema(protocol.schema), layoutSchema(loaded.schema))) {
		throw new UsageError(`tickforge run: --rollout ${given} has other tables than the schema, and --out cannot hold both; leave --out away, or compare with --shadow`);
	}
	const steps = (values['rollout-steps'] ?? '0.01,0.1,0.5,1').split(',').map((text) => numberOption('run', 'rollout-steps', text, 0, 1) as number);
	if (steps.some((share, index) => share <= (steps[index - 1] ?? 0))) throw new UsageError(`tickforge run: --rollout-steps takes growing shares above 0, up to 1, such as 0.01,0.1,0.5,1, not "${values['rollout-steps']}"`);
	return {
		mode,
		...loaded,
		tier: profile === undefined ? tier : 'layout',
		profile,
		share: numberOption('run', 'shadow-share', values['shadow-share'], 0, 1) ?? 1,
		steps,
		messagesPerStep: numberOption('run', 'rollout-messages', values['rollout-messages'], 1, 1e12) ?? 100_000,
		allowed: numberOption('run', 'rollout-allow', values['rollout-allow'], 0, 1) ?? 0,
		differences: values['shadow-differences'],
	};
}

async function loadSecond(mode: string, given: string, date: string | undefined): Promise<{ protocol: Protocol; schema: Schema; title: string }> {
	try {
		const { protocol, schema, title } = await loadSchema('run', given, { date });
		return { protocol, schema, title: `${title}, version ${schema.version}` };
	} catch (error) {
		if (error instanceof UsageError && !/\.[mc]?[jt]s$/.test(given)) throw new UsageError(`tickforge run: --${mode} takes a tier (${TIERS.join(', ')}), a preset, a schema file or a profile (FILE${PROFILE_ENDING}), not "${given}"`);
		throw error;
	}
}

/** What came out, over all inputs. */
export interface ComparedRun {
	readonly second: SecondParser;
	readonly messages: number;
	readonly different: number;
	readonly differences: number;
	readonly places: Readonly<Record<string, number>>;
	readonly expected: number;
	readonly structure: readonly StructureDifference[];
	readonly failures: number;
	readonly lastFailure: string | null;
	readonly seconds: { readonly primary: number; readonly candidate: number };
	readonly first: readonly Difference[];
	/** Written to the file, of all. */
	readonly written: number;
	/** One for each input. */
	readonly rollouts: readonly { readonly state: string; readonly served: RolloutStatistics['served']; readonly steps: readonly StepEvent[]; readonly rollBack: RolloutStatistics['rollBack'] }[];
	/** Whether something differs, failed, or was rolled back. */
	readonly isDifferent: boolean;
}

export interface Comparing {
	/** Makes the parser of one input. */
	parser(protocol: Protocol, options: CompileOptions): MessageParser;
	/** After the last input. */
	result(): ComparedRun;
	/** Closes the file. */
	close(): void;
}

const FIRST = 10;
/** A file that a person reads; what is beyond is counted. */
const MOST_WRITTEN = 100_000;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A message for people and files: its text, or in hex what is none. */
function messageText(message: Uint8Array): string {
	try {
		const text = decoder.decode(message);
		if (!text.includes('\0')) return text;
	} catch {
		// Not UTF-8: no text.
	}
	return Buffer.from(message).toString('hex');
}

export function createComparing(second: SecondParser): Comparing {
	const file = second.differences === undefined ? null : openDifferences(second.differences);
	const first: Difference[] = [];
	const statistics: (() => { readonly comparison: Comparison })[] = [];
	const rollouts: { statistics: () => RolloutStatistics; steps: StepEvent[] }[] = [];
	let written = 0;
	let input = -1;
	const onDifference = (difference: Difference): void => {
		if (first.length < FIRST) first.push(difference);
		if (file === null || written >= MOST_WRITTEN) return;
		written++;
		writeSync(file, `${JSON.stringify({ input, ...difference, message: messageText(difference.message) })}\n`);
	};
	return {
		parser(protocol, options) {
			input++;
			const common = { share: second.share, keep: FIRST, onDifference };
			const read = second.protocol.name === 'json' && isProtocolName(protocol.name) ? protocolOf('run', protocol.name, second.schema) : second.protocol;
			const candidate = { protocol: read, ...(second.tier === undefined ? {} : { tier: second.tier }), ...(second.profile === undefined ? {} : { profile: second.profile }) };
			if (second.mode === 'shadow') {
				const parser = shadow({ protocol, ...options }, candidate, common);
				statistics.push(parser.statistics);
				return parser;
			}
			const steps: StepEvent[] = [];
			// Without --out nothing depends on the columns: what is observed is found by name in each batch.
			const { onBatch } = options;
			const parser = rollout({ protocol, ...options }, { ...candidate, ...(onBatch === undefined ? {} : { onBatch }) }, { ...common, steps: second.steps, messagesPerStep: second.messagesPerStep, rollBackWhen: { differences: second.allowed }, onStep: (event) => steps.push(event) });
			statistics.push(parser.statistics);
			rollouts.push({ statistics: parser.statistics, steps });
			return parser;
		},
		result() {
			const all = statistics.map((read) => read().comparison);
			const sum = (of: (comparison: Comparison) => number): number => all.reduce((total, comparison) => total + of(comparison), 0);
			const places: Record<string, number> = {};
			for (const comparison of all) for (const [place, differences] of Object.entries(comparison.places)) places[place] = (places[place] ?? 0) + differences;
			const rolled = rollouts.map((one) => ({ ...one, now: one.statistics() }));
			const differences = sum((comparison) => comparison.differences);
			const failures = sum((comparison) => comparison.failures);
			return {
				second,
				messages: sum((comparison) => comparison.messages),
				different: sum((comparison) => comparison.different),
				differences,
				places,
				expected: sum((comparison) => comparison.expected),
				structure: all[0]?.structure ?? [],
				failures,
				lastFailure: all.findLast(({ lastFailure }) => lastFailure !== null)?.lastFailure ?? null,
				seconds: { primary: sum(({ seconds }) => seconds.primary), candidate: sum(({ seconds }) => seconds.candidate) },
				first,
				written,
				rollouts: rolled.map(({ now, steps }) => ({ state: now.state, served: now.served, steps, rollBack: now.rollBack })),
				isDifferent: differences > 0 || failures > 0 || rolled.some(({ now }) => now.rollBack !== null),
			};
		},
		close() {
			if (file !== null) closeSync(file);
		},
	};
}

function openDifferences(path: string): number {
	try {
		return openSync(path, 'w');
	} catch (error) {
		throw new UsageError(`tickforge run: ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, EXIT.input);
	}
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '·');
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** The part of the summary that a person reads. */
export function renderCompared(run: ComparedRun): string[] {
	const { second } = run;
	const lines = ['', `${second.mode}: compared with ${second.title}`];
	lines.push(
		table([
			['compared', `${count(run.messages)} messages${second.share < 1 ? ` (a share of ${second.share})` : ''}`],
			['different', run.differences === 0 ? 'none' : `${count(run.different)} messages, ${count(run.differences)} differences`],
			...(run.expected === 0 ? [] : [['only one schema has', `${count(run.expected)} messages`]]),
			...(run.failures === 0 ? [] : [['failures', `${count(run.failures)}; last: ${run.lastFailure}`]]),
			...(run.messages === 0 ? [] : [['time', `${(run.seconds.candidate / Math.max(run.seconds.primary, 1e-9)).toFixed(2)} times the first parser's`]]),
		]),
	);
	for (const { state, served, steps, rollBack } of run.rollouts) {
		lines.push(`  ${state === 'rolledBack' ? 'rolled back' : state}: served ${count(served.stable)} messages from the first parser, ${count(served.candidate)} from the second`);
		for (const step of steps) lines.push(`    from message ${count(step.sequence)}: ${step.state === 'promoted' ? 'the second parser alone' : `${step.share * 100} %`}`);
		if (rollBack !== null) lines.push(`    rolled back before message ${count(rollBack.sequence)}: ${rollBack.message}`);
	}
	if (run.structure.length > 0) lines.push('', 'the schemas differ in', table(run.structure.map(({ kind, path, message }) => [kind, path, message])));
	if (run.differences > 0) {
		lines.push(
			'',
			'differences by place',
			table(
				Object.entries(run.places)
					.sort((a, b) => b[1] - a[1])
					.map(([place, number]) => [place, count(number)]),
				[1],
			),
		);
		lines.push('', 'the first ones');
		for (const difference of run.first) {
			const place = difference.column === null ? '' : ` ${difference.table}.${difference.column}${difference.items.map((item) => `[${item}]`).join('')}`;
			lines.push(`  message ${count(difference.sequence)}${place}: ${cut(printable(difference.primary), 60)} | ${cut(printable(difference.candidate), 60)}`, `    ${cut(printable(messageText(difference.message)), 160)}`);
		}
		if (second.differences === undefined) lines.push('', 'all of them: --shadow-differences FILE');
	}
	if (second.differences !== undefined) lines.push('', `${count(run.written)} of ${count(run.differences)} differences in ${second.differences}`);
	return lines;
}

/** The part of the summary that a script reads. */
export function comparedObject(run: ComparedRun): Record<string, unknown> {
	const { second, first, ...rest } = run;
	return { mode: second.mode, with: second.title, share: second.share, ...rest, first: first.map((difference) => ({ ...difference, message: messageText(difference.message) })) };
}
