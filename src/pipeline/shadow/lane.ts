/**
 * One of two parsers over the same messages. The messages lie in the first one's arena; a lane with an arena of its own
 * gets copies, and tells of refused messages where they were first.
 */
import { DESCRIPTOR } from '../../compiler/parser-abi.ts';
import type { Protocol } from '../../compiler/protocol.ts';
import type { Arena, Region } from '../../memory/index.ts';
import type { Schema } from '../../schema/index.ts';
import { type CompileOptions, compileWithTrial, type Parser, type RefusedMessage } from '../compile.ts';
import type { Trial } from '../trial.ts';

/** A parser to be: what `compile` takes, as one object. */
export interface ParserPlan<S extends Schema = Schema> extends CompileOptions<S> {
	readonly protocol: Protocol<S>;
}

/** Most messages of one chunk. */
export const CHUNK_LIMIT = 4096;

export interface Lane<S extends Schema = Schema> {
	readonly parser: Parser<S>;
	readonly trial: Trial;
	/** Of the last trial that was told, by message. */
	readonly outcomes: Int32Array;
	/** Seconds that the last trial took, without copying. */
	readonly seconds: number;
	/** What the last trial that failed threw. */
	readonly failure: unknown;
	/**
	 * Parses a chunk and keeps everything back; false where the parser threw, which leaves no trace.
	 *
	 * @param told whether outcomes are wanted
	 */
	attempt(descriptors: number, count: number, sequence: number, told: boolean): boolean;
	/** Parses and hands out. */
	serve(descriptors: number, count: number, sequence: number): void;
	/** Disposes the parser and gives back what copies of messages took. */
	dispose(): void;
}

/** @param home the arena that messages lie in; undefined where it is this parser's */
export function createLane<S extends Schema>({ protocol, ...options }: ParserPlan<S>, home: Arena | undefined): Lane<S> {
	if (options.onComplete !== undefined) throw new TypeError('tickforge: onComplete belongs to one parser: shadow and rollout keep batches of two back until they are compared, and do not hand all tables over together');
	let firstDescriptor = 0;
	let firstSequence = 0;
	const { onError } = options;
	const copies = home !== undefined && options.arena !== home;
	const { parser, trial, renumber } = compileWithTrial<S>(protocol, copies && onError !== undefined ? { ...options, onError: atHome(onError) } : options);
	const { arena } = parser;
	const outcomes = new Int32Array(CHUNK_LIMIT);
	const descriptorRegion = copies ? arena.allocate(`${protocol.schema.name}: copied descriptors`, CHUNK_LIMIT * DESCRIPTOR.size) : null;
	let messageRegion: Region | null = null;
	let seconds = 0;
	let failure: unknown = null;

	/** Refusals whose bytes are views of the home arena. */
	function atHome(tell: (refused: RefusedMessage) => void): (refused: RefusedMessage) => void {
		let inner: RefusedMessage;
		const mapped: RefusedMessage = {
			get category() {
				return inner.category;
			},
			get offset() {
				return inner.offset;
			},
			get sequence() {
				return inner.sequence;
			},
			get variant() {
				return inner.variant;
			},
			get bytes() {
				const { view, u8 } = home as Arena;
				const at = firstDescriptor + (inner.sequence - firstSequence) * DESCRIPTOR.size;
				const start = view().getUint32(at + DESCRIPTOR.offset, true);
				return u8().subarray(start, start + view().getUint32(at + DESCRIPTOR.length, true));
			},
			copy: () => ({ category: inner.category, offset: inner.offset, sequence: inner.sequence, bytes: mapped.bytes.slice(), variant: inner.variant }),
		};
		return (refused) => {
			inner = refused;
			tell(mapped);
		};
	}

	/** Brings a chunk here; the address of its descriptors. */
	const bring = (descriptors: number, count: number, sequence: number): number => {
		firstDescriptor = descriptors;
		firstSequence = sequence;
		if (descriptorRegion === null) return descriptors;
		const from = (home as Arena).view();
		let least = 2 ** 32;
		let most = 0;
		let sum = 0;
		for (let at = descriptors; at < descriptors + count * DESCRIPTOR.size; at += DESCRIPTOR.size) {
			const start = from.getUint32(at + DESCRIPTOR.offset, true);
			const length = from.getUint32(at + DESCRIPTOR.length, true);
			if (start < least) least = start;
			if (start + length > most) most = start + length;
			sum += length;
		}
		// Mostly one piece of a file: copied at once. Else one by one.
		const together = most - least <= sum * 2 + 65536;
		const bytes = together ? most - least : sum;
		if (messageRegion === null || messageRegion.size < bytes) {
			const bigger = arena.allocate(`${protocol.schema.name}: copied messages`, Math.max(bytes, 65536) * 2);
			if (messageRegion !== null) arena.release(messageRegion);
			messageRegion = bigger;
		}
		const source = (home as Arena).u8();
		const target = arena.u8();
		const to = arena.view();
		if (together) target.set(source.subarray(least, most), messageRegion.address);
		let next = messageRegion.address;
		for (let index = 0; index < count; index++) {
			const at = descriptors + index * DESCRIPTOR.size;
			const copy = descriptorRegion.address + index * DESCRIPTOR.size;
			const start = from.getUint32(at + DESCRIPTOR.offset, true);
			const length = from.getUint32(at + DESCRIPTOR.length, true);
			const here = together ? messageRegion.address + start - least : next;
			if (!together) {
				target.set(source.subarray(start, start + length), here);
				next += length;
			}
			to.setUint32(copy + DESCRIPTOR.offset, here, true);
			to.setUint32(copy + DESCRIPTOR.length, length, true);
			to.setBigInt64(copy + DESCRIPTOR.received, from.getBigInt64(at + DESCRIPTOR.received, true), true);
		}
		return descriptorRegion.address;
	};

	return {
		parser,
		trial,
		outcomes,
		get seconds() {
			return seconds;
		},
		get failure() {
			return failure;
		},
		attempt(descriptors, count, sequence, told) {
			trial.begin(sequence);
			try {
				const here = bring(descriptors, count, sequence);
				const before = performance.now();
				trial.parse(here, count, told ? outcomes : undefined);
				seconds = (performance.now() - before) / 1000;
				return true;
			} catch (error) {
				failure = error;
				trial.rollback();
				return false;
			}
		},
		serve(descriptors, count, sequence) {
			for (let done = 0; done < count; ) {
				const part = copies ? Math.min(CHUNK_LIMIT, count - done) : count;
				const here = bring(descriptors + done * DESCRIPTOR.size, part, sequence + done);
				renumber(sequence + done);
				parser.parseMany(here, part);
				done += part;
			}
		},
		dispose() {
			parser.dispose();
			for (const region of [descriptorRegion, messageRegion]) if (region !== null) arena.release(region);
			messageRegion = null;
		},
	};
}

/**
 * Both try the same chunk, told. `turn` says who is first, which should alternate: the second one finds the messages in
 * the processor's cache.
 */
export function attemptBoth(primary: Attempting, candidate: Attempting, descriptors: number, count: number, sequence: number, turn: number): { readonly primary: boolean; readonly candidate: boolean } {
	const early = turn % 2 === 1 && primary.attempt(descriptors, count, sequence, true);
	const isThere = candidate.attempt(descriptors, count, sequence, true);
	return { primary: early || (turn % 2 === 0 && primary.attempt(descriptors, count, sequence, true)), candidate: isThere };
}
type Attempting = Pick<Lane, 'attempt'>;

/** The second plan, with what it does not say taken from the first: how batches are laid out, and names known before. */
export function inheritPlan<S extends Schema, C extends Schema>(first: ParserPlan<S>, second: ParserPlan<C>): ParserPlan<C> {
	const { rows, items, textBytes, received, sequence, symbols, knownSymbols, scratch, errors, ceiling } = first;
	const inherited = Object.entries({ rows, items, textBytes, received, sequence, symbols, knownSymbols, scratch, errors, ceiling }).filter(([, value]) => value !== undefined);
	return { ...(Object.fromEntries(inherited) as Partial<ParserPlan<C>>), ...second };
}
