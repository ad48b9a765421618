/**
 * XInclude 1.0 as SBE schemas use it: `<xi:include href="types.xml"/>` stands for the outermost element of another file; a
 * `<types>` within `<types>` for its content. `fallback` is what stands there where the file is missing.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readXml, type XmlElement } from './xml.ts';

/** The text of a file, and its name, from which names in it are relative. */
export interface Included {
	readonly text: string;
	readonly from: string;
}

/**
 * Gives what `href` names.
 *
 * @param from name of the including file; null for the schema's own text
 */
export type Include = (href: string, from: string | null) => Included | Promise<Included>;

/** Nested deeper than this no schema is. */
const MOST_DEPTH = 16;
/** Files in all. */
const MOST_FILES = 256;

/** Reads files, relative to the including one. */
export const readIncluded: Include = async (href, from) => {
	const path = resolve(from === null ? '.' : dirname(from), href);
	return { text: await readFile(path, 'utf8'), from: path };
};

/** The schema with everything included in its place. */
export async function includeAll(root: XmlElement, include?: Include, from: string | null = null): Promise<XmlElement> {
	let files = 0;
	const fail = ({ line }: XmlElement, where: string | null, message: string): never => {
		throw new Error(`tickforge: <include> in line ${line}${where === null ? '' : ` of ${where}`}: ${message}`);
	};
	const expand = async (element: XmlElement, where: string | null, open: readonly string[]): Promise<XmlElement> => {
		if (!hasInclude(element)) return element;
		const children: XmlElement[] = [];
		for (const child of element.children) {
			if (child.name !== 'include') {
				children.push(await expand(child, where, open));
				continue;
			}
			for (const found of await replace(child, where, open)) {
				if (found.name === 'types' && element.name === 'types') children.push(...found.children);
				else children.push(found);
			}
		}
		return { ...element, children };
	};
	const replace = async (element: XmlElement, where: string | null, open: readonly string[]): Promise<readonly XmlElement[]> => {
		const { attributes } = element;
		const href = attributes.get('href');
		if (attributes.has('xpointer') || (attributes.get('parse') ?? 'xml') !== 'xml') return fail(element, where, 'only whole XML files can be included, without xpointer and parse');
		if (href === undefined || href === '') return fail(element, where, 'it has no href');
		if (include === undefined) return fail(element, where, `it includes "${href}"; give the option include, or read the schema with loadSbe(path)`);
		if (open.length >= MOST_DEPTH) return fail(element, where, `files are included ${MOST_DEPTH} deep`);
		if (++files > MOST_FILES) return fail(element, where, `more than ${MOST_FILES} files are included`);
		let found: Included;
		try {
			found = await include(href, where);
		} catch (error) {
			const fallback = element.children.find(({ name }) => name === 'fallback');
			if (fallback !== undefined) return (await expand(fallback, where, open)).children;
			return fail(element, where, `"${href}" cannot be read: ${error instanceof Error ? error.message : String(error)}`);
		}
		if (found.from === from || open.includes(found.from)) return fail(element, where, `"${href}" includes itself`);
		return [await expand(await readXml(found.text), found.from, [...open, found.from])];
	};
	return expand(root, from, from === null ? [] : [from]);
}

const hasInclude = ({ name, children }: XmlElement): boolean => name === 'include' || children.some(hasInclude);
