/** JSON text that is the same for the same data, in whatever order its keys were written: for fingerprints. */

/**
 * Keys sorted, no white space, members that are undefined left out, `-0` told apart from `0`.
 *
 * @throws TypeError for what is no plain data: functions, symbols, bigints, NaN, infinities, objects with a class, cycles
 */
export function canonicalJson(value: unknown): string {
	return write(value, []);
}

/** @param above the values around this one; few, so that a search is quick */
function write(value: unknown, above: object[]): string {
	if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
	if (typeof value === 'number') {
		if (!Number.isFinite(value)) throw new TypeError(`tickforge: ${value} is in the data, and JSON cannot say it`);
		return Object.is(value, -0) ? '-0' : String(value);
	}
	if (typeof value !== 'object') throw new TypeError(`tickforge: the data contains a ${typeof value}, and only plain data has a fingerprint`);
	if (above.includes(value)) throw new TypeError('tickforge: the data contains itself, and only plain data has a fingerprint');
	above.push(value);
	const text = Array.isArray(value) ? writeArray(value, above) : writeObject(value as Readonly<Record<string, unknown>>, above);
	above.pop();
	return text;
}

function writeArray(items: readonly unknown[], above: object[]): string {
	let text = '';
	for (const item of items) text += text === '' ? write(item, above) : `,${write(item, above)}`;
	return `[${text}]`;
}

function writeObject(value: Readonly<Record<string, unknown>>, above: object[]): string {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) throw new TypeError('tickforge: the data contains an object of a class, and only plain data has a fingerprint');
	let text = '';
	for (const name of Object.keys(value).sort()) {
		const member = value[name];
		if (member === undefined) continue;
		text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(member, above)}`;
	}
	return `{${text}}`;
}
