/** Learns shapes from accepted messages, and generates the parser for them. */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { GenerateOptions, LayoutLearner, LearnedSample } from '../../../compiler/protocol.ts';
import { generateParser } from '../schema-tier/generate.ts';
import { planVariants } from '../schema-tier/plan.ts';
import { learnMessage, type ResolveSymbol, rivalConstraints } from './learn.ts';
import { clearBlock, planNameCaches } from './name-cache.ts';
import { createShapes } from './shapes.ts';

/** Shapes are code: beyond this many the rest stays with the schema tier. */
const MOST_SHAPES = 256;

export function createLearner(layout: SchemaLayout, resolve: ResolveSymbol): LayoutLearner {
	const variants = planVariants(layout);
	const rivals = rivalConstraints(layout.schema);
	const shapes = createShapes();
	let unlearnable = 0;
	const samples: LearnedSample[] = [];
	const names = new Map<string, number>();
	const lookUp: ResolveSymbol = (table, name) => {
		const id = resolve(table, name);
		names.set(`${table} ${name}`, id);
		return id;
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
		samples,
		names,
		prepare: () => ({ install: () => undefined }),
		learn(given, variant, item = -1) {
			const plan = variants[variant];
			const learned = plan === undefined || shapes.count >= MOST_SHAPES ? null : learnMessage(given, plan, rivals[variant] ?? [], lookUp, item);
			if (learned === null) {
				unlearnable++;
				return false;
			}
			const before = shapes.version;
			const { sequence, message } = learned;
			shapes.add(sequence, variant);
			const isNew = shapes.version !== before;
			if (isNew || samples.length < 64) samples.push({ message, variant, met: 1 });
			else (samples[samples.length - 1] as LearnedSample).met++;
			return isNew;
		},
		generate: (options: GenerateOptions = {}) => ({ bytes: generateParser(layout, options, { shapes, variants }), install: () => undefined }),
		open({ memory, allocate }) {
			const caches = planNameCaches(layout);
			const address = allocate(caches.bytes);
			clearBlock(memory, address, caches);
			return {
				address,
				get known() {
					return shapes.count;
				},
				get placed() {
					return shapes.count;
				},
				bytes: caches.bytes,
				evicted: 0,
				write: () => undefined,
			};
		},
	};
}
