import { type ParseArgsConfig, parseArgs } from 'node:util';
import { COMMANDS, nearest, UsageError } from './usage.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Node's own parser, with errors that say what to type instead. */
export function readArguments<const O extends Options>(command: string, args: readonly string[], options: O): { values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>['values']; positionals: string[] } {
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true });
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		const unknown = /'(--?[\w-]+)'/.exec(message)?.[1];
		const near = unknown === undefined ? null : nearest(unknown.replace(/^-+/, ''), Object.keys(options));
		const hint = near === null ? '' : ` Did you mean --${near}?`;
		throw new UsageError(`tickforge ${command}: ${unknown !== undefined && message.startsWith('Unknown option') ? `there is no option ${unknown}.` : message}${hint}\nSee: tickforge ${command} --help`);
	}
}

/** A number option. */
export function numberOption(command: string, name: string, text: string | undefined, least: number, most: number): number | undefined {
	if (text === undefined) return undefined;
	const value = Number(text);
	if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) throw new UsageError(`tickforge ${command}: --${name} takes a number from ${least} to ${most}, not "${text}"`);
	return value;
}

export function choice<const T extends string>(command: string, name: string, text: string | undefined, choices: readonly T[]): T | undefined {
	if (text === undefined) return undefined;
	const found = choices.find((one) => one === text);
	if (found === undefined) throw new UsageError(`tickforge ${command}: --${name} is one of ${choices.join(', ')}, not "${text}"`);
	return found;
}

export function wantsHelp(args: readonly string[]): boolean {
	return args.includes('--help') || args.includes('-h');
}

export function helpOf(command: string): string {
	return COMMANDS[command]?.text ?? '';
}
