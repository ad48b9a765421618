/** Learns shapes from accepted messages, and generates the parser for them. */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { GenerateOptions, LayoutLearner, LearnedSample } from '../../../compiler/protocol.ts';
import { planVariants } from '../../rows/plan.ts';
import { generateParser } from '../schema-tier/generate.ts';
import { clearBlock, MOST_SLOTS, planBlock, takeUses } from './block.ts';
import { learnMessage, type ResolveSymbol, rivalConstraints } from './learn.ts';
import { createShapes, type Shape } from './shapes.ts';

/** Where there are too many shapes, one of so many goes, those that were used least. */
const LEAVING = 4;

export function createLearner(layout: SchemaLayout, resolve: ResolveSymbol): LayoutLearner {
	const variants = planVariants(layout);
	const rivals = rivalConstraints(layout.schema);
	let mostShapes = MOST_SLOTS;
	const shapes = createShapes(() => mostShapes);
	let unlearnable = 0;
	let evicted = 0;
	let opened: { readonly memory: WebAssembly.Memory; readonly address: number } | null = null;
	const samples: LearnedSample[] = [];
	const shapeOf = new Map<LearnedSample, Shape>();
	const lastSample = new Map<Shape, LearnedSample>();
	const names = new Map<string, number>();
	const lookUp: ResolveSymbol = (table, name) => {
		const id = resolve(table, name);
		names.set(`${table} ${name}`, id);
		return id;
	};
	/** Makes room for others. Uses are counted since the last time. */
	const evict = (): void => {
		if (opened === null) return;
		const uses = takeUses(opened.memory, opened.address);
		const used = ({ slot, met }: Shape): number => (uses[slot] as number) + met;
		const leaving = new Set([...shapes.root.shapes].sort((a, b) => used(a) - used(b)).slice(0, Math.ceil(mostShapes / LEAVING)));
		shapes.drop(leaving);
		evicted += leaving.size;
		const staying = samples.filter((sample) => !leaving.has(shapeOf.get(sample) as Shape));
		samples.splice(0, samples.length, ...staying);
		for (const shape of leaving) lastSample.delete(shape);
	};
	return {
		get version() {
			return shapes.version;
		},
		get shapes() {
			return shapes.count;
		},
		get unlearnable() {
			return unlearnable;
		},
		get evicted() {
			return evicted;
		},
		samples,
		names,
		learn(given, variant, item = -1, met = 1) {
			const plan = variants[variant];
			const learned = plan === undefined ? null : learnMessage(given, plan, rivals[variant] ?? [], lookUp, item);
			if (learned === null) {
				unlearnable++;
				return false;
			}
			const { sequence, message } = learned;
			const before = shapes.version;
			let added = shapes.add(sequence, variant, met);
			if (added === null) {
				evict();
				added = shapes.add(sequence, variant, met);
			}
			if (added === null) {
				unlearnable++;
				return false;
			}
			const { shape, isNew } = added;
			const last = lastSample.get(shape);
			if (isNew || last === undefined) {
				const sample: LearnedSample = { message, variant, met };
				samples.push(sample);
				shapeOf.set(sample, shape);
				lastSample.set(shape, sample);
			} else last.met += met;
			return isNew || shapes.version !== before;
		},
		generate: (options: GenerateOptions = {}) => generateParser(layout, options, { shapes, variants }),
		open({ memory, allocate, mostShapes: most }) {
			mostShapes = Math.max(1, Math.min(most ?? MOST_SLOTS, MOST_SLOTS));
			const { bytes } = planBlock(layout);
			const address = allocate(bytes);
			clearBlock(memory, address, layout);
			opened = { memory, address };
			return { address, bytes };
		},
	};
}
