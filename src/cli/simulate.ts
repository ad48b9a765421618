import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeLz4Frame, encodeSnappyFrames } from '../codecs/index.ts';
import { asMessagePack, type FileFormat } from '../simulate/files.ts';
import { type SimulatedMessage, simulate, type Venue, venues } from '../simulate/index.ts';
import { choice, numberOption, readArguments } from './arguments.ts';
import { bytesText, count, table } from './terminal.ts';
import { EXIT, nearest, UsageError } from './usage.ts';

export type SimulationFormat = FileFormat;

export interface SimulationOptions {
	readonly venue: Venue;
	readonly messages: number;
	readonly seed: number;
	readonly symbols: number;
	/** Share of messages that are broken on purpose. */
	readonly faults: number;
	readonly format: SimulationFormat;
}

/** Simulated messages as the bytes of a file, in pieces of about a megabyte. */
export function* simulatedFile({ format, ...options }: SimulationOptions, faulty?: Map<string, number>): Generator<Uint8Array> {
	const encoder = new TextEncoder();
	let parts: Uint8Array[] = [];
	let size = 0;
	const add = (part: Uint8Array): void => {
		parts.push(part);
		size += part.length;
	};
	const take = (): Uint8Array => {
		const all = Buffer.concat(parts);
		parts = [];
		size = 0;
		return all;
	};
	let first = true;
	for (const message of simulate(options)) {
		if (message.fault !== undefined) faulty?.set(message.fault, (faulty.get(message.fault) ?? 0) + 1);
		if (first && format === 'capture') add(encoder.encode(`wss://simulated.invalid/${options.venue} <-> ${secondsOf(message)}\n`));
		first = false;
		if (format === 'msgpack') add(asMessagePack(message.payload));
		else if (format === 'length-32-little') {
			const head = new Uint8Array(4);
			new DataView(head.buffer).setUint32(0, message.payload.length, true);
			add(head);
			add(message.payload);
		} else {
			if (format === 'capture') add(encoder.encode(`${secondsOf(message)}: `));
			add(message.payload);
			add(encoder.encode('\n'));
		}
		if (size > 2 ** 20) yield take();
	}
	if (size > 0) yield take();
}

const secondsOf = ({ received }: SimulatedMessage): string => `${Math.floor(received / 1e6)}.${String(received % 1e6).padStart(6, '0')}`;

export async function simulateCommand(args: readonly string[]): Promise<number> {
	const { values, positionals } = readArguments('simulate', args, {
		messages: { type: 'string', default: '10000' },
		seed: { type: 'string', default: '1' },
		symbols: { type: 'string', default: '8' },
		out: { type: 'string' },
		format: { type: 'string', default: 'capture' },
		faults: { type: 'string', default: '0' },
		list: { type: 'boolean', default: false },
	});
	if (values.list) {
		console.log(table(venues().map((venue) => [venue])));
		return EXIT.ok;
	}
	const [given] = positionals;
	const venue = venues().find((one) => one === given);
	if (venue === undefined) {
		const near = given === undefined ? null : nearest(given, venues());
		throw new UsageError(`tickforge simulate: ${given === undefined ? 'which venue?' : `there is no simulated venue "${given}"${near === null ? '' : `; did you mean "${near}"?`}`} Venues: ${venues().join(', ')}`);
	}
	const faulty = new Map<string, number>();
	const pieces = simulatedFile(
		{
			venue,
			messages: numberOption('simulate', 'messages', values.messages, 1, 1e9) ?? 10000,
			seed: numberOption('simulate', 'seed', values.seed, 0, 2 ** 32) ?? 1,
			symbols: numberOption('simulate', 'symbols', values.symbols, 1, 10000) ?? 8,
			faults: numberOption('simulate', 'faults', values.faults, 0, 1) ?? 0,
			format: choice('simulate', 'format', values.format, ['capture', 'ndjson', 'length-32-little', 'msgpack']) ?? 'capture',
		},
		faulty,
	);
	let written = 0;
	const packer = packerOf(values.out ?? '');
	if (values.out === undefined) {
		for (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
	} else if (packer !== null) {
		const all = Buffer.concat([...pieces]);
		const packed = packer(all);
		writeFileSync(values.out, packed);
		written = packed.length;
	} else {
		const file = createWriteStream(values.out);
		for (const piece of pieces) {
			written += piece.length;
			if (!file.write(piece)) await once(file, 'drain');
		}
		file.end();
		await once(file, 'finish');
	}
	if (values.out !== undefined) {
		console.log(`${values.out}  ${bytesText(written)}`);
		if (faulty.size > 0) console.log(`broken on purpose: ${[...faulty].map(([kind, number]) => `${count(number)} ${kind}`).join(', ')}`);
	}
	return EXIT.ok;
}

/** What packs a file, by its name; null where nothing does. */
function packerOf(path: string): ((bytes: Uint8Array) => Uint8Array) | null {
	if (path.endsWith('.gz')) return (bytes) => gzipSync(bytes);
	if (path.endsWith('.zst')) return (bytes) => zstdCompressSync(bytes);
	if (path.endsWith('.lz4')) return (bytes) => encodeLz4Frame(bytes, { contentChecksum: true });
	return path.endsWith('.sz') ? encodeSnappyFrames : null;
}
