/** The tiers that tests run over: the reference, and those that can be generated. */
import { layoutSchema } from '../../../src/compiler/batch-layout.ts';
import { instantiateParser } from '../../../src/compiler/instantiate.ts';
import { json } from '../../../src/protocols/json/index.ts';
import type { Tier } from './harness.ts';
import { createLayoutTier } from './layout-tier.ts';
import { single } from './schemas.ts';

export const reference: Tier = { name: 'reference', create: (layout, memory) => json(layout.schema).reference(layout, memory) };

export const schemaTier: Tier = {
	name: 'schema',
	create: (layout, memory, allocate) => instantiateParser(new WebAssembly.Module(json(layout.schema).generate(layout, { shared: memory.buffer instanceof SharedArrayBuffer })), memory, allocate),
};

/** False while `generate` says that there is nothing yet; any other error is a failure of the tests. */
export const schemaTierExists = ((): boolean => {
	const schema = single({ kind: 'flag' });
	try {
		json(schema).generate(layoutSchema(schema));
		return true;
	} catch (error) {
		if (error instanceof Error && error.message.includes('not generated yet')) return false;
		throw error;
	}
})();

export const tiers: readonly Tier[] = schemaTierExists ? [reference, schemaTier, createLayoutTier()] : [reference];
