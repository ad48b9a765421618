/**
 * A format joined with the columns of its tables: what the reference and the generator walk over. Fixed-size fields that
 * follow each other are one run, whose length is checked once; everything else stands alone.
 */
import type { Column, ListColumn, ScalarColumn, SchemaLayout, StructColumn, TableLayout } from '../../compiler/batch-layout.ts';
import { hasColumn } from './format.ts';
import { type AlignNode, type ArrayNode, type BitsNode, type DataNode, type FloatNode, fixedSize, type GroupNode, type NumberNode, type SkipNode, type StatedNode, type StructNode, type TextNode, type WireFormat, type WireMessage, type WireNode } from './wire.ts';

export interface NumberPlan {
	readonly kind: 'number';
	readonly node: NumberNode;
	readonly column: ScalarColumn | null;
}
export interface BitsPlan {
	readonly kind: 'bits';
	readonly node: BitsNode;
	readonly column: StructColumn | null;
	/** One for each part. */
	readonly parts: readonly (ScalarColumn | null)[];
}
export interface FloatPlan {
	readonly kind: 'float';
	readonly node: FloatNode;
	readonly column: ScalarColumn | null;
}
export interface TextPlan {
	readonly kind: 'text';
	readonly node: TextNode;
	readonly column: ScalarColumn | null;
}
export interface DataPlan {
	readonly kind: 'data';
	readonly node: DataNode;
	readonly column: ScalarColumn | null;
}
export interface EmptyPlan {
	readonly kind: 'empty';
	readonly node: SkipNode | StatedNode;
	readonly column: null;
}
export interface AlignPlan {
	readonly kind: 'align';
	readonly node: AlignNode;
	readonly column: null;
}
export interface StructPlan {
	readonly kind: 'struct';
	readonly node: StructNode;
	readonly column: StructColumn | null;
	readonly body: Body;
}
export interface GroupPlan {
	readonly kind: 'group';
	readonly node: GroupNode;
	readonly column: ListColumn | null;
	readonly body: Body;
}
export interface ArrayPlan {
	readonly kind: 'array';
	readonly node: ArrayNode;
	readonly column: ListColumn | null;
	readonly item: NumberPlan | FloatPlan;
}
export type Plan = NumberPlan | BitsPlan | FloatPlan | TextPlan | DataPlan | EmptyPlan | AlignPlan | StructPlan | GroupPlan | ArrayPlan;

export interface RunSegment {
	readonly kind: 'run';
	/** Each at its offset in the run. */
	readonly entries: readonly { readonly offset: number; readonly plan: Plan }[];
	/** Bytes that a message of at least this version has of it, in the order of the versions; the first is of version 0. */
	readonly steps: readonly { readonly since: number; readonly size: number }[];
	/** Bytes of the newest version. */
	readonly size: number;
}
export interface SingleSegment {
	readonly kind: 'single';
	readonly plan: Plan;
}
export type Segment = RunSegment | SingleSegment;

export interface Body {
	/** The first is a run: the block (with no entries where there is nothing of fixed size). */
	readonly segments: readonly [RunSegment, ...Segment[]];
	/** Bytes, where that does not depend on the message. */
	readonly size: number | null;
	/** Fewest bytes. */
	readonly least: number;
}

export interface MessagePlan {
	readonly message: WireMessage;
	/** Index into the schema's variants. */
	readonly index: number;
	readonly table: TableLayout | null;
	/** Index into `SchemaLayout.tables`, or -1. */
	readonly tableIndex: number;
	readonly body: Body;
	/** Bytes of the whole message, header included, where they are always the same. */
	readonly size: number | null;
}

export function planMessages(format: WireFormat, layout: SchemaLayout): MessagePlan[] {
	return format.messages.map((message, index) => {
		const tableIndex = layout.tableOfVariant[index] as number;
		const table = tableIndex < 0 ? null : (layout.tables[tableIndex] as TableLayout);
		const body = planBody(message.nodes, table === null ? null : table.columns, format.header.size);
		const size = body.size === null || format.header.blockLength !== null ? null : format.header.size + body.size;
		return { message, index, table, tableIndex, body, size };
	});
}

/** @param start offset of the first node from the message's start; null where that depends on the message */
function planBody(nodes: readonly WireNode[], columns: readonly Column[] | null, start: number | null): Body {
	let nextColumn = 0;
	let at = start;
	const segments: Segment[] = [];
	let run: { entries: { offset: number; plan: Plan }[]; steps: { since: number; size: number }[]; size: number } | null = { entries: [], steps: [{ since: 0, size: 0 }], size: 0 };
	let least = 0;
	let size: number | null = 0;
	const close = (): void => {
		if (run !== null && (segments.length === 0 || run.entries.length > 0)) segments.push({ kind: 'run', ...run });
		run = null;
	};
	for (const node of nodes) {
		const own = columns !== null && hasColumn(node) ? (columns[nextColumn++] as Column) : null;
		const inRun = node.kind === 'align' ? (at === null || node.when !== null ? null : (node.to - (at % node.to)) % node.to) : fixedSize(node);
		const leads = segments.length === 0 && run !== null;
		if (inRun !== null && (node.since === 0 || leads)) {
			run ??= { entries: [], steps: [{ since: 0, size: 0 }], size: 0 };
			run.entries.push({ offset: run.size, plan: node.kind === 'align' ? { kind: 'empty', node: { ...node, kind: 'skip', bytes: inRun }, column: null } : planNode(node, own, at) });
			run.size += inRun;
			const last = run.steps.at(-1) as { since: number; size: number };
			if (node.since > last.since) run.steps.push({ since: node.since, size: run.size });
			else last.size = run.size;
			if (node.since === 0) least += inRun;
			if (node.since > 0) size = null;
			else if (size !== null) size += inRun;
			if (at !== null) at = node.since > 0 ? null : at + inRun;
			continue;
		}
		close();
		const plan = planNode(node, own, null);
		segments.push({ kind: 'single', plan });
		if (node.since === 0 && node.when === null) least += leastOf(plan);
		size = null;
		at = null;
	}
	close();
	return { segments: segments as unknown as Body['segments'], size, least };
}

function leastOf(plan: Plan): number {
	switch (plan.kind) {
		case 'struct':
			return plan.body.least;
		case 'group':
			return 'offset' in plan.node.count ? plan.node.head : 1;
		case 'data':
			return plan.node.length.kind === 'integer' ? plan.node.length.bytes : 1;
		case 'number':
			return fixedSize(plan.node) ?? 1 + (plan.node.exponentAfter?.bytes ?? 0);
		case 'array':
			return plan.node.count * (plan.node.item.kind === 'float' ? plan.node.item.bytes : plan.node.item.number.kind === 'integer' ? plan.node.item.number.bytes : 1);
		case 'bits':
			return plan.node.number.bytes;
		case 'float':
		case 'text':
			return plan.node.bytes;
		case 'empty':
			return plan.node.kind === 'skip' ? plan.node.bytes : 0;
		case 'align':
			return 0;
	}
}

function planNode(node: WireNode, own: Column | null, at: number | null): Plan {
	switch (node.kind) {
		case 'number':
			return { kind: 'number', node, column: own as ScalarColumn | null };
		case 'bits': {
			const column = own as StructColumn | null;
			let next = 0;
			return { kind: 'bits', node, column, parts: node.parts.map(({ meaning }) => (column === null || meaning.type === null ? null : (column.children[next++] as ScalarColumn))) };
		}
		case 'float':
			return { kind: 'float', node, column: own as ScalarColumn | null };
		case 'text':
			return { kind: 'text', node, column: own as ScalarColumn | null };
		case 'data':
			return { kind: 'data', node, column: own as ScalarColumn | null };
		case 'skip':
		case 'stated':
			return { kind: 'empty', node, column: null };
		case 'align':
			return { kind: 'align', node, column: null };
		case 'struct': {
			const column = own as StructColumn | null;
			return { kind: 'struct', node, column, body: planBody(node.nodes, column === null ? null : column.children, at) };
		}
		case 'group': {
			const column = own as ListColumn | null;
			return { kind: 'group', node, column, body: planBody(node.nodes, column === null ? null : (column.item as StructColumn).children, null) };
		}
		case 'array': {
			const column = own as ListColumn | null;
			const item = column === null ? null : (column.item as ScalarColumn);
			return { kind: 'array', node, column, item: node.item.kind === 'number' ? { kind: 'number', node: node.item, column: item } : { kind: 'float', node: node.item, column: item } };
		}
	}
}
