/** RFC 3339 text, with the liberties of docs/json.md, to nanoseconds since the epoch. */

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))?$/;
const MINUTES_A_DAY = 24 * 60;

export const I64_LEAST = -(2n ** 63n);
export const I64_MOST = 2n ** 63n - 1n;

/** Null where the text is no timestamp or lies outside of what an i64 holds. */
export function parseTimestamp(text: string): bigint | null {
	const match = RFC3339.exec(text);
	if (match === null) return null;
	const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
	const nanoseconds = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
	const offsetHour = Number(match[9] ?? 0);
	const offsetMinute = Number(match[10] ?? 0);
	if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
	if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;
	const offset = (offsetHour * 60 + offsetMinute) * (match[8] === '-' ? -1 : 1);
	const minutes = hour * 60 + minute - offset;
	const minuteOfDay = (minutes + MINUTES_A_DAY) % MINUTES_A_DAY;
	// A leap second is the last of a UTC day; counted on, it is the following midnight.
	if (second === 60 && minuteOfDay !== MINUTES_A_DAY - 1) return null;
	const seconds = (daysSinceEpoch(year, month, day) * MINUTES_A_DAY + minutes) * 60 + second;
	const result = BigInt(seconds) * 1_000_000_000n + nanoseconds;
	return result >= I64_LEAST && result <= I64_MOST ? result : null;
}

function isLeap(year: number): boolean {
	return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
	if (month === 2) return isLeap(year) ? 29 : 28;
	return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function daysSinceEpoch(year: number, month: number, day: number): number {
	let days = day - 1;
	for (let earlier = 1; earlier < month; earlier++) days += daysIn(year, earlier);
	for (let other = Math.min(year, 1970); other < Math.max(year, 1970); other++) days += (isLeap(other) ? 366 : 365) * (year < 1970 ? -1 : 1);
	return days;
}
