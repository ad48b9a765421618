import { readFileSync, writeFileSync } from 'node:fs';
import { type LayoutProfile, mergeProfiles, outline, parseProfile } from '../compiler/layout-profile.ts';
import { readArguments } from './arguments.ts';
import { count, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

/** Of a message's outline. */
const SHOWN = 160;

export function readProfile(command: string, file: string): LayoutProfile {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		throw new UsageError(`tickforge ${command}: the profile ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, EXIT.input);
	}
	return parseProfile(text);
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
	const profiles = files.map((file) => readProfile('profile', file));
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
