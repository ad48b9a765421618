/**
 * The walk over a message with its plan. A row starts with what absence means, and what is read is written over it: so the
 * last of several values counts, and parts of a message that come separately are one.
 */
import type { ScalarColumn } from '../../../compiler/batch-layout.ts';
import type { MessagePlaces } from '../../rows/reference/parser.ts';
import type { RowMark } from '../../rows/reference/pending-row.ts';
import { Refusal } from '../../rows/reference/refusal.ts';
import { I64_LEAST, I64_MOST } from '../../rows/reference/timestamps.ts';
import type { Body, FieldPlan, InstantPlan, MessagePlan, Row, ScalarPlan, VariantPlan } from '../plan.ts';
import { WIRE } from '../types.ts';
import { Scanner, type Tag } from './scanner.ts';
import { isKnown, readScalar, writeAbsent, writeScalar } from './values.ts';

interface Walk extends MessagePlaces {
	readonly scanner: Scanner;
	/** Bytes of the root message's unknown fields; null where they are dropped. */
	readonly unknown: Uint8Array[] | null;
}

/** What is known of a row while it is read. */
interface RowState {
	readonly row: number;
	/** Items of all lists before the row's own. */
	readonly mark: RowMark | null;
	/** The messages that are there, by their bodies. */
	readonly present: Set<Body>;
	/** The member that is set, of each message's oneofs. */
	readonly members: Map<Body, (FieldPlan | null)[]>;
	readonly seen: Set<FieldPlan>;
	readonly instants: Map<FieldPlan, Instant>;
	/** The message that is the row itself. */
	readonly body: Body;
	/** The last number of a closed enum in it is none that is listed. Of use in a map's entry, which has one value. */
	unlisted: boolean;
}

interface Instant {
	readonly seconds: bigint;
	readonly nanoseconds: bigint;
}

/** Where a message ends: at `limit`, or at the end tag of its group. */
interface End {
	readonly limit: number;
	/** Field number of the group; null for one after its length. */
	readonly group: number | null;
}

/** Reads the whole message. Throws `Refusal` or `BatchFull`. */
export function readMessage(bytes: Uint8Array, { row, unknown }: VariantPlan, places: MessagePlaces): void {
	const walk: Walk = { ...places, scanner: new Scanner(bytes), unknown: unknown === null ? null : [] };
	readRow(walk, row, places.target?.row ?? 0, { limit: bytes.length, group: null });
	if (walk.unknown === null || places.target === null) return;
	if (walk.unknown.length === 0) places.target.writeNull(unknown as ScalarColumn, places.target.row);
	else places.target.writeText(unknown as ScalarColumn, places.target.row, Uint8Array.from(walk.unknown.flatMap((part) => [...part])));
}

function readRow(walk: Walk, { body }: Row, row: number, end: End): RowState {
	const state: RowState = { row, mark: walk.target?.mark() ?? null, present: new Set(), members: new Map(), seen: new Set(), instants: new Map(), body, unlisted: false };
	enter(walk, state, body);
	readBody(walk, state, body, end);
	checkRequired(walk, state, body);
	closeLists(walk, state, body);
	return state;
}

/** The message is there: its fields are absent until they are read. */
function enter(walk: Walk, state: RowState, body: Body): void {
	const { target } = walk;
	state.present.add(body);
	for (const field of body.fields) {
		if (field.node.repeated || field.kind === 'skip') continue;
		if (field.kind === 'message' && field.node.presence === 'implicit') enterMessage(walk, state, field);
		else if (target === null || field.column === null) continue;
		else if (field.kind === 'scalar') writeAbsent(target, field.node.meaning, field.column, state.row);
		else if (field.kind === 'instant' && field.node.presence === 'implicit') target.writeNumber(field.column, state.row, 0n);
		else target.writeNull(field.column, state.row);
	}
}

function enterMessage(walk: Walk, state: RowState, { column, body }: MessagePlan): void {
	if (column !== null) walk.target?.writeValidity(column, state.row, true);
	enter(walk, state, body);
}

function readBody(walk: Walk, state: RowState, body: Body, { limit, group }: End): void {
	const { scanner } = walk;
	while (scanner.at < limit || group !== null) {
		const tag = scanner.tag(limit);
		if (tag.wireType === WIRE.endGroup && tag.number === group) return;
		const field = body.byNumber.get(tag.number);
		if (field !== undefined && readField(walk, state, body, field, tag, limit)) continue;
		if (field === undefined) scanner.skip(tag, limit, body.depth);
		if (body.depth === 1) walk.unknown?.push(scanner.bytes.subarray(tag.at, scanner.at));
	}
}

/** Reads the value behind a tag; false where it turned out to be an unknown field's, which is skipped. */
function readField(walk: Walk, state: RowState, body: Body, field: FieldPlan, tag: Tag, limit: number): boolean {
	const { scanner } = walk;
	if (field.packable && tag.wireType === WIRE.bytes) {
		const end = scanner.open(limit);
		if (field.kind !== 'scalar') scanner.at = end;
		// An enum's number that is not listed is dropped here: it has no tag of its own to be kept with.
		else while (scanner.at < end) readValue(walk, state, body, field, end);
		return true;
	}
	if (tag.wireType !== field.wireType) {
		scanner.skip(tag, limit, body.depth);
		return false;
	}
	switch (field.kind) {
		case 'scalar':
			return readValue(walk, state, body, field, limit);
		case 'skip':
			scanner.skip(tag, limit, body.depth);
			become(walk, state, body, field);
			return true;
		case 'instant':
			readInstant(walk, state, body, field, tag, limit);
			return true;
		case 'message':
			return readInner(walk, state, body, field, tag, limit);
	}
}

/** The field has a value: its oneof has no other, and nobody misses it. */
function become(walk: Walk, state: RowState, body: Body, field: FieldPlan): void {
	state.seen.add(field);
	if (field.oneof < 0) return;
	const members = state.members.get(body) ?? body.oneofs.map(() => null);
	state.members.set(body, members);
	const before = members[field.oneof] ?? null;
	members[field.oneof] = field;
	if (before !== null && before !== field) clear(walk, state, before);
}

/** A member of a oneof that gives way to another: nothing of it stays. */
function clear({ target }: Walk, state: RowState, field: FieldPlan): void {
	state.seen.delete(field);
	state.instants.delete(field);
	if (field.kind === 'skip') return;
	if (field.kind === 'message') forget(state, field.body);
	if (target === null || field.column === null) return;
	target.restore(field.column, state.mark as RowMark);
	target.writeNull(field.column, state.row);
}

function forget(state: RowState, body: Body): void {
	state.present.delete(body);
	state.members.delete(body);
	for (const field of body.fields) {
		state.seen.delete(field);
		state.instants.delete(field);
		if (field.kind === 'message' && field.row === null) forget(state, field.body);
	}
}

/** The row of a value: the next item's where the field is repeated. */
function rowOf({ target }: Walk, state: RowState, { list }: FieldPlan): number {
	return list === null || target === null ? state.row : target.append(list.itemSpace);
}

function readValue(walk: Walk, state: RowState, body: Body, field: ScalarPlan, limit: number): boolean {
	const read = readScalar(walk.scanner, field.node.scalar, limit);
	const known = isKnown(field.node.meaning, read.value);
	if (field.node.meaning.known !== null && body === state.body) state.unlisted = !known;
	if (!known) return false;
	become(walk, state, body, field);
	writeScalar(walk, field.node.scalar, field.node.meaning, field.column, rowOf(walk, state, field), read);
	return true;
}

/** Where the message behind a tag ends. */
function openMessage(scanner: Scanner, tag: Tag, limit: number): End {
	return tag.wireType === WIRE.startGroup ? { limit, group: tag.number } : { limit: scanner.open(limit), group: null };
}

function readInner(walk: Walk, state: RowState, body: Body, field: MessagePlan, tag: Tag, limit: number): boolean {
	const { target } = walk;
	const end = openMessage(walk.scanner, tag, limit);
	if (field.row === null) {
		become(walk, state, body, field);
		if (!state.present.has(field.body)) enterMessage(walk, state, field);
		readBody(walk, state, field.body, end);
		return true;
	}
	const row = rowOf(walk, state, field);
	if (field.column !== null) target?.writeValidity(field.column, row, true);
	const { unlisted } = readRow(walk, field.row, row, end);
	// A map's entry whose value is none of its closed enum's is an unknown field as a whole.
	if (!field.node.isMapEntry || !unlisted) return true;
	if (field.list !== null) target?.retract(field.list.itemSpace);
	return false;
}

function readInstant(walk: Walk, state: RowState, body: Body, field: InstantPlan, tag: Tag, limit: number): void {
	const { scanner, target } = walk;
	const end = openMessage(scanner, tag, limit);
	const at = scanner.at;
	become(walk, state, body, field);
	const row = rowOf(walk, state, field);
	let { seconds, nanoseconds } = (field.node.repeated ? undefined : state.instants.get(field)) ?? { seconds: 0n, nanoseconds: 0n };
	while (scanner.at < end.limit || end.group !== null) {
		const inner = scanner.tag(end.limit);
		if (inner.wireType === WIRE.endGroup && inner.number === end.group) break;
		if (inner.wireType === WIRE.varint && inner.number === 1) seconds = BigInt.asIntN(64, scanner.varint(end.limit));
		else if (inner.wireType === WIRE.varint && inner.number === 2) nanoseconds = BigInt.asIntN(32, scanner.varint(end.limit));
		else scanner.skip(inner, end.limit, body.depth + 1);
	}
	const instant = seconds * 1_000_000_000n + nanoseconds;
	if (nanoseconds < 0n || nanoseconds > 999_999_999n || instant < I64_LEAST || instant > I64_MOST) throw new Refusal('timestamp', at);
	if (!field.node.repeated) state.instants.set(field, { seconds, nanoseconds });
	if (field.column !== null) target?.writeNumber(field.column, row, instant);
}

// The end of a row

function checkRequired(walk: Walk, state: RowState, body: Body): void {
	for (const field of body.fields) {
		if (field.required >= 0 && !state.seen.has(field)) throw new Refusal('missing-field', walk.scanner.at);
		if (field.kind === 'message' && field.row === null && state.present.has(field.body)) checkRequired(walk, state, field.body);
	}
}

function closeLists(walk: Walk, state: RowState, body: Body): void {
	const { target } = walk;
	if (target === null) return;
	for (const field of body.fields) {
		if (field.list !== null) target.writeList(field.list, state.row, target.itemsBefore(state.mark as RowMark, field.list));
		else if (field.kind === 'message' && field.row === null && state.present.has(field.body)) closeLists(walk, state, field.body);
	}
}
