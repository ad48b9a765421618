/** What a placement means, in words. */
import type { CacheGeometry } from '../os/index.ts';
import type { SymbolTableOccupancy } from '../symbols/index.ts';
import type { SpacePlacement, StreamPlacement, TablePlacement } from './write-streams.ts';

export interface Verdict {
	/** `good`: as it should be. `note`: worth knowing, nothing to do. `bad`: costs something; the text says what helps. */
	readonly weight: 'good' | 'note' | 'bad';
	readonly text: string;
}

/** First-level data TLBs of today's processors have 64 to 96 entries. */
const TLB_ENTRIES = 64;
const SPARSE = 0.5;
/** Share of crowded rows from which it may cost something. */
const OFTEN = 0.1;

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const nameOf = ({ column, part }: StreamPlacement): string => (part === 'values' || part === 'received' ? column : `${column} (${part})`);

/** A few names, and how many more. */
function namesOf(streams: readonly StreamPlacement[], most = 8): string {
	const names = streams.slice(0, most).map(nameOf);
	if (streams.length > most) return `${names.join(', ')} and ${streams.length - most} more`;
	return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

export function placementVerdicts(table: TablePlacement, caches: CacheGeometry): Verdict[] {
	const verdicts = table.spaces.flatMap((space) => spaceVerdicts(space, caches));
	const open = table.spaces.reduce((sum, { streams }) => sum + streams.length, 0);
	const pages = table.spaces.reduce((sum, { pagesAtOnce }) => sum + pagesAtOnce, 0);
	const lists = table.spaces.length - 1;
	const meeting = table.spaces.reduce((sum, space) => sum + space.meeting.streams.length, 0);
	const fullest = Math.max(...table.spaces.map((space) => space.meeting.streams.length));
	// Each space by itself was judged above; lists move at their own pace and pass the other streams.
	if (lists > 0 && meeting > caches.ways && fullest <= caches.ways) verdicts.push({ weight: 'note', text: `rows and items move at different paces: where they pass each other, up to ${meeting} write streams meet in a set of ${caches.ways} ways for a while` });
	verdicts.push(
		pages > TLB_ENTRIES
			? { weight: 'bad', text: `${pages} pages are open for writing at once, more than the ${TLB_ENTRIES} entries that a first-level data TLB surely has; ask for huge pages (adviseHugePages)` }
			: { weight: 'good', text: `${plural(open, 'write stream')} with ${plural(pages, 'page')} open at once fit a first-level data TLB (${TLB_ENTRIES} entries or more)` },
	);
	if (caches.level2 !== null && table.bytes > caches.level2) verdicts.push({ weight: 'note', text: `a batch is larger than the second-level cache (${kib(caches.level2)}): every line comes from further away when the batch is used again; fewer rows a batch would keep it there` });
	return verdicts;
}

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;

function spaceVerdicts(space: SpacePlacement, { sets, ways, line }: CacheGeometry): Verdict[] {
	const verdicts: Verdict[] = [];
	const where = space.name === 'rows' ? '' : `items of ${space.name}: `;
	const { meeting } = space;
	const together = meeting.streams.length;
	for (const group of space.aliases) {
		const [first] = group;
		verdicts.push({ weight: 'note', text: `${where}columns ${namesOf(group)} start at the same offset modulo ${sets * line} (${first?.phase}) and have the same width: in every row all ${group.length} write to one set` });
	}
	if (together > ways) {
		const often = space.crowdedRows >= OFTEN;
		verdicts.push({
			weight: often ? 'bad' : 'note',
			text: `${where}${together} write streams compete for ${ways} ways of set ${meeting.set} (row ${meeting.row}); ${percent(space.crowdedRows)} of the rows have such a set: ${often ? 'lines leave the first-level cache before they are full, and come back from the second. The layout option stagger: 1 sets columns apart; measure before (bench/placement.ts), it may gain nothing' : 'too few to matter'}`,
		});
	} else if (space.streams.length > 1) {
		verdicts.push({
			weight: 'good',
			text: `${where}at most ${plural(together, 'write stream')} of ${space.streams.length} ${together === 1 ? 'is' : 'meet'} in a set of ${ways} ways${together > 1 ? ` (set ${meeting.set}, row ${meeting.row})` : ''}: ${ways - together === 0 ? 'they just fit, with no way left for what is read' : `${plural(ways - together, 'way')} left for what is read`}`,
		});
	}
	const sparse = space.streams.filter(({ utilisation }) => utilisation < SPARSE);
	if (sparse.length > 0) verdicts.push({ weight: 'note', text: `${where}${namesOf(sparse)} ${sparse.length === 1 ? 'writes' : 'write'} less than half of a line in 64 rows: ${sparse.length === 1 ? 'its line stays' : 'their lines stay'} open longer, which is what one bit or byte a row means` });
	return verdicts;
}

export function symbolVerdicts(table: SymbolTableOccupancy, caches: CacheGeometry): Verdict[] {
	if (table.names === 0) return [{ weight: 'note', text: 'empty: no name was looked up yet' }];
	const verdicts: Verdict[] = [];
	const first = (table.probes[0] ?? 0) / table.names;
	const most = table.probes.length;
	verdicts.push(
		most === 1
			? { weight: 'good', text: 'every name is found with its first probe' }
			: { weight: first < 0.8 || most > 8 ? 'bad' : 'note', text: `${percent(first)} of the names are found with the first probe, the farthest with ${most}${first < 0.8 || most > 8 ? '; names that are known before (knownSymbols) all are found with the first' : ''}` },
	);
	const bytes = table.workingLines * caches.line;
	const level1 = caches.sets * caches.ways * caches.line;
	verdicts.push(
		bytes > level1 / 2
			? { weight: 'note', text: `lookups of all ${table.names} names touch ${kib(bytes)}, more than half of the first-level cache (${kib(level1)}): rare names come from the second` }
			: { weight: 'good', text: `lookups of all ${plural(table.names, 'name')} touch ${bytes} bytes, ${percent(bytes / level1)} of the first-level cache` },
	);
	return verdicts;
}
