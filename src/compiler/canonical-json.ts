/** JSON text that is the same for the same data, in whatever order its keys were written: for fingerprints. */

/**
 * Keys sorted, no white space, members that are undefined left out, `-0` told apart from `0`.
 *
 * @throws TypeError for what is no plain data: functions, symbols, bigints, NaN, infinities, objects with a class, cycles
 */
export function canonicalJson(value: unknown): string {
	return write(value, 'value', new Set());
}

function write(value: unknown, path: string, above: Set<object>): string {
	if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
	if (typeof value === 'number') {
		if (!Number.isFinite(value)) throw new TypeError(`tickforge: ${path} is ${value}, which JSON cannot say`);
		return Object.is(value, -0) ? '-0' : JSON.stringify(value);
	}
	if (typeof value !== 'object') throw new TypeError(`tickforge: ${path} is a ${typeof value}, and only plain data has a fingerprint`);
	if (above.has(value)) throw new TypeError(`tickforge: ${path} contains itself, and only plain data has a fingerprint`);
	above.add(value);
	const text = Array.isArray(value) ? `[${value.map((item, index) => write(item, `${path}[${index}]`, above)).join()}]` : writeObject(value, path, above);
	above.delete(value);
	return text;
}

function writeObject(value: object, path: string, above: Set<object>): string {
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`tickforge: ${path} is an object of a class, and only plain data has a fingerprint`);
	const members = Object.entries(value).filter(([, member]) => member !== undefined);
	members.sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member, `${path}.${name}`, above)}`).join()}}`;
}
