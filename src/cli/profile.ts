import { BRANCH_PROFILE_FORMAT, type BranchProfile, type BranchProfileFunction, mergeBranchProfiles, parseBranchProfile } from '../compiler/branch-profile.ts';
import { type LayoutProfile, mergeProfiles, parseProfile } from '../compiler/layout-profile.ts';
import { readArguments } from './arguments.ts';
import { loadSchema } from './load-schema.ts';
import { readProfileText, writeProfile } from './profile-file.ts';
import { viewProfile } from './profile-view.ts';
import { runInputs } from './run.ts';
import { bytesText, count, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

/** Of a message's outline. */
const SHOWN = 160;
/** Over a file: what was not looked at the first time is the next time. */
const MOST_PASSES = 6;
/** Of a variant, for people. */
const SHAPES = 5;
const FIELDS = 40;

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 2 : 1)} %`;

function render(file: string, profile: LayoutProfile): string {
	const { schema, variants } = viewProfile(profile);
	const lines = [`${file}: ${schema.name} v${schema.version}, ${count(profile.messages.length)} messages learned from`, ''];
	lines.push(table([['variant', 'shapes', 'layouts', 'looked at'], ...variants.map(({ variant, shapes, layouts, met }) => [variant, count(shapes.length), count(layouts), count(met)])], [1, 2, 3]));
	for (const { variant, shapes, fields, met } of variants) {
		lines.push('', variant);
		for (const shape of shapes.slice(0, SHAPES)) {
			lines.push(`  ${percent(shape.met / Math.max(1, met)).padStart(7)}  ${count(shape.layouts)} ${shape.layouts === 1 ? 'layout' : 'layouts'}: ${cut(shape.fields.join(' '))}`, `           ${cut(shape.example)}`);
		}
		if (shapes.length > SHAPES) lines.push(`           … ${count(shapes.length - SHAPES)} shapes more`);
		lines.push(
			table([
				['  field', 'present', 'bytes', ''],
				...fields.slice(0, FIELDS).map(({ path, present, narrowest, widest, values, isHot, constant }) => [`  ${path}`, percent(present), narrowest === widest ? String(widest) : `${narrowest}–${widest}`, isHot ? `hot: ${count(values)} different` : `always ${cut(constant ?? '', 40)}`]),
			]),
		);
		if (fields.length > FIELDS) lines.push(`    … ${count(fields.length - FIELDS)} fields more (--json has all)`);
	}
	return lines.join('\n');
}

const cut = (text: string, most = SHOWN): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** One file: what its layouts take once all is learned. */
interface Learned {
	readonly file: string;
	readonly messages: number;
	/** Share that layouts take of it when it is parsed once more, with what was learned. */
	readonly hitRate: number;
	readonly shapes: number;
	readonly moduleBytes: number;
	readonly learnMilliseconds: number;
	readonly compileMilliseconds: number;
	readonly unlearnable: number;
}

async function learn(preset: string | undefined, files: readonly string[], out: string | undefined, asJson: boolean): Promise<number> {
	const { schema, protocol, name, title } = await loadSchema('profile', preset);
	if (protocol.isText !== true) throw new UsageError(`tickforge profile learn: messages of ${schema.name} have no layouts to learn; their places are known from the format`);
	if (files.length === 0) throw new UsageError('tickforge profile learn: from which file? Add recorded messages. See: tickforge profile --help');
	const common = { schema, protocol, preset: name, title, progress: false } as const;
	const profiles: LayoutProfile[] = [];
	const learned: Learned[] = [];
	for (const file of files) {
		let profile: LayoutProfile | undefined;
		let learnMilliseconds = 0;
		for (let pass = 0; pass < MOST_PASSES; pass++) {
			const run = await runInputs({ ...common, inputs: [file], learn: true, profile });
			if (run.profile === null || run.layouts === null) throw new UsageError('tickforge profile learn: the layout tier does not run here (tickforge doctor says what is missing)');
			const isKnown = profile !== undefined && run.profile.messages.length <= profile.messages.length;
			// What was looked at again was counted before.
			profile = isKnown ? profile : run.profile;
			const { taken, missed, shapes, moduleBytes, compileMilliseconds, unlearnable } = run.layouts;
			learnMilliseconds = Math.max(learnMilliseconds, run.layouts.learnMilliseconds);
			if (!isKnown && pass < MOST_PASSES - 1) continue;
			learned.push({ file, messages: run.messages, hitRate: taken / Math.max(1, taken + missed), shapes, moduleBytes, learnMilliseconds, compileMilliseconds, unlearnable });
			break;
		}
		if (profile !== undefined) profiles.push(profile);
	}
	if (out !== undefined) writeProfile(out, mergeProfiles(profiles));
	if (asJson) console.log(JSON.stringify({ schema: { name: schema.name, version: schema.version }, files: learned, out: out ?? null }));
	else {
		console.log(`${title}\n`);
		console.log(
			table(
				[
					['file', 'messages', 'hit rate', 'shapes', 'code', 'learned in', 'compiled in', 'never learned'],
					...learned.map((one) => [one.file, count(one.messages), percent(one.hitRate), count(one.shapes), bytesText(one.moduleBytes), `${one.learnMilliseconds.toFixed(1)} ms`, `${one.compileMilliseconds.toFixed(1)} ms`, count(one.unlearnable)]),
				],
				[1, 2, 3, 4, 5, 6, 7],
			),
		);
		console.log(out === undefined ? '\nNot kept; --out FILE keeps it.' : `\n${out}: ${count(mergeProfiles(profiles).messages.length)} messages`);
	}
	return EXIT.ok;
}

export async function profileCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('profile', args, { out: { type: 'string' }, json: { type: 'boolean' } });
	const [action, ...files] = positionals;
	if (action === 'learn') return learn(files[0], files.slice(1), values.out, values.json === true);
	if (action !== 'show' && action !== 'merge') throw new UsageError(`tickforge profile: ${action === undefined ? 'what to do?' : `there is no "profile ${action}";`} learn, show or merge. See: tickforge profile --help`);
	if (files.length === 0) throw new UsageError(`tickforge profile ${action}: which profile? tickforge profile learn … --out FILE makes one`);
	const texts = files.map((file) => readProfileText('profile', file));
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
		console.log(values.json === true ? JSON.stringify({ ...viewProfile(profile), messages: profile.messages.length }) : `${index > 0 ? '\n' : ''}${render(files[index] as string, profile)}`);
	});
	return EXIT.ok;
}

/** Told by its first words; whether it is one, its parser says. */
const isBranchProfile = (text: string): boolean => text.slice(0, 200).includes(`"${BRANCH_PROFILE_FORMAT}"`);

function branchProfiles(action: 'show' | 'merge', files: readonly string[], profiles: readonly BranchProfile[], { out, json }: { readonly out?: string | undefined; readonly json?: boolean | undefined }): number {
	if (action === 'merge') {
		if (out === undefined) throw new UsageError('tickforge profile merge: where to? Add --out FILE');
		const merged = mergeBranchProfiles(profiles);
		writeProfile(out, merged);
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
