/**
 * How generated functions report a refused message. Every function that walks text returns the address after what it
 * read, or 0 with the category and the address of the fault in two globals. (No text lies at address 0.)
 */
import { ERROR_CATEGORIES, type ErrorCategory } from '../../compiler/parser-abi.ts';
import { type FunctionBuilder, type Global, I32, type ModuleBuilder } from '../../wasm/index.ts';

/** In place of a category: the batch has no room for the message. */
export const FULL = 255;

export interface Faults {
	readonly category: Global<I32>;
	readonly at: Global<I32>;
	/** Emits: set the fault. What follows from it is the caller's. */
	note(f: FunctionBuilder, category: ErrorCategory | 'full', at: I32): void;
	/** Emits: set the fault, return 0. */
	raise(f: FunctionBuilder, category: ErrorCategory | 'full', at: I32): void;
}

export function createFaults(m: ModuleBuilder): Faults {
	const category = m.global(I32, 0, { name: 'faultCategory', mutable: true });
	const at = m.global(I32, 0, { name: 'faultAt', mutable: true });
	const note: Faults['note'] = (f, name, address) => {
		category.set(f, I32.of(name === 'full' ? FULL : ERROR_CATEGORIES[name]));
		at.set(f, address);
	};
	return {
		category,
		at,
		note,
		raise(f, name, address) {
			note(f, name, address);
			f.return(I32.of(0));
		},
	};
}
