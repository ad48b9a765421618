/** Round marks on axes. */

/** A mark: where, and what it says. */
export interface Mark {
	readonly at: number;
	readonly text: string;
}

/** Round numbers within a range, about `wanted` of them, all with as many digits as their step needs. */
export function numberMarks(from: number, to: number, wanted: number, text?: (value: number) => string): Mark[] {
	if (!(to > from)) return [{ at: from, text: text === undefined ? String(from) : text(from) }];
	const rough = (to - from) / wanted;
	const power = Math.floor(Math.log10(rough));
	const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * 10 ** power >= rough * 0.999) ?? 10;
	const step = factor * 10 ** power;
	const digits = Math.max(0, -power + (factor === 2.5 ? 1 : factor === 10 ? -1 : 0));
	const first = Math.ceil(from / step - 1e-9);
	const last = Math.floor(to / step + 1e-9);
	return Array.from({ length: Math.min(100, last - first + 1) }, (_, index) => {
		const value = (first + index) * step;
		return { at: value, text: text === undefined ? grouped(value.toFixed(Math.min(12, digits))) : text(value) };
	});
}

const grouped = (text: string): string => text.replace(/^-?\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ',')).replace(/^-0(\.0*)?$/, '0$1');

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

/** Times in UTC at round steps of a clock, about `wanted`; `from` and `to` in seconds since the epoch. */
export function timeMarks(from: number, to: number, wanted: number): Mark[] {
	const rough = (to - from) / wanted;
	const step = STEPS.find((candidate) => candidate >= rough * 0.999) ?? Math.ceil(rough / (365 * DAY)) * 365 * DAY;
	const marks: Mark[] = [];
	for (let at = Math.ceil(from / step - 1e-6); at * step <= to && marks.length < 100; at++) marks.push({ at: at * step, text: timeText(at * step, step) });
	return marks;
}

function timeText(seconds: number, step: number): string {
	const iso = new Date(Math.round(seconds * 1000)).toISOString();
	if (step >= DAY) return iso.slice(0, 10);
	if (step >= MINUTE) return iso.slice(11, 16) === '00:00' && step >= HOUR ? iso.slice(5, 10) : iso.slice(11, 16);
	return step >= SECOND ? iso.slice(11, 19) : iso.slice(14, step >= 0.1 ? 21 : 23);
}

/** 1, 10, 100, … and what lies between where there are few: for values between two powers of ten. */
export function decadeMarks(from: number, to: number, text: (value: number) => string): Mark[] {
	const factors = Math.log10(to / from) < 1.5 ? [1, 2, 5] : [1];
	const marks: Mark[] = [];
	for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to) + 1; power++) {
		for (const factor of factors) {
			const value = Number(`${factor}e${power}`);
			if (value >= from * 0.999 && value <= to * 1.001) marks.push({ at: value, text: text(value) });
		}
	}
	return marks;
}
