/** Profiles as files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type BranchProfile, parseBranchProfile } from '../compiler/branch-profile.ts';
import { type LayoutProfile, parseProfile } from '../compiler/layout-profile.ts';
import { EXIT, UsageError } from './usage.ts';

export function readProfile(command: string, file: string): LayoutProfile {
	return parseProfile(readProfileText(command, file));
}

/** Of branches (`tickforge inspect --save-branches`). */
export function readBranchProfile(command: string, file: string): BranchProfile {
	return parseBranchProfile(readProfileText(command, file));
}

/** Of either kind. */
export function readProfileText(command: string, file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new UsageError(`tickforge ${command}: the profile ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, EXIT.input);
	}
}

export function writeProfile(file: string, profile: LayoutProfile | BranchProfile): void {
	writeFileSync(file, `${JSON.stringify(profile, null, '\t')}\n`);
}
