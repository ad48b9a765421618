import { describe, expect, it } from 'vitest';
import { layoutSchema } from '../../src/compiler/batch-layout.ts';
import { mistakeInParserModule } from '../../src/compiler/parser-module.ts';
import { exchanges, json } from '../../src/index.ts';
import { handmadeModule } from './handmade-modules.ts';
import { HOSTILE } from './hostile-modules.ts';

describe('a parser module', () => {
	it('is what the generator writes, for every preset', () => {
		for (const preset of Object.values(exchanges)) for (const shared of [false, true]) expect(mistakeInParserModule(json(preset.schema).generate(layoutSchema(preset.schema), { shared }))).toBeNull();
		expect(mistakeInParserModule(handmadeModule())).toBeNull();
	});

	it.each(HOSTILE)('is not one with %s', (_, change, words) => {
		const bytes = handmadeModule(change);
		expect(WebAssembly.validate(bytes)).toBe(true);
		expect(mistakeInParserModule(bytes)).toMatch(words);
	});

	it('is no part of one, and no other bytes', () => {
		const bytes = handmadeModule();
		expect(mistakeInParserModule(new Uint8Array(0))).toMatch(/ends too early/);
		expect(mistakeInParserModule(new TextEncoder().encode('not a module'))).toMatch(/no WebAssembly module/);
		// Before the code there is no function, and names at the end are left out freely.
		for (let length = 0; length < 60; length++) expect(mistakeInParserModule(bytes.subarray(0, length)), `${length} bytes`).not.toBeNull();
	});
});
