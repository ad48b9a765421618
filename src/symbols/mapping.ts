/**
 * What venues call an instrument, and what you call it: names with the dates between which they hold, since venues
 * rename. As CSV, the first line naming the columns in any order (`venue`, `from` and `until` may be left out):
 *
 * ```
 *  venue,symbol,canonical,from,until
 *  binance-spot,BCCUSDT,BCH-USDT,,2018-11-15
 *  binance-spot,BCHABCUSDT,BCH-USDT,2018-11-15,2019-11-28
 *  binance-spot,BCHUSDT,BCH-USDT,2019-11-28,
 * ```
 * or as JSON: an array of objects with these keys. `from` belongs to the time, `until` no longer does; both are dates or
 * times as ISO 8601 writes them, in UTC where they don't say otherwise. Lines that start with `#` are comments.
 *
 * At any time a venue's symbol has one canonical name and a canonical name one symbol of the venue.
 */

/** One line of a mapping. */
export interface SymbolMappingEntry {
	/** `*` where the file names none: holds for every venue that has no entry of its own. */
	readonly venue: string;
	readonly symbol: string;
	readonly canonical: string;
	/** Nanoseconds since the epoch: the first at which it holds; null: always did. */
	readonly from: bigint | null;
	/** The first nanosecond at which it holds no more; null: still does. */
	readonly until: bigint | null;
	/** Where it stands in the file, from 1. */
	readonly line: number;
}

export interface SymbolMapping {
	readonly entries: readonly SymbolMappingEntry[];
	/** Canonical name of a venue's symbol; undefined where it has none. `at` is nanoseconds since the epoch, default now. */
	canonical(venue: string, symbol: string, at?: bigint): string | undefined;
	/** The venue's symbol of a canonical name. */
	symbol(venue: string, canonical: string, at?: bigint): string | undefined;
	/**
	 * Canonical names of a symbol table's names, by id: a column's dictionary becomes another one, its rows stay as they
	 * are. Names that have no canonical one stay as they are.
	 */
	rename(venue: string, names: readonly string[], at?: bigint): string[];
}

export interface SymbolMappingProblem {
	/** From 1. */
	readonly line: number;
	readonly message: string;
}

/** What is wrong with a mapping, all of it. */
export class SymbolMappingError extends Error {
	override readonly name = 'SymbolMappingError';
	readonly problems: readonly SymbolMappingProblem[];

	constructor(problems: readonly SymbolMappingProblem[]) {
		const shown = problems.slice(0, 10).map(({ line, message }) => `  line ${line}: ${message}`);
		super(`tickforge: the symbol mapping is not used, because of\n${shown.join('\n')}${problems.length > 10 ? `\n  and ${problems.length - 10} more` : ''}`);
		this.problems = problems;
	}
}

const ANY_VENUE = '*';
const COLUMNS = ['venue', 'symbol', 'canonical', 'from', 'until'] as const;
type ColumnName = (typeof COLUMNS)[number];
type Row = Readonly<Partial<Record<ColumnName, string>>> & { readonly line: number };

/** Reads a mapping from CSV or JSON, whichever the text is. @throws SymbolMappingError */
export function loadSymbolMapping(text: string): SymbolMapping {
	const problems: SymbolMappingProblem[] = [];
	const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
	const rows = /^\s*[[{]/.test(plain) ? jsonRows(plain, problems) : csvRows(plain, problems);
	const entries = rows.flatMap((row) => readEntry(row, problems));
	const bySymbol = index(entries, (entry) => entry.symbol);
	const byCanonical = index(entries, (entry) => entry.canonical);
	for (const list of bySymbol.values()) findOverlaps(list, 'canonical', problems);
	for (const list of byCanonical.values()) findOverlaps(list, 'symbol', problems);
	if (problems.length > 0) throw new SymbolMappingError(problems.sort((a, b) => a.line - b.line));

	const find = (lists: ReadonlyMap<string, readonly SymbolMappingEntry[]>, venue: string, name: string, at: bigint): SymbolMappingEntry | undefined => lists.get(keyOf(venue, name))?.find((entry) => holds(entry, at)) ?? lists.get(keyOf(ANY_VENUE, name))?.find((entry) => holds(entry, at));
	const now = (): bigint => BigInt(Date.now()) * 1_000_000n;
	const canonical = (venue: string, symbol: string, at = now()): string | undefined => {
		const entry = find(bySymbol, venue, symbol, at);
		// An entry for every venue gives way to the venue's own for the same canonical name.
		return entry !== undefined && entry.venue === ANY_VENUE && find(byCanonical, venue, entry.canonical, at) !== entry ? undefined : entry?.canonical;
	};
	return {
		entries,
		canonical,
		symbol: (venue, name, at = now()) => {
			const entry = find(byCanonical, venue, name, at);
			return entry !== undefined && entry.venue === ANY_VENUE && find(bySymbol, venue, entry.symbol, at) !== entry ? undefined : entry?.symbol;
		},
		rename: (venue, names, at = now()) => names.map((name) => canonical(venue, name, at) ?? name),
	};
}

const keyOf = (venue: string, name: string): string => `${venue}\n${name}`;
const who = (venue: string): string => (venue === ANY_VENUE ? 'every venue' : venue);
const holds = ({ from, until }: SymbolMappingEntry, at: bigint): boolean => (from === null || at >= from) && (until === null || at < until);

function index(entries: readonly SymbolMappingEntry[], name: (entry: SymbolMappingEntry) => string): Map<string, SymbolMappingEntry[]> {
	const lists = new Map<string, SymbolMappingEntry[]>();
	for (const entry of entries) {
		const key = keyOf(entry.venue, name(entry));
		const list = lists.get(key);
		if (list === undefined) lists.set(key, [entry]);
		else list.push(entry);
	}
	return lists;
}

/** Entries of one name whose times have something in common; `other` is what they say of it. */
function findOverlaps(list: readonly SymbolMappingEntry[], other: 'canonical' | 'symbol', problems: SymbolMappingProblem[]): void {
	const inOrder = [...list].sort((a, b) => (a.from === b.from ? a.line - b.line : a.from === null || (b.from !== null && a.from < b.from) ? -1 : 1));
	let longest = inOrder[0] as SymbolMappingEntry;
	for (const entry of inOrder.slice(1)) {
		if (longest.until === null || entry.from === null || entry.from < longest.until) {
			const [earlier, later] = longest.line < entry.line ? [longest, entry] : [entry, longest];
			const when = period(entry.from, longest.until === null ? entry.until : entry.until === null || longest.until < entry.until ? longest.until : entry.until);
			const both = `"${earlier[other]}" (line ${earlier.line}) and "${later[other]}" ${when}`;
			if (earlier[other] !== later[other]) {
				problems.push({ line: later.line, message: other === 'canonical' ? `${who(later.venue)} calls "${later.symbol}" both ${both}` : `"${later.canonical}" is, at ${who(later.venue)}, both ${both}` });
			} else if (other === 'canonical') problems.push({ line: later.line, message: `says the same as line ${earlier.line} ${when}` });
		}
		if (longest.until !== null && (entry.until === null || entry.until > longest.until)) longest = entry;
	}
}

function period(from: bigint | null, until: bigint | null): string {
	if (from === null && until === null) return 'at all times';
	return [...(from === null ? [] : [`from ${isoOf(from)}`]), ...(until === null ? [] : [`until ${isoOf(until)}`])].join(' ');
}

const isoOf = (time: bigint): string => {
	const iso = new Date(Number(time / 1_000_000n)).toISOString();
	return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso;
};

function readEntry(row: Row, problems: SymbolMappingProblem[]): SymbolMappingEntry[] {
	const wrong = (message: string): void => {
		problems.push({ line: row.line, message });
	};
	const before = problems.length;
	const { symbol = '', canonical = '', line } = row;
	if (symbol === '') wrong('has no symbol');
	if (canonical === '') wrong('has no canonical name');
	const time = (column: 'from' | 'until'): bigint | null => {
		const text = row[column];
		if (text === undefined || text === '') return null;
		const nanoseconds = readTime(text);
		if (nanoseconds === undefined) wrong(`"${text}" in the column "${column}" is no date or time like 2024-06-01 or 2024-06-01T12:00:00Z`);
		return nanoseconds ?? null;
	};
	const from = time('from');
	const until = time('until');
	if (from !== null && until !== null && from >= until) wrong(`ends (${row.until}) before it begins (${row.from})`);
	return problems.length > before ? [] : [{ venue: row.venue === undefined || row.venue === '' ? ANY_VENUE : row.venue, symbol, canonical, from, until, line }];
}

/** ISO 8601 dates and times, to the nanosecond. */
function readTime(text: string): bigint | undefined {
	const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
	if (parts === null) return undefined;
	const [, date = '', clock = '00:00', fraction = '', zone = 'Z'] = parts;
	const milliseconds = Date.parse(`${date}T${clock}${zone}`);
	// A day that the month does not have becomes one of the next.
	if (Number.isNaN(milliseconds) || new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date) return undefined;
	return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

function csvRows(text: string, problems: SymbolMappingProblem[]): Row[] {
	const rows: Row[] = [];
	let columns: readonly string[] | null = null;
	text.split('\n').forEach((raw, at) => {
		const line = at + 1;
		const content = raw.replace(/\r$/, '');
		if (content.trim() === '' || content.startsWith('#')) return;
		const cells = csvCells(content);
		if (cells === null) {
			problems.push({ line, message: 'has a quote that is not closed' });
			return;
		}
		if (columns === null) {
			columns = cells.map((cell) => cell.toLowerCase());
			const unknown = columns.filter((name) => !COLUMNS.includes(name as ColumnName));
			const missing = ['symbol', 'canonical'].filter((name) => !columns?.includes(name));
			if (unknown.length > 0) problems.push({ line, message: `names the column "${unknown[0]}"; the columns are ${COLUMNS.join(', ')}` });
			if (missing.length > 0) problems.push({ line, message: `the first line names the columns, and has no "${missing[0]}"` });
			const twice = columns.find((name, index) => columns?.indexOf(name) !== index);
			if (twice !== undefined) problems.push({ line, message: `names the column "${twice}" twice` });
			return;
		}
		if (cells.length !== columns.length) problems.push({ line, message: `has ${cells.length} cells for ${columns.length} columns` });
		else rows.push({ ...Object.fromEntries(columns.map((name, index) => [name, cells[index]])), line });
	});
	if (columns === null) problems.push({ line: 1, message: `there is no line with the columns' names: ${COLUMNS.join(',')}` });
	return rows;
}

/** One line's cells, trimmed; null where a quote is not closed. */
function csvCells(line: string): string[] | null {
	const cells: string[] = [];
	const cell = /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/y;
	for (;;) {
		const at = cell.lastIndex;
		const match = cell.exec(line);
		if (match === null || match[2]?.startsWith('"')) return null;
		cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
		if (cell.lastIndex >= line.length && !match[0].endsWith(',')) return cells;
		if (cell.lastIndex === line.length) return [...cells, ''];
		if (cell.lastIndex === at) return null;
	}
}

function jsonRows(text: string, problems: SymbolMappingProblem[]): Row[] {
	const { fault, elements } = readJsonShape(text);
	if (fault !== null) {
		problems.push({ line: lineOf(text, fault), message: fault === text.length ? 'the JSON ends too early' : `is no JSON at ${JSON.stringify(text.slice(fault, fault + 12))}` });
		return [];
	}
	const parsed: unknown = JSON.parse(text);
	if (!Array.isArray(parsed)) {
		problems.push({ line: 1, message: 'the JSON form is an array of objects' });
		return [];
	}
	return parsed.flatMap((element: unknown, at): Row[] => {
		const line = lineOf(text, elements[at] ?? 0);
		if (typeof element !== 'object' || element === null || Array.isArray(element)) {
			problems.push({ line, message: `is ${JSON.stringify(element)}, not an object with the keys ${COLUMNS.join(', ')}` });
			return [];
		}
		const row: Record<string, string> = {};
		for (const [key, value] of Object.entries(element)) {
			if (!COLUMNS.includes(key as ColumnName)) problems.push({ line, message: `has the key "${key}"; the keys are ${COLUMNS.join(', ')}` });
			else if (typeof value === 'string') row[key] = value;
			else if (value !== null) problems.push({ line, message: `"${key}" is ${JSON.stringify(value)}, not a text` });
		}
		return [{ ...row, line }];
	});
}

const lineOf = (text: string, position: number): number => text.slice(0, position).split('\n').length;

const TOKEN = /[ \t\r\n]+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{},:]/y;

/**
 * Where the first fault of a JSON text is (engines don't always say), or null; and where the elements of the array on
 * top begin.
 */
function readJsonShape(text: string): { fault: number | null; elements: number[] } {
	const elements: number[] = [];
	const open: string[] = [];
	let wanted: 'value' | 'first element' | 'key' | 'first key' | 'colon' | 'next' = 'value';
	TOKEN.lastIndex = 0;
	for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
		const token = TOKEN.exec(text)?.[0];
		const inside = open.at(-1);
		if (token === undefined) return { fault: at, elements };
		if (token.trim() === '') continue;
		const ends = token === ']' ? wanted === 'first element' || (wanted === 'next' && inside === '[') : token === '}' && (wanted === 'first key' || (wanted === 'next' && inside === '{'));
		if (ends) {
			open.pop();
			wanted = 'next';
		} else if (wanted === 'next') {
			if (token !== ',' || inside === undefined) return { fault: at, elements };
			wanted = inside === '[' ? 'value' : 'key';
		} else if (wanted === 'colon') {
			if (token !== ':') return { fault: at, elements };
			wanted = 'value';
		} else if (wanted === 'key' || wanted === 'first key') {
			if (!token.startsWith('"')) return { fault: at, elements };
			wanted = 'colon';
		} else {
			if (/^[\]},:]/.test(token)) return { fault: at, elements };
			if (open.length === 1 && inside === '[') elements.push(at);
			if (token === '[' || token === '{') open.push(token);
			wanted = token === '[' ? 'first element' : token === '{' ? 'first key' : 'next';
		}
	}
	return { fault: wanted === 'next' && open.length === 0 ? null : text.length, elements };
}
