/** XML as a tree of elements with the lines they stand in. `saxes` reads it: an optional peer, loaded on use. */

export interface XmlElement {
	/** Without its prefix. */
	readonly name: string;
	/** By their names without prefix. */
	readonly attributes: ReadonlyMap<string, string>;
	readonly children: readonly XmlElement[];
	/** Between its tags, trimmed. */
	readonly text: string;
	readonly line: number;
}

interface OpenElement {
	readonly name: string;
	readonly attributes: Map<string, string>;
	readonly children: XmlElement[];
	text: string;
	readonly line: number;
}

/** Nested deeper than this it is no schema. */
const MOST_DEPTH = 64;

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

/** @throws Error where it is not well-formed; the message says the line. Or where `saxes` is not installed */
export async function readXml(text: string): Promise<XmlElement> {
	const { SaxesParser } = await loadSaxes();
	const parser = new SaxesParser({ position: true });
	const open: OpenElement[] = [];
	let root: XmlElement | null = null;
	parser.on('error', (error) => {
		throw new Error(`tickforge: this is no XML: ${error.message}`);
	});
	parser.on('opentag', ({ name, attributes }) => {
		if (open.length >= MOST_DEPTH) throw new Error(`tickforge: line ${parser.line}: the elements are nested deeper than ${MOST_DEPTH}`);
		open.push({ name: localName(name), attributes: new Map(Object.entries(attributes).map(([key, value]) => [localName(key), value])), children: [], text: '', line: parser.line });
	});
	const add = (part: string): void => {
		const inner = open.at(-1);
		if (inner !== undefined) inner.text += part;
	};
	parser.on('text', add);
	parser.on('cdata', add);
	parser.on('closetag', () => {
		const closed = open.pop();
		if (closed === undefined) return;
		const element: XmlElement = { ...closed, text: closed.text.trim() };
		const outer = open.at(-1);
		if (outer === undefined) root = element;
		else outer.children.push(element);
	});
	parser.write(text).close();
	if (root === null) throw new Error('tickforge: this is no XML: it has no element');
	return root;
}

async function loadSaxes(): Promise<typeof import('saxes')> {
	try {
		return await import('saxes');
	} catch (cause) {
		throw new Error('tickforge: reading an SBE schema needs saxes, which is not installed; run: npm install saxes', { cause });
	}
}
