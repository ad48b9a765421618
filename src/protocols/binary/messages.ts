/** Builders of binary messages and of whole formats. */
import type { TypedSchema, TypedVariant } from '../../schema/index.ts';
import { type Code, codeOf, type FormatDefaults, type HeaderField, type ShapesOfWire, type WireFields } from './fields.ts';
import type { Endian, Place, WireFormat, WireHeader, WireMessage } from './wire.ts';

/** A message being described. */
export interface WireMessageSpec<Name extends string = string, Fields extends WireFields = WireFields, Role extends 'table' | 'control' = 'table' | 'control'> {
	readonly name: Name;
	readonly role: Role;
	readonly type: Code | null;
	readonly fields: Fields;
}

/** A message and its table. @param type what the header's type says; null where the format has only one message */
export function message<const Name extends string, const Fields extends WireFields>(name: Name, type: Code | null, fields: Fields): WireMessageSpec<Name, Fields, 'table'> {
	return { name, role: 'table', type, fields };
}
/** A message that is checked and counted, and has no table. */
export function control<const Name extends string, const Fields extends WireFields>(name: Name, type: Code | null, fields: Fields): WireMessageSpec<Name, Fields, 'control'> {
	return { name, role: 'control', type, fields };
}

export interface FormatOptions {
	/** Raised when the tables change so that readers of the old ones must change too. Default 1. */
	readonly version?: number;
	/** Of the tables, where the wire's versions count otherwise. Default: `version`. */
	readonly schemaVersion?: number;
	/** Byte order of all that does not say otherwise. */
	readonly endian: Endian;
	/** What every message starts with. Default: nothing. */
	readonly header?: readonly HeaderField[];
	/** Bytes after what is described. Default `reject`. */
	readonly trailing?: 'reject' | 'skip';
	/** Nanoseconds since 1970 at which the day began, for timestamps since midnight (`midnightOf`). Default 0. */
	readonly midnight?: bigint;
}

/** A format whose tables TypeScript knows. */
export interface TypedFormat<Messages extends readonly WireMessageSpec[] = readonly WireMessageSpec[]> extends WireFormat {
	/** Never there at run time. */
	readonly schemaType?: TypedSchema<{ readonly [Index in keyof Messages]: Messages[Index] extends WireMessageSpec<infer Name, infer Fields, infer Role> ? TypedVariant<Name, ShapesOfWire<Fields>, Role> : never }>;
}

/** A format: a header, and the messages that follow it. */
export function format<const Messages extends readonly WireMessageSpec[]>(name: string, options: FormatOptions, ...messages: Messages): TypedFormat<Messages> {
	const defaults: FormatDefaults = { endian: options.endian, midnight: options.midnight ?? 0n };
	return {
		name,
		version: options.version ?? 1,
		...(options.schemaVersion === undefined ? {} : { schemaVersion: options.schemaVersion }),
		header: headerOf(options.header ?? [], options.endian),
		trailing: options.trailing ?? 'reject',
		messages: messages.map(
			({ name: messageName, role, type, fields }): WireMessage => ({
				name: messageName,
				role,
				type: type === null ? null : codeOf(type),
				literal: type === null ? null : typeof type === 'bigint' ? Number(type) : type,
				nodes: Object.entries(fields).map(([fieldName, { node }]) => node(fieldName, defaults)),
			}),
		),
	};
}

function headerOf(fields: readonly HeaderField[], endian: Endian): WireHeader {
	let size = 0;
	let lengthExcludes = 0;
	const places: Partial<Record<HeaderField['role'], Place>> = {};
	const constants: { place: Place; value: string }[] = [];
	for (const { role, bytes, value, excludes } of fields) {
		const place: Place = { ...bytes(endian), offset: size };
		size += place.bytes;
		if (role === 'constant') constants.push({ place, value: value ?? '0' });
		else if (role !== 'skip') {
			if (places[role] !== undefined) throw new TypeError(`tickforge: the header has two places for the ${role}; one is possible`);
			places[role] = place;
		}
		if (role === 'length') lengthExcludes = excludes;
	}
	return { size, type: places.type ?? null, length: places.length ?? null, lengthExcludes, blockLength: places.blockLength ?? null, version: places.version ?? null, constants };
}

/**
 * Nanoseconds since 1970 at which a day begins somewhere.
 *
 * @param date as 2019-12-30
 * @param timeZone of the IANA data base, such as America/New_York. Default UTC
 * @throws RangeError where there is no such date or zone
 */
export function midnightOf(date: string, timeZone = 'UTC'): bigint {
	const utc = Date.parse(`${date}T00:00:00Z`);
	if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(utc)) throw new RangeError(`tickforge: "${date}" is no date; write it as 2019-12-30`);
	const written = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
	/** What clocks there show at an instant, as if it were UTC. */
	const shown = (instant: number): number => {
		const parts = Object.fromEntries(written.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
		return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second);
	};
	// The offset may differ between the guess and the result, so it is taken twice.
	let instant = utc;
	for (let turn = 0; turn < 2; turn++) instant = utc - (shown(instant) - instant);
	return BigInt(instant) * 1_000_000n;
}
