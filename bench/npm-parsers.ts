/** JSON parsers from npm that people use instead of JSON.parse, where they are installed: `npm install --no-save NAME` adds one to the tables. */

export interface JsonParser {
	readonly name: string;
	/** The parsed value; thrown away. */
	readonly parse: (text: string) => unknown;
}

type Loaded = Readonly<Record<string, unknown>>;
type Parse = (text: string) => unknown;

const named =
	(key: string) =>
	(module: Loaded): Parse | null => {
		const found = module[key] ?? (module['default'] as Loaded | undefined)?.[key];
		// simdjson without its native part is JSON.parse by another name.
		return typeof found === 'function' && found !== JSON.parse ? (text) => (found as Parse)(text) : null;
	};

/** What each is, and how it is called. */
const PACKAGES: Readonly<Record<string, (module: Loaded) => Parse | null>> = {
	/** Bindings to the C++ library; `parse` makes JavaScript objects as JSON.parse does. */
	simdjson: named('parse'),
	/** Exact big integers. */
	'json-bigint': named('parse'),
	'json-with-bigint': named('JSONParse'),
	/** Numbers as text, so that none is rounded. */
	'lossless-json': named('parse'),
	'json-custom-numbers': named('parse'),
	/** JSON.parse, then a look for __proto__. */
	'secure-json-parse': named('parse'),
	/** Tokens as bytes come; a parser is good for one value, so each message gets one. */
	'@streamparser/json'(module) {
		const JSONParser = module['JSONParser'] as (new () => { onValue: (parsed: { value: unknown }) => void; write(text: string): void }) | undefined;
		if (JSONParser === undefined) return null;
		return (text) => {
			const parser = new JSONParser();
			let last: unknown;
			parser.onValue = ({ value }) => {
				last = value;
			};
			parser.write(text);
			return last;
		};
	},
};

/** Those that are here and parse a test message; of the others, why they are skipped. */
export async function loadJsonParsers(): Promise<{ readonly parsers: readonly JsonParser[]; readonly skipped: readonly string[] }> {
	const parsers: JsonParser[] = [];
	const skipped: string[] = [];
	for (const [name, pick] of Object.entries(PACKAGES)) {
		let module: Loaded;
		try {
			module = (await import(name)) as Loaded;
		} catch (error) {
			skipped.push(`npm ${name}: skipped: ${(error as { readonly code?: string }).code === 'ERR_MODULE_NOT_FOUND' ? 'not installed' : `it cannot be loaded (${String(error).split('\n')[0]})`}`);
			continue;
		}
		const parse = pick(module);
		const isRight = parse !== null && (parse('{"e":"trade","p":["1.5",2]}') as { readonly e?: string } | undefined)?.e === 'trade';
		if (isRight) parsers.push({ name: `npm ${name}`, parse });
		else skipped.push(`npm ${name}: skipped: this version is called in another way, or is JSON.parse itself`);
	}
	return { parsers, skipped };
}
