/** Learns layouts from accepted messages, generates the parser for their shapes, and keeps its layouts in memory. */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { GenerateOptions, LayoutLearner, LearnedSample } from '../../../compiler/protocol.ts';
import { planVariants } from '../../rows/plan.ts';
import { generateParser } from '../schema-tier/generate.ts';
import { chooseExpress } from './express.ts';
import { type CompiledEdge, createLayoutStore, type LayoutStore, type LayoutStoreOptions } from './layout-store.ts';
import { learnMessage, type ResolveSymbol, rivalConstraints } from './learn.ts';
import { layoutRecord } from './records.ts';
import { createShapes, type Edge, expressOf, isClosed, type PlacedPart, type State } from './shapes.ts';
import type { LearnedPart } from './spots.ts';

/** Samples that are kept: beyond it only those that code depends on. */
const MOST_SAMPLES = 8192;
/** Edges are code: beyond this many the rest stays with the schema tier. */
const MOST_EDGES = 256;

export function createLearner(layout: SchemaLayout, resolve: ResolveSymbol): LayoutLearner {
	const variants = planVariants(layout);
	const rivals = rivalConstraints(layout.schema);
	const shapes = createShapes();
	const waiting: PlacedPart[] = [];
	let store: LayoutStore | null = null;
	let unlearnable = 0;
	const samples: LearnedSample[] = [];
	const names = new Map<string, number>();
	const lookUp: ResolveSymbol = (table, name) => {
		const id = resolve(table, name);
		names.set(`${table} ${name}`, id);
		return id;
	};
	const snapshot = (): { install(): void } => {
		const closed = new Set([...shapes.lists.values()].filter(isClosed).map(({ states }) => states[0] as State));
		const edges = new Map<Edge, CompiledEdge>();
		for (const machine of [shapes.root, ...shapes.lists.values()]) {
			for (const edge of machine.edges) {
				const facts = { chunkCount: edge.chunkCount, signed: new Set(edge.signed), based: new Set(edge.based) };
				edges.set(edge, { facts, record: layoutRecord(edge.spots, facts) });
			}
		}
		return { install: () => (store as LayoutStore).compile(edges, closed) };
	};
	const edgeCount = (): number => shapes.root.edges.length + [...shapes.lists.values()].reduce((sum, machine) => sum + machine.edges.length, 0);
	/** Parts of messages that take the express way. */
	const expressParts = (): LearnedPart[] => (store === null ? waiting : store.layouts()).filter(({ edge }) => expressOf(edge) > 0).map(({ part }) => part);
	return {
		get version() {
			return shapes.version;
		},
		get shapes() {
			return edgeCount();
		},
		get unlearnable() {
			return unlearnable;
		},
		samples,
		names,
		prepare: snapshot,
		learn(message, variant) {
			const plan = variants[variant];
			const sequence = plan === undefined || edgeCount() >= MOST_EDGES ? null : learnMessage(message, plan, rivals[variant] ?? [], lookUp);
			if (sequence === null) {
				unlearnable++;
				return false;
			}
			const before = shapes.version;
			let isNew = false;
			for (const placed of shapes.add(sequence, variant)) {
				if (store === null) {
					waiting.push(placed);
					isNew = true;
				} else if (store.add(placed)) isNew = true;
			}
			if (shapes.version !== before || (isNew && samples.length < MOST_SAMPLES)) samples.push({ message, variant, met: 1 });
			else if (samples.length > 0) (samples[samples.length - 1] as LearnedSample).met++;
			return isNew;
		},
		generate(options: GenerateOptions = {}) {
			const { install } = snapshot();
			const bytes = generateParser(layout, options, { shapes, variants, express: chooseExpress(expressParts()) });
			return { bytes, install };
		},
		open(options: LayoutStoreOptions) {
			store = createLayoutStore(options);
			for (const placed of waiting.splice(0)) store.add(placed);
			return store;
		},
	};
}
