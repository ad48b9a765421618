/** Numbers, times and strangers' text as people read them in a page. */

/** Control characters, those that turn a text's direction, and halves of characters. */
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** For text and attribute values alike. */
export const escapeText = (text: string): string => text.replace(UNPRINTABLE, '\ufffd').replace(/[&<>"'`=]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Only characters that print; the rest as a dot. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '·');

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

export const count = (value: number): string => Math.round(finite(value)).toLocaleString('en-US');

/** With three digits: 1.02 M. */
export function shortCount(value: number): string {
	if (Math.abs(value) < 10_000) return count(value);
	const power = Math.min(4, Math.floor(Math.log10(Math.abs(value)) / 3));
	return `${(value / 1000 ** power).toPrecision(3).replace(/\.0+$|(\.\d*?)0+$/, '$1')} ${['', 'k', 'M', 'G', 'T'][power]}`;
}

export function bytesText(value: number): string {
	if (!(value >= 1024)) return `${count(value)} bytes`;
	const power = Math.min(4, Math.floor(Math.log2(value) / 10));
	const scaled = finite(value) / 1024 ** power;
	return `${scaled.toFixed(scaled < 100 ? 1 : 0)} ${['', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}

export function durationText(seconds: number): string {
	const [scaled, unit] = seconds < 1e-3 ? [seconds * 1e6, 'µs'] : seconds < 1 ? [seconds * 1e3, 'ms'] : [seconds, 's'];
	return `${scaled < 10 ? Number(scaled.toPrecision(2)) : Math.round(scaled)} ${unit}`;
}

/** UTC, to the millisecond; what no calendar has is a number. */
export function isoText(seconds: number): string {
	const date = new Date(seconds * 1000);
	return Number.isNaN(date.getTime())
		? `${seconds} s`
		: date
				.toISOString()
				.replace('T', ' ')
				.replace(/(\.000)?Z$/, '');
}

/** A share as percent, small ones with their digits. */
export function shareText(part: number, whole: number): string {
	const percent = whole === 0 ? 0 : (part / whole) * 100;
	return `${percent === 0 ? '0' : percent < 0.001 ? 'under 0.001' : percent.toPrecision(percent < 10 ? 2 : 3)} %`;
}
