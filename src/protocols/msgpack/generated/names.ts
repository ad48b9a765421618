/** Names in the fast path: remembered ones are found by their bytes (rows/remembered-names.ts), others in their symbol table. */
import type { SchemaLayout } from '../../../compiler/batch-layout.ts';
import type { ConstantPool } from '../../../kernels/constant-pool.ts';
import type { SymbolTableFunctions } from '../../../symbols/index.ts';
import { type FunctionBuilder, I32, type Label, type ModuleBuilder } from '../../../wasm/index.ts';
import type { SymbolEnvironment } from '../../rows/intern.ts';
import { createRememberedNames, LONGEST_REMEMBERED, type NameKind, nameMasks, rememberedBytes } from '../../rows/remembered-names.ts';

export interface KnownNames {
	/** Emits: memory as it comes is made empty, at the first call. */
	prepare(f: FunctionBuilder): void;
	/** Emits the id of a name, of which 16 bytes may be read; goes to `other` where its table does not have it. */
	find(f: FunctionBuilder, base: I32, symbolTable: number, at: I32, length: I32, other: Label): I32;
}

/** Enumerations are compared with their values. */
const kindsOf = ({ symbolTables }: SchemaLayout): NameKind[] => symbolTables.flatMap(({ values }, symbolTable) => (values.length === 0 ? [{ symbolTable, bytes: 0, pad: '' }] : []));

export const knownNamesBytes = (layout: SchemaLayout): number => rememberedBytes(kindsOf(layout));

/** @param start offset of {@link knownNamesBytes} from the pool's base */
export function emitKnownNames(m: ModuleBuilder, pool: ConstantPool, symbols: SymbolTableFunctions, { symbolTables }: SymbolEnvironment, layout: SchemaLayout, start: number): KnownNames {
	const kinds = kindsOf(layout);
	const remembered = createRememberedNames(kinds, start, pool.add(nameMasks()));
	const isCleared = m.global(I32, 0, { name: 'namesCleared', mutable: true });
	const functions = new Map(
		kinds.map((kind) => {
			const places = remembered.kindOf(kind);
			const look = m.func(`find name ${kind.symbolTable}`, { params: { at: I32, length: I32 }, results: [I32] }, (f, { at, length }) => {
				const id = f.local(I32, symbols.find.call(I32.load(symbolTables, kind.symbolTable * 4), at, length).add(1), 'id');
				f.if(id.ne(0).and(length.leU(LONGEST_REMEMBERED)), () => places.keep(f, pool.base, at, length, id));
				f.return(id);
			});
			return [kind.symbolTable, { places, look }] as const;
		}),
	);
	return {
		prepare(f) {
			f.if(isCleared.eqz(), () => {
				remembered.clear(f, pool.base);
				isCleared.set(f, I32.of(1));
			});
		},
		find(f, base, symbolTable, at, length, other) {
			const known = functions.get(symbolTable);
			if (known === undefined) throw new Error('tickforge: names of a table without names');
			const { places, look } = known;
			return places.look(f, base, at, length, (id) => {
				id.set(look.call(at, length));
				other.branchIf(id.eqz(), { likely: false });
			});
		},
	};
}
