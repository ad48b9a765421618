/** Names to dense ids and back: one table for parsers, TypeScript and other threads. */
export { emitSymbolTable, type SymbolTableFunctions } from './emit.ts';
export { type SymbolTableSize, symbolTableBytes } from './layout.ts';
export {
	createSymbolTable,
	currentSymbolTable,
	findSymbol,
	growSymbolTable,
	internSymbol,
	openSymbolReader,
	probesOf,
	publishSymbolTable,
	type SymbolReader,
	symbolBytes,
	symbolCount,
	symbolName,
} from './table.ts';
