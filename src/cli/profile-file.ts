/** Profiles as files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type LayoutProfile, parseProfile } from '../compiler/layout-profile.ts';
import { EXIT, UsageError } from './usage.ts';

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
