/** What a generated module depends on, as 64 hexadecimal digits. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Schema } from '../schema/model.ts';
import { version } from '../version.ts';
import { detectFeatures } from '../wasm/features.ts';
import type { LayoutOptions } from './batch-layout.ts';
import { canonicalJson } from './canonical-json.ts';
import type { GenerateOptions, Protocol, Tier } from './protocol.ts';

/** All that decides which bytes a generator writes. */
export interface CodeCacheRequest {
	readonly protocol: Protocol;
	readonly layout: LayoutOptions;
	readonly tier: Tier;
	readonly generate: GenerateOptions;
	/** Of a profile that the generator was given; leave it out where there is none. */
	readonly profile?: string | undefined;
}

/** Rooms whose code decides which bytes are generated. */
const GENERATOR_ROOMS = ['compiler', 'kernels', 'memory', 'protocols', 'schema', 'symbols', 'wasm'];

let identity: string | null | undefined;

/**
 * A fingerprint of the generator's own files: a version's number does not change while one works on it, and a module
 * that a generator of yesterday wrote must not run today. About 5 ms, once a process. Null where the files are not to
 * be found, as in a bundle.
 */
export function generatorIdentity(): string | null {
	if (identity !== undefined) return identity;
	try {
		const own = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
		const hash = createHash('sha256');
		for (const room of GENERATOR_ROOMS) {
			const folder = fileURLToPath(new URL(`../${room}/`, import.meta.url));
			for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
				if (!name.endsWith(own) || name.endsWith('.d.ts')) continue;
				const content = readFileSync(`${folder}${name}`);
				hash.update(`${room}/${name.replaceAll('\\', '/')} ${content.length}\n`).update(content);
			}
		}
		identity = hash.digest('hex');
	} catch {
		identity = null;
	}
	return identity;
}

/** A schema's fingerprint: the same for the same description, in whatever order its members were written. */
export function schemaFingerprint(schema: Schema): string {
	return createHash('sha256').update(canonicalJson(schema)).digest('hex');
}

/** @throws TypeError where the schema or an option is no plain data; Error where the generator's files are not to be found */
export function codeCacheKey({ protocol, layout, tier, generate, profile }: CodeCacheRequest): string {
	const generator = generatorIdentity();
	if (generator === null) throw new Error('tickforge: the code cache cannot tell which generator this is: its files are not beside code-cache-key');
	const shared = generate.shared === true;
	const parts = {
		format: 1,
		version,
		generator,
		features: detectFeatures(),
		tier,
		protocol: protocol.name,
		// Two protocols of one name must not take each other's modules.
		entry: createHash('sha256').update(protocol.generate.toString()).digest('hex'),
		schema: schemaFingerprint(protocol.schema),
		binding: protocol.binding,
		layout: { rows: layout.rows, items: layout.items, textBytes: layout.textBytes, received: layout.received ?? false, sequence: layout.sequence ?? false },
		// Only a shared memory's import states a ceiling.
		generate: { shared, ceiling: shared ? generate.ceiling : undefined, relaxedSimd: generate.relaxedSimd, countBranches: generate.countBranches === true ? true : undefined, branchProfile: generate.branchProfile },
		profile,
	};
	return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}
