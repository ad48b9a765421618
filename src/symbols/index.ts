/**
 * Names to dense ids and back: one table for parsers, TypeScript and other threads. Nothing here needs Node.js; mapping
 * files are read by `watch-mapping.ts`, apart.
 */
export { emitFindInline, emitSymbolTable, type InlineLookup, type SymbolTableFunctions } from './emit.ts';
export { currentSymbolTable, enterSymbolTable, growSymbolTable, isSymbolTableInUse, leaveSymbolTable, publishSymbolTable } from './grow.ts';
export { type SymbolTableSize, symbolTableBytes } from './layout.ts';
export { loadSymbolMapping, type SymbolMapping, type SymbolMappingEntry, SymbolMappingError, type SymbolMappingProblem } from './mapping.ts';
export { type SymbolTableOccupancy, symbolTableOccupancy } from './occupancy.ts';
export { followSymbolTable, openSymbolReader, type SymbolReader } from './reader.ts';
export { createSymbolTable, findSymbol, internSymbol, probesOf, symbolBytes, symbolCount, symbolGeneration, symbolName } from './table.ts';
