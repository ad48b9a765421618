/**
 * How long a schema is served. Binance publishes it as JSON beside its schemas (`sbe_schema_lifecycle_prod.json`; "SBE
 * schema" in its FAQ): the latest one, deprecated ones, which are served for six months at least, and retired ones.
 */
import type { BinaryProtocol } from '../binary/index.ts';

export interface SchemaDates {
	readonly id: number;
	readonly version: number;
	/** Days, as 2025-12-18; null where that is not known or not yet decided. */
	readonly released: string | null;
	readonly deprecated: string | null;
	readonly retired: string | null;
}

export interface SchemaLifecycle {
	readonly environment: string;
	readonly latest: SchemaDates;
	/** All of them, the latest first. */
	readonly schemas: readonly SchemaDates[];
}

export interface SchemaStatus {
	/** `unknown`: the life cycle does not name it. */
	readonly status: 'latest' | 'deprecated' | 'retired' | 'unknown';
	readonly dates: SchemaDates | null;
	/** In words, with what to do. */
	readonly message: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads a published life cycle.
 *
 * @throws Error where it is none, naming what is wrong
 */
export function readSchemaLifecycle(text: string): SchemaLifecycle {
	const fail = (what: string): never => {
		throw new Error(`tickforge: this is no schema life cycle: ${what}`);
	};
	let data: unknown;
	try {
		data = JSON.parse(text);
	} catch {
		return fail('it is no JSON');
	}
	const { environment, latestSchema, deprecatedSchemas = [], retiredSchemas = [] } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
	const datesOf = (entry: unknown, where: string): SchemaDates => {
		const { id, version, ...dates } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
		if (!Number.isInteger(id) || !Number.isInteger(version)) return fail(`${where} has no id and version`);
		const day = (name: string): string | null => {
			const given = dates[name];
			if (given === undefined || given === null || given === '') return null;
			return typeof given === 'string' && DAY.test(given) ? given : fail(`${name} of ${where} is no day`);
		};
		return { id: id as number, version: version as number, released: day('releaseDate'), deprecated: day('deprecatedDate'), retired: day('retiredDate') };
	};
	if (!Array.isArray(deprecatedSchemas) || !Array.isArray(retiredSchemas)) return fail('deprecatedSchemas and retiredSchemas must be lists');
	const latest = datesOf(latestSchema, 'latestSchema');
	const schemas = [latest, ...deprecatedSchemas.map((entry, index) => datesOf(entry, `deprecatedSchemas[${index}]`)), ...retiredSchemas.map((entry, index) => datesOf(entry, `retiredSchemas[${index}]`))];
	return { environment: typeof environment === 'string' ? environment : '', latest, schemas };
}

/**
 * Whether a schema is still served on a day.
 *
 * @param of an id and version, or the protocol that `sbe(xml)` gave
 * @param day as 2025-12-18; default today in UTC
 */
export function schemaStatus({ latest, schemas }: SchemaLifecycle, of: { readonly id: number; readonly version: number } | BinaryProtocol, day: string = new Date().toISOString().slice(0, 10)): SchemaStatus {
	if (!DAY.test(day)) throw new RangeError(`tickforge: "${day}" is no day; write it as 2025-12-18`);
	const { id, version } = 'format' in of ? { id: Number(of.format.header.constants[0]?.value ?? Number.NaN), version: of.format.version } : of;
	const name = `schema ${id}:${version}`;
	const newest = `${latest.id}:${latest.version}`;
	const dates = schemas.find((one) => one.id === id && one.version === version) ?? null;
	if (dates === null) return { status: 'unknown', dates, message: `${name} is not in the life cycle, whose latest one is ${newest}` };
	if (dates.retired !== null && dates.retired <= day) return { status: 'retired', dates, message: `${name} was retired on ${dates.retired}; use ${newest}` };
	if (dates.deprecated !== null && dates.deprecated <= day) return { status: 'deprecated', dates, message: `${name} is deprecated since ${dates.deprecated}${dates.retired === null ? '' : ` and will be retired on ${dates.retired}`}; use ${newest}` };
	return { status: 'latest', dates, message: `${name} is served` };
}
