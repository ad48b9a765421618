import { readFileSync, writeFileSync } from 'node:fs';
import { BRANCH_PROFILE_FORMAT, type BranchProfile, type BranchProfileFunction, mergeBranchProfiles, parseBranchProfile } from '../compiler/branch-profile.ts';
import { type LayoutProfile, mergeProfiles, outline, parseProfile } from '../compiler/layout-profile.ts';
import { readArguments } from './arguments.ts';
import { count, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

/** Of a message's outline. */
const SHOWN = 160;

export function readProfile(command: string, file: string): LayoutProfile {
	return parseProfile(textOf(command, file));
}

/** Of branches (`tickforge inspect --save-branches`). */
export function readBranchProfile(command: string, file: string): BranchProfile {
	return parseBranchProfile(textOf(command, file));
}

function textOf(command: string, file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new UsageError(`tickforge ${command}: the profile ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, EXIT.input);
	}
}

export function writeProfile(file: string, profile: LayoutProfile): void {
	writeFileSync(file, `${JSON.stringify(profile, null, '\t')}\n`);
}

function render(file: string, profile: LayoutProfile): string {
	const variants = new Map<string, { layouts: Map<string, number>; met: number }>();
	for (const { variant, text, met } of profile.messages) {
		const entry = variants.get(variant) ?? { layouts: new Map<string, number>(), met: 0 };
		const shown = outline(text);
		entry.layouts.set(shown, (entry.layouts.get(shown) ?? 0) + met);
		entry.met += met;
		variants.set(variant, entry);
	}
	const lines = [`${file}: ${profile.schema.name} v${profile.schema.version}, ${count(profile.messages.length)} messages learned from`, ''];
	lines.push(table([['variant', 'layouts', 'looked at'], ...[...variants].map(([variant, { layouts, met }]) => [variant, count(layouts.size), count(met)])], [1, 2]));
	for (const [variant, { layouts }] of variants) {
		lines.push('', variant);
		const most = [...layouts].sort((a, b) => b[1] - a[1]);
		for (const [shown, met] of most.slice(0, 5)) lines.push(`  ${String(met).padStart(6)}  ${shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown}`);
		if (most.length > 5) lines.push(`          … ${count(most.length - 5)} more`);
	}
	return lines.join('\n');
}

export async function profileCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('profile', args, { out: { type: 'string' }, json: { type: 'boolean' } });
	const [action, ...files] = positionals;
	if (action !== 'show' && action !== 'merge') throw new UsageError(`tickforge profile: ${action === undefined ? 'what to do?' : `there is no "profile ${action}";`} show or merge. See: tickforge profile --help`);
	if (files.length === 0) throw new UsageError(`tickforge profile ${action}: which profile? tickforge run … --save-profile FILE makes one`);
	const texts = files.map((file) => textOf('profile', file));
	const ofBranches = texts.filter(isBranchProfile).length;
	if (ofBranches > 0) {
		if (ofBranches < texts.length && action === 'merge') throw new UsageError('tickforge profile merge: some are profiles of layouts, some of branches: merge each kind by itself');
		if (ofBranches === texts.length) return branchProfiles(action, files, texts.map(parseBranchProfile), values);
		throw new UsageError('tickforge profile show: some are profiles of layouts, some of branches: show each kind by itself');
	}
	const profiles = texts.map(parseProfile);
	if (action === 'merge') {
		if (values.out === undefined) throw new UsageError('tickforge profile merge: where to? Add --out FILE');
		const merged = mergeProfiles(profiles);
		writeProfile(values.out, merged);
		console.log(`${values.out}: ${count(merged.messages.length)} messages of ${count(profiles.reduce((sum, { messages }) => sum + messages.length, 0))}`);
		return EXIT.ok;
	}
	profiles.forEach((profile, index) => {
		console.log(values.json === true ? JSON.stringify(profile) : `${index > 0 ? '\n' : ''}${render(files[index] as string, profile)}`);
	});
	return EXIT.ok;
}

/** Told by its first words; whether it is one, its parser says. */
const isBranchProfile = (text: string): boolean => text.slice(0, 200).includes(`"${BRANCH_PROFILE_FORMAT}"`);

function branchProfiles(action: 'show' | 'merge', files: readonly string[], profiles: readonly BranchProfile[], { out, json }: { readonly out?: string | undefined; readonly json?: boolean | undefined }): number {
	if (action === 'merge') {
		if (out === undefined) throw new UsageError('tickforge profile merge: where to? Add --out FILE');
		const merged = mergeBranchProfiles(profiles);
		writeFileSync(out, `${JSON.stringify(merged)}\n`);
		console.log(`${out}: branches of ${count(merged.functions.length)} functions`);
		return EXIT.ok;
	}
	profiles.forEach((profile, index) => {
		if (json === true) console.log(JSON.stringify(profile));
		else {
			const calls = ({ sites }: BranchProfileFunction): number => sites.find(({ key }) => key === 'call 1')?.counts[0] ?? 0;
			const rows = profile.functions.toSorted((a, b) => calls(b) - calls(a)).map((one) => [one.name, count(calls(one)), count(one.sites.length)]);
			console.log(`${index > 0 ? '\n' : ''}${files[index]}: ${profile.schema.name} v${profile.schema.version}, branches of ${count(rows.length)} functions that were called\n\n${table([['function', 'calls', 'places'], ...rows], [1, 2])}`);
		}
	});
	return EXIT.ok;
}
