import { type Column, layoutSchema, type TableLayout } from '../compiler/batch-layout.ts';
import { type Protocol, TIERS } from '../compiler/protocol.ts';
import { type BinaryProtocol, binary } from '../protocols/binary/index.ts';
import type { ProtobufProtocol } from '../protocols/protobuf/index.ts';
import { protocolOfFormat } from '../protocols/protobuf/protocol.ts';
import { type Discriminant, discriminantsOf } from '../schema/discriminants.ts';
import type { Schema } from '../schema/index.ts';
import { printModule } from '../wasm/index.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { inspectBranches } from './inspect-branches.ts';
import { inspectMemory } from './inspect-memory.ts';
import { loadSchema, PROTO_OPTIONS } from './load-schema.ts';
import { readBranchProfile } from './profile-file.ts';
import { isProtocolName, PROTOCOL_NAMES, protocolOf, readAs } from './protocols.ts';
import { bytesText, table } from './terminal.ts';
import { EXIT, UsageError } from './usage.ts';

function discriminantText({ path, test, orAbsent, orNull }: Discriminant): string {
	const where =
		path.length === 0
			? 'the message'
			: path
					.map((step) => ('index' in step ? `[${step.index}]` : `.${step.keys.join('|')}`))
					.join('')
					.replace(/^\./, '');
	const what = ((): string => {
		switch (test.kind) {
			case 'equals':
				return `is ${JSON.stringify(test.value)}`;
			case 'template':
				return `is like "${test.prefix}…${test.suffix}"`;
			case 'present':
				return 'is there';
			case 'absent':
				return 'is not there';
			case 'object':
				return 'is an object';
			case 'scalar':
				return 'is no array and no object';
			case 'array':
				return test.most === Number.POSITIVE_INFINITY ? (test.least === 0 ? 'is an array' : `is an array of ${test.least} or more`) : test.least === test.most ? `is an array of ${test.least}` : `is an array of ${test.least} to ${test.most}`;
		}
	})();
	return `${where} ${what}${orAbsent ? ', or is not there' : ''}${orNull ? ', or is null' : ''}`;
}

function columnRows(column: Column, depth: number): string[][] {
	const indent = '  '.repeat(depth);
	const place = (offset: number): string => (offset < 0 ? '' : `+${offset}`);
	switch (column.kind) {
		case 'struct':
			return [[`${indent}${column.name}`, 'struct', '', place(column.validity)], ...column.children.flatMap((child) => columnRows(child, depth + 1))];
		case 'list':
			return [[`${indent}${column.name}`, 'list', place(column.values), place(column.validity)], ...columnRows(column.item, depth + 1)];
		case 'scalar': {
			const { type } = column;
			const detail = type.kind === 'decimal' ? `decimal(${type.scale})` : type.kind === 'timestamp' ? `timestamp(${type.format})` : type.kind === 'integer' ? `${type.signed ? 'i' : 'u'}${type.bits}` : type.kind;
			return [[`${indent}${column.name}`, detail, `${place(column.values)} ${column.storage}`, place(column.validity)]];
		}
	}
}

function tableText(layout: TableLayout): string {
	const head = [`${layout.name}: ${bytesText(layout.size)} a batch of ${layout.spaces[0]?.capacity} rows${layout.spaces.length > 1 ? `, ${layout.spaces[1]?.capacity} items a list` : ''}`];
	const rows = [['column', 'type', 'values', 'validity'], ...(layout.received >= 0 ? [['received', 'timestamp', `+${layout.received} i64`, '']] : []), ...layout.columns.flatMap((column) => columnRows(column, 0))];
	return [...head, table(rows)].join('\n');
}

export async function inspectCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('inspect', args, {
		variant: { type: 'string' },
		code: { type: 'boolean', default: false },
		memory: { type: 'boolean', default: false },
		rows: { type: 'string' },
		stagger: { type: 'string' },
		protocol: { type: 'string' },
		format: { type: 'string' },
		date: { type: 'string' },
		branches: { type: 'boolean', default: false },
		tier: { type: 'string' },
		all: { type: 'boolean', default: false },
		json: { type: 'boolean', default: false },
		'save-branches': { type: 'string' },
		'branch-profile': { type: 'string' },
		...PROTO_OPTIONS,
	});
	const loaded = await loadSchema('inspect', positionals[0], values);
	const { schema } = loaded;
	const protocol = readAs('inspect', loaded.protocol, choice('inspect', 'protocol', values.protocol, PROTOCOL_NAMES));
	const rows = numberOption('inspect', 'rows', values.rows, 64, 2 ** 20);
	const chosen = values.variant === undefined ? schema : { ...schema, variants: schema.variants.filter(({ name }) => name === values.variant) };
	if (chosen.variants.length === 0) throw new UsageError(`tickforge inspect: ${schema.name} has no variant "${values.variant}"; it has: ${schema.variants.map(({ name }) => name).join(', ')}`);
	const stagger = numberOption('inspect', 'stagger', values.stagger, 0, 63);
	if (values.branches) {
		if (values.memory || values.code || stagger !== undefined || values.variant !== undefined) throw new UsageError('tickforge inspect: --branches goes with --protocol, --format, --date, --tier, --rows, --all, --json, --save-branches and --branch-profile, and no other option\nSee: tickforge inspect --help');
		const file = positionals[1];
		if (file === undefined) throw new UsageError('tickforge inspect: --branches counts while messages are parsed: of which file?\nSee: tickforge inspect --help');
		const tier = choice('inspect', 'tier', values.tier, TIERS);
		const follow = values['branch-profile'] === undefined ? undefined : readBranchProfile('inspect', values['branch-profile']);
		const text = await inspectBranches({ protocol, file, format: values.format, tier, rows, all: values.all, json: values.json, save: values['save-branches'], follow });
		console.log(values.json ? text : `${schema.name}, version ${schema.version}\n${text}`);
		return EXIT.ok;
	}
	if (values.memory) {
		console.log(`${schema.name}, version ${schema.version}`);
		console.log(await inspectMemory({ protocol, variant: values.variant, rows, stagger, file: positionals[1], format: values.format }));
		return EXIT.ok;
	}
	const ofBranches = (['tier', 'save-branches', 'branch-profile'] as const).find((name) => values[name] !== undefined) ?? (['all', 'json'] as const).find((name) => values[name]);
	if (ofBranches !== undefined) throw new UsageError(`tickforge inspect: --${ofBranches} belongs to --branches\nSee: tickforge inspect --help`);
	if (values.format !== undefined) throw new UsageError('tickforge inspect: --format says how a file is cut, with --memory or --branches\nSee: tickforge inspect --help');
	if (positionals[1] !== undefined || stagger !== undefined) throw new UsageError(`tickforge inspect: ${stagger === undefined ? `a file (${positionals[1]})` : '--stagger'} belongs to --memory${stagger === undefined ? ' or --branches' : ''}\nSee: tickforge inspect --help`);
	const layout = layoutSchema(chosen, rows === undefined ? {} : { rows });
	console.log(`${schema.name}, version ${schema.version}\n\nvariants, in the order they are tried`);
	for (const variant of chosen.variants) {
		console.log(`  ${variant.name}${variant.role === 'control' ? ' (control)' : ''}`);
		for (const discriminant of discriminantsOf(variant)) console.log(`    ${discriminantText(discriminant)}`);
	}
	for (const one of layout.tables) console.log(`\n${tableText(one)}`);
	const started = performance.now();
	const own = onlyChosen(protocol, chosen);
	const bytes = own.generate(layout);
	const seconds = (performance.now() - started) / 1000;
	console.log(`\ngenerated: ${bytesText(bytes.length)} of WebAssembly in ${(seconds * 1000).toFixed(1)} ms`);
	if (values.code) console.log(`\n${printModule(bytes)}`);
	return EXIT.ok;
}

/** The protocol with the chosen variants alone. */
function onlyChosen(protocol: Protocol, chosen: Schema): Protocol {
	const isChosen = ({ name }: { readonly name: string }): boolean => chosen.variants.some((variant) => variant.name === name);
	if (protocol.name === 'binary') {
		const { format } = protocol as BinaryProtocol;
		return binary({ ...format, messages: format.messages.filter(isChosen) });
	}
	if (protocol.name === 'protobuf') {
		const { format } = protocol as ProtobufProtocol;
		return protocolOfFormat({ ...format, variants: format.variants.filter(isChosen) });
	}
	return isProtocolName(protocol.name) ? protocolOf('inspect', protocol.name, chosen) : protocol;
}
