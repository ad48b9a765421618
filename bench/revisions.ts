/** Other commits of this repository, checked out beside it, with this tree's benchmarks in them. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

export interface Revision {
	readonly name: string;
	/** A tree whose `bench/run.ts` measures that commit's `src/`. */
	readonly folder: string;
	close(): void;
}

/** What a person gave names nothing here; the message says what. */
export class RevisionError extends Error {
	override readonly name = 'RevisionError';
}

function git(...args: string[]): string {
	try {
		return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	} catch (error) {
		const said = (error as { readonly stderr?: string }).stderr?.trim();
		throw new RevisionError(`git ${args[0]}: ${said === undefined || said === '' ? String(error) : said}`);
	}
}

/** A commit in a worktree of its own, in the system's temporary folder. @throws RevisionError where there is none */
export function openRevision(name: string): Revision {
	let commit: string;
	try {
		commit = git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
	} catch {
		throw new RevisionError(`tickforge bench: "${name}" is no commit here; give a branch, a tag or a commit that git log shows`);
	}
	const parent = mkdtempSync(join(tmpdir(), 'tickforge-revision-'));
	const folder = join(parent, 'tree');
	const close = (): void => {
		try {
			git('worktree', 'remove', '--force', folder);
		} finally {
			rmSync(parent, { recursive: true, force: true });
		}
	};
	try {
		git('worktree', 'add', '--detach', '--quiet', folder, commit);
		// Both sides are measured by the same code.
		rmSync(join(folder, 'bench'), { recursive: true, force: true });
		cpSync(join(ROOT, 'bench'), join(folder, 'bench'), { recursive: true });
		if (existsSync(join(ROOT, 'node_modules'))) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
	} catch (error) {
		close();
		throw error;
	}
	return { name: `${name} (${commit.slice(0, 12)})`, folder, close };
}

/** The tree as it is, with what is not committed. */
export const workingTree = (): Revision => ({ name: 'the working tree', folder: ROOT, close: () => undefined });

/**
 * What a change is measured against: where a pull request left its base (`GITHUB_BASE_REF`), else the parent commit.
 * Words instead of a commit where there is nothing to compare.
 */
export function baseOfChange(environment: Readonly<Record<string, string | undefined>> = process.env): { readonly commit: string } | { readonly why: string } {
	try {
		const target = environment['GITHUB_BASE_REF'];
		const commit = target === undefined || target === '' ? git('rev-parse', '--verify', '--quiet', 'HEAD~1') : git('merge-base', 'HEAD', `origin/${target}`);
		return git('diff', '--name-only', commit, '--', 'src') === '' ? { why: `src/ is what it was in ${commit.slice(0, 12)}` } : { commit };
	} catch {
		return { why: 'there is no git history with a commit before this one (a shallow clone has none)' };
	}
}
