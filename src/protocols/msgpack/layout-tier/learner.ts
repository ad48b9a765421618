/** Learns shapes from accepted messages, and generates the parser for them. */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { LayoutLearner, LearnedSample } from '../../../compiler/protocol.ts';
import { planVariants } from '../../rows/plan.ts';
import { mayBeByPosition } from '../by-position.ts';
import { generateParser } from '../generated/generate.ts';
import { guessable } from '../generated/guess.ts';
import { BLOCK_BYTES, USES_AT } from './emit.ts';
import { createShapes, type Formats, MOST_FORMATS, MOST_SLOTS, type Shape } from './shapes.ts';
import { learnTokens } from './tokens.ts';

/** Where there are too many shapes, one of so many goes, those that were used least. */
const LEAVING = 4;

export function createLearner(layout: SchemaLayout): LayoutLearner {
	const variants = planVariants(layout);
	const byPosition = mayBeByPosition(layout.schema);
	const mayGuess = guessable(layout.schema, byPosition);
	let mostShapes = MOST_SLOTS;
	const shapes = createShapes(() => mostShapes);
	let unlearnable = 0;
	let evicted = 0;
	let opened: { readonly memory: WebAssembly.Memory; readonly address: number } | null = null;
	const samples: LearnedSample[] = [];
	const sampleOf = new Map<Formats, LearnedSample>();

	/** Messages that each shape's code has taken since count for the formats that it expects. */
	const takeUses = (): void => {
		if (opened === null) return;
		const uses = new Uint32Array(opened.memory.buffer, opened.address + USES_AT, MOST_SLOTS * MOST_FORMATS);
		for (const shape of shapes.all) {
			shape.met.forEach((formats, index) => {
				const taken = uses[shape.slot * MOST_FORMATS + index] as number;
				if (taken === 0) return;
				shapes.count(shape, formats, taken);
				const sample = sampleOf.get(formats);
				if (sample !== undefined) sample.met += taken;
			});
		}
		uses.fill(0);
	};
	const metOf = ({ met }: Shape): number => met.reduce((sum, one) => sum + one.met, 0);
	const evict = (): void => {
		const leaving = new Set([...shapes.all].sort((a, b) => metOf(a) - metOf(b)).slice(0, Math.ceil(mostShapes / LEAVING)));
		shapes.drop(leaving);
		evicted += leaving.size;
		const gone = new Set([...leaving].flatMap(({ met }) => met.map((formats) => sampleOf.get(formats))));
		const staying = samples.filter((sample) => !gone.has(sample));
		samples.splice(0, samples.length, ...staying);
		for (const { met } of leaving) for (const formats of met) sampleOf.delete(formats);
	};
	return {
		get version() {
			return shapes.version;
		},
		get shapes() {
			return shapes.all.length;
		},
		get unlearnable() {
			return unlearnable;
		},
		get evicted() {
			return evicted;
		},
		samples,
		names: new Map(),
		learn(given, variant, _item, met = 1) {
			const plan = variants[variant];
			const learned = plan === undefined || plan.table === null || mayGuess[variant] !== true ? null : learnTokens(given, plan, byPosition);
			if (learned === null) {
				unlearnable++;
				return false;
			}
			takeUses();
			const before = shapes.version;
			let added = shapes.add(learned, variant, met);
			if (added === null) {
				evict();
				added = shapes.add(learned, variant, met);
			}
			if (added === null) {
				unlearnable++;
				return false;
			}
			const { formats, isNew } = added;
			const sample = sampleOf.get(formats);
			if (sample === undefined) {
				const made: LearnedSample = { message: given.slice(), variant, met };
				samples.push(made);
				sampleOf.set(formats, made);
			} else sample.met += met;
			return isNew || shapes.version !== before;
		},
		generate: (options = {}) => generateParser(layout, options, { shapes: shapes.all, variants }),
		open({ memory, allocate, mostShapes: most }) {
			mostShapes = Math.max(1, Math.min(most ?? MOST_SLOTS, MOST_SLOTS));
			const address = allocate(BLOCK_BYTES);
			new Uint8Array(memory.buffer, address, BLOCK_BYTES).fill(0);
			opened = { memory, address };
			return { address, bytes: BLOCK_BYTES };
		},
	};
}
