#!/usr/bin/env node
import { SchemaError } from '../schema/index.ts';
import { InputError } from '../sources/source.ts';
import { version } from '../version.ts';
import { helpOf, wantsHelp } from './arguments.ts';
import { COMMANDS, EXIT, generalHelp, nearest, UsageError } from './usage.ts';

/** Loaded when they are asked for: `--help` should not wait for a compiler. */
const commands: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<number>>>> = {
	run: async () => (await import('./run.ts')).runCommand,
	book: async () => (await import('./book.ts')).bookCommand,
	detect: async () => (await import('./detect.ts')).detectCommand,
	inspect: async () => (await import('./inspect.ts')).inspectCommand,
	profile: async () => (await import('./profile.ts')).profileCommand,
	doctor: async () => (await import('./doctor.ts')).doctorCommand,
	prove: async () => (await import('./prove.ts')).proveCommand,
	simulate: async () => (await import('./simulate.ts')).simulateCommand,
	types: async () => (await import('./types.ts')).typesCommand,
	build: async () => (await import('./build.ts')).buildCommand,
	start: async () => (await import('./start.ts')).startCommand,
};

async function main(args: readonly string[]): Promise<number> {
	const [command, ...rest] = args;
	if (command === '--version' || command === '-v') {
		console.log(version);
		return EXIT.ok;
	}
	if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
		const about = rest[0];
		console.log(about !== undefined && COMMANDS[about] !== undefined ? helpOf(about) : generalHelp());
		return EXIT.ok;
	}
	const load = commands[command];
	if (load === undefined) {
		const near = nearest(command, Object.keys(commands));
		throw new UsageError(`tickforge: there is no command "${command}"${near === null ? '' : `; did you mean "${near}"?`}\n\n${generalHelp()}`);
	}
	if (wantsHelp(rest)) {
		console.log(helpOf(command));
		return EXIT.ok;
	}
	return (await load())(rest);
}

// A reader that went away (| head) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (error.code === 'EPIPE') process.exit(EXIT.ok);
	throw error;
});

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	if (error instanceof UsageError) {
		console.error(error.message);
		process.exitCode = error.exitCode;
	} else if (error instanceof InputError || error instanceof SchemaError || (error instanceof Error && error.message.startsWith('tickforge'))) {
		console.error(error.message);
		process.exitCode = EXIT.input;
	} else {
		console.error(error);
		process.exitCode = EXIT.input;
	}
}
