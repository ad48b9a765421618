/** Symbols in generated parsers: limits, faults, and no trace of a guess. */
import { ERROR_CATEGORIES, SYMBOL_LIMIT } from '../../compiler/parser-abi.ts';
import { type Func, type Global, I32, type ModuleBuilder } from '../../wasm/index.ts';
import type { Faults } from './faults.ts';

/** Where symbols are looked up; set by `parse`. */
export interface SymbolEnvironment {
	/** Address of the addresses of the symbol tables (`CONTEXT.symbolTables`). */
	readonly symbolTables: Global<I32>;
	/** 0 while a guess is tried: then no symbol is added, so that a wrong guess leaves no trace. */
	readonly mayIntern: Global<I32>;
}

/** `internSymbol(table, p, length, value) -> id | -1`, with a fault that names the address `value`. */
export function emitInternSymbol(m: ModuleBuilder, faults: Faults, { find, intern }: { readonly find: Func; readonly intern: Func }, environment: SymbolEnvironment): Func {
	return m.func('internSymbol', { params: { table: I32, p: I32, length: I32, value: I32 }, results: [I32] }, (f, { table, p, length, value }) => {
		const tooLarge = (): void => {
			faults.category.set(f, I32.of(ERROR_CATEGORIES['too-large']));
			faults.at.set(f, value);
			f.return(I32.of(-1));
		};
		f.if(length.gtU(SYMBOL_LIMIT), tooLarge);
		const address = f.local(I32, I32.load(environment.symbolTables.add(table.shl(2))), 'address');
		const id = f.local(I32, find.call(address, p, length) as I32, 'id');
		f.if(id.ltS(0).and(environment.mayIntern), () => id.set(intern.call(address, p, length) as I32));
		f.if(id.ltS(0), tooLarge);
		f.return(id);
	});
}
