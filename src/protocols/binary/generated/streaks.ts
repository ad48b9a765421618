/**
 * Messages of one type in a row, as the format's own version writes them. Most of a stream is like that: then the whole
 * header is what the last message's was, block lengths are known, and a version need not be asked for. So each message of
 * a streak costs a comparison of its header, and what is left is loads and stores; counters of rows stay in registers.
 * A message that is anything else ends the streak, and leaves nothing behind: it is read by the code that knows all
 * versions and all faults.
 */
import type { TableLayout } from '../../../compiler/batch-layout.ts';
import { CONTEXT, DESCRIPTOR } from '../../../compiler/parser-abi.ts';
import { type Func, I32, I64, type Local, V128 } from '../../../wasm/index.ts';
import type { Body, MessagePlan, Plan } from '../plan.ts';
import type { Place, WireFormat, WireHeader, WireMessage } from '../wire.ts';
import { emitBody } from './bodies.ts';
import type { Environment } from './environment.ts';
import { loadInteger, maskKey, widen, windowsOf } from './integers.ts';
import { createRows, createScope, type Scale, type Scope, scaleKey } from './scope.ts';

/** More shuffles than this would not stay in registers. */
const MOST_MASKS = 6;

/** `streak(descriptors, count, context)`: messages that were read. */
export function emitStreak(e: Environment, format: WireFormat, plan: MessagePlan, table: TableLayout): Func<I32> {
	const { header } = format;
	const { body } = plan;
	return e.m.func(`streak of ${plan.message.name}`, { params: { descriptors: I32, count: I32, context: I32 }, results: [I32] }, (f, { descriptors, count, context }) => {
		const base = f.local(I32, e.pool.base, 'base');
		const masks = new Map<string, Local<V128>>();
		for (const { mask } of windowsIn(body)) if (masks.size < MOST_MASKS && !masks.has(maskKey(mask))) masks.set(maskKey(mask), f.local(V128, V128.load(base, e.pool.add(mask)), 'mask'));
		const batch = f.local(I32, I32.load(context, CONTEXT.variants + plan.index * CONTEXT.variantSize + CONTEXT.variantBatch), 'batch');
		const row = f.local(I32, I32.load(batch), 'row');
		const room = f.local(I32, I32.of(table.spaces[0]?.capacity ?? 0).sub(row), 'room');
		const descriptor = f.local(I32, descriptors, 'descriptor');
		const last = f.local(I32, descriptors.add(I32.select(count.ltU(room), count, room).shl(4)), 'last');
		const items = new Map(table.spaces.slice(1).map((space) => [space.index, f.local(I32, I32.load(batch, space.counter), 'items')] as const));
		const text = table.textCapacity === 0 ? null : f.local(I32, I32.load(batch, table.textUsed), 'textUsed');
		const rows = createRows(f, batch, row, table.columns, 0);
		const p = f.local(I32, undefined, 'p');
		const end = f.local(I32, undefined, 'end');
		const cursor = f.local(I32, undefined, 'cursor');
		const { numbers, scales } = carriedIn(body, (name) => f.local(I64, undefined, name));
		f.block((ended) => {
			const scope: Scope = { ...createScope(e, f, base, p, end), table, batch, rows, items, text, numbers, masks, exact: true, scales, finding: true, fail: () => ended.branch() };
			f.loop((next) => {
				ended.branchIf(descriptor.geU(last));
				p.set(I32.load(descriptor, DESCRIPTOR.offset));
				end.set(p.add(I32.load(descriptor, DESCRIPTOR.length)));
				ended.branchIf(end.sub(p).ltU(header.size + body.segments[0].size), { likely: false });
				for (const { offset, mask, expected } of expectedHeader(format, plan.message, body.segments[0].size)) {
					const found = I64.load(p, offset);
					ended.branchIf((mask === -1n ? found : found.and(mask)).ne(expected), { likely: false });
				}
				if (header.length !== null) ended.branchIf(statedLength(scope, header, header.length, p).ne(end.sub(p).extendU()), { likely: false });
				// Those that are not always there are not the last message's.
				for (const number of numbers.values()) number.set(0n);
				cursor.set(p.add(header.size));
				rows.place();
				emitBody(scope, body, cursor, { length: I64.of(BigInt(body.segments[0].size)), at: p, measured: true });
				if (format.trailing === 'reject') ended.branchIf(cursor.ne(end), { likely: false });
				for (const space of table.spaces.slice(1)) f.store(batch, items.get(space.index) as Local<I32>, space.counter);
				if (text !== null) f.store(batch, text, table.textUsed);
				if (table.received >= 0) f.store(batch.add(row.shl(3)), I64.load(descriptor, DESCRIPTOR.received), table.received);
				e.numbering.store(f, table, batch, row, descriptor);
				row.set(row.add(1));
				f.store(batch, row, 0);
				descriptor.set(descriptor.add(DESCRIPTOR.size));
				next.branch();
			});
		});
		f.return(descriptor.sub(descriptors).shrU(4));
	});
}

const statedLength = (scope: Scope, { lengthExcludes }: WireHeader, place: Place, p: I32): I64 => widen(loadInteger(scope, place, p, place.offset), false).add(BigInt(lengthExcludes));

/** What a header's bytes must be, in words of eight: type, block length, version and constants are known. */
function expectedHeader({ header, version }: WireFormat, message: WireMessage, rootSize: number): { offset: number; mask: bigint; expected: bigint }[] {
	// Room for a last word.
	const values = new Uint8Array(header.size + 8);
	const masks = new Uint8Array(header.size + 8);
	const expect = ({ offset, bytes, endian }: Place, value: bigint): void => {
		for (let byte = 0; byte < bytes; byte++) {
			const at = offset + (endian === 'little' ? byte : bytes - 1 - byte);
			values[at] = Number((value >> BigInt(8 * byte)) & 0xffn);
			masks[at] = 0xff;
		}
	};
	if (header.type !== null && message.type !== null) expect(header.type, BigInt(message.type));
	if (header.blockLength !== null) expect(header.blockLength, BigInt(rootSize));
	if (header.version !== null) expect(header.version, BigInt(version));
	for (const { place, value } of header.constants) expect(place, BigInt(value));
	const word = (bytes: Uint8Array, offset: number): bigint => new DataView(bytes.buffer).getBigInt64(offset, true);
	const words: { offset: number; mask: bigint; expected: bigint }[] = [];
	for (let offset = 0; offset < header.size; offset += 8) if (word(masks, offset) !== 0n) words.push({ offset, mask: word(masks, offset), expected: word(values, offset) });
	return words;
}

function* plansIn({ segments }: Body): Generator<Plan> {
	for (const segment of segments) {
		for (const plan of segment.kind === 'run' ? segment.entries.map((entry) => entry.plan) : [segment.plan]) {
			yield plan;
			if (plan.kind === 'struct' || plan.kind === 'group') yield* plansIn(plan.body);
			if (plan.kind === 'array') yield plan.item;
		}
	}
}

function windowsIn(body: Body): ReturnType<typeof windowsOf> {
	const own = body.segments.flatMap((segment) => (segment.kind === 'run' ? windowsOf(segment) : []));
	const inner = body.segments.flatMap((segment) => (segment.kind === 'single' && (segment.plan.kind === 'group' || segment.plan.kind === 'struct') ? windowsIn(segment.plan.body) : []));
	return [...own, ...inner];
}

/** Numbers that exponents and presence maps refer to, and what the exponents are needed for. */
export function carriedIn(body: Body, local: (name: string) => Local<I64>): { numbers: Map<string, Local<I64>>; scales: Map<string, Scale> } {
	const numbers = new Map<string, Local<I64>>();
	const scales = new Map<string, Scale>();
	const carry = (name: string): void => {
		if (!numbers.has(name)) numbers.set(name, local(name));
	};
	for (const plan of plansIn(body)) {
		if (plan.node.when !== null) carry(plan.node.when.map);
		if (plan.kind !== 'number') continue;
		const { type, exponent } = plan.node.meaning;
		if (typeof exponent !== 'string') continue;
		carry(exponent);
		if (type?.kind !== 'decimal' || plan.column === null) continue;
		const key = scaleKey(exponent, type.scale);
		if (!scales.has(key)) scales.set(key, { power: local('power'), limit: local('limit') });
	}
	return { numbers, scales };
}
