/** Compares what two parsers made of one chunk of messages, while both keep it back. */
import { DESCRIPTOR, ERROR_CATEGORIES, type ErrorCategory } from '../../compiler/parser-abi.ts';
import type { Arena } from '../../memory/index.ts';
import type { Variant } from '../../schema/index.ts';
import { type HeldRefusal, REFUSED } from '../trial.ts';
import type { DifferenceLog } from './differences.ts';
import type { Lane } from './lane.ts';
import { createRowComparison, type FoundDifference, type TableComparison } from './rows.ts';

const CATEGORY_NAMES = new Map<number, ErrorCategory>(Object.entries(ERROR_CATEGORIES).map(([name, code]) => [code, name as ErrorCategory]));

/** Rows of one table in a chunk: pieces of batches. */
interface Pieces {
	readonly address: number[];
	readonly from: number[];
	readonly to: number[];
	/** Where reading is. */
	piece: number;
	row: number;
}

interface OpenTable {
	readonly comparison: TableComparison;
	readonly primary: Pieces;
	readonly candidate: Pieces;
}

/** @returns compares a chunk that both lanes have tried, told; gives the messages that differ */
export function createChunkComparison(primary: Lane, candidate: Lane, home: Arena, log: DifferenceLog): (descriptors: number, count: number, sequence: number) => number {
	const { structure, tables } = createRowComparison(primary.parser, candidate.parser);
	log.structure = structure.differences;
	const pieces = (): Pieces => ({ address: [], from: [], to: [], piece: 0, row: 0 });
	const open = tables.map((comparison): OpenTable => ({ comparison, primary: pieces(), candidate: pieces() }));
	const variants = primary.parser.schema.variants;
	const theirVariants = candidate.parser.schema.variants;
	/** By variant: the candidate's variant of the same name, -1 where it has none. */
	const sameVariant = variants.map(({ name }) => theirVariants.findIndex((one) => one.name === name));
	const isTheirsOnly = theirVariants.map(({ name }) => !variants.some((one) => one.name === name));
	const primaryTable = variants.map((_, variant) => open.find(({ comparison }) => comparison.primary === primary.parser.layout.tableOfVariant[variant]) ?? null);
	const candidateTable = theirVariants.map((_, variant) => open.find(({ comparison }) => comparison.candidate === candidate.parser.layout.tableOfVariant[variant]) ?? null);

	const collect = (into: Pieces, lane: Lane, table: number): void => {
		into.address.length = 0;
		into.from.length = 0;
		into.to.length = 0;
		lane.trial.visitRows(table, (address, from, to) => {
			into.address.push(address);
			into.from.push(from);
			into.to.push(to);
		});
		into.piece = 0;
		into.row = into.from[0] ?? 0;
	};
	/** Points at the next row. */
	const step = (at: Pieces): void => {
		at.row++;
		if (at.row < (at.to[at.piece] as number)) return;
		at.piece++;
		at.row = at.from[at.piece] ?? 0;
	};

	/** The message being compared; `found` is one function for all of them. */
	let at = 0;
	let number = 0;
	let name = '';
	let isDifferent = false;
	const message = (): Uint8Array => {
		const view = home.view();
		const start = view.getUint32(at + DESCRIPTOR.offset, true);
		return home.u8().subarray(start, start + view.getUint32(at + DESCRIPTOR.length, true));
	};
	const found: FoundDifference = (kind, column, items, value, theirValue) => {
		isDifferent = true;
		log.add({ kind, sequence: number, table: name, column, items, primary: value, candidate: theirValue }, message());
	};
	const verdictsDiffer = (kind: 'refusal' | 'table', table: string | undefined, one: string, other: string): void => {
		isDifferent = true;
		log.add({ kind, sequence: number, table: table ?? null, column: null, items: [], primary: one, candidate: other }, message());
	};

	return (descriptors, count, sequence) => {
		for (const { comparison, primary: ours, candidate: theirs } of open) {
			collect(ours, primary, comparison.primary);
			collect(theirs, candidate, comparison.candidate);
		}
		let refusals = 0;
		let theirRefusals = 0;
		let different = 0;
		for (let index = 0; index < count; index++) {
			at = descriptors + index * DESCRIPTOR.size;
			number = sequence + index;
			isDifferent = false;
			const outcome = primary.outcomes[index] as number;
			const theirs = candidate.outcomes[index] as number;
			const refused = outcome === REFUSED ? primary.trial.refused[refusals++] : undefined;
			const theirRefused = theirs === REFUSED ? candidate.trial.refused[theirRefusals++] : undefined;
			const table = outcome === REFUSED ? null : (primaryTable[outcome] as OpenTable | null);
			const theirTable = theirs === REFUSED ? null : (candidateTable[theirs] as OpenTable | null);
			if (outcome === REFUSED || theirs === REFUSED) {
				const only = outcome === REFUSED ? theirs !== REFUSED && isTheirsOnly[theirs] === true : (sameVariant[outcome] as number) < 0;
				if (only && (refused ?? theirRefused)?.category === ERROR_CATEGORIES['unknown-message']) log.expected++;
				else if (outcome !== theirs || refused?.category !== theirRefused?.category || refused?.offset !== theirRefused?.offset || refused?.sequence !== theirRefused?.sequence) {
					verdictsDiffer('refusal', (variants[outcome] ?? theirVariants[theirs])?.name, verdict(variants[outcome], refused), verdict(theirVariants[theirs], theirRefused));
				}
			} else if (sameVariant[outcome] !== theirs) {
				verdictsDiffer('table', variants[outcome]?.name, verdict(variants[outcome], undefined), verdict(theirVariants[theirs], undefined));
			} else if (table !== null && table === theirTable) {
				const { comparison } = table;
				name = comparison.name;
				comparison.openPrimary(batchAt(table.primary, 'primary', name));
				comparison.openCandidate(batchAt(table.candidate, 'candidate', name));
				comparison.compare(table.primary.row, table.candidate.row, found);
			}
			if (table !== null) step(table.primary);
			if (theirTable !== null) step(theirTable.candidate);
			if (refused !== undefined) log.refusedPrimary++;
			if (theirRefused !== undefined) log.refusedCandidate++;
			if (isDifferent) different++;
		}
		log.messages += count;
		log.different += different;
		return different;
	};
}

function batchAt({ address, piece }: Pieces, whose: string, table: string): number {
	const found = address[piece];
	if (found === undefined) throw new Error(`tickforge: the ${whose} counted a message of "${table}" and wrote no row`);
	return found;
}

/** What became of a message, in words. */
function verdict(variant: Variant | undefined, refused: HeldRefusal | undefined): string {
	return refused === undefined ? `accepted: ${variant?.name ?? 'no variant'}` : `refused: ${CATEGORY_NAMES.get(refused.category) ?? refused.category} at byte ${refused.offset}`;
}
