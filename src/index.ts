/**
 * tickforge: exchange bytes in, typed Arrow-compatible columns out. Start with `compile(json(schema))`.
 */
export * from './book/index.ts';
export * from './codecs/index.ts';
export { type ArrowCompression, ArrowError, type ArrowTable, type ArrowWriter, type ArrowWriterOptions, createArrowWriter, readArrow } from './columns/arrow/index.ts';
export {
	type Batch,
	type BytesColumn,
	batchFromRows,
	type Cell,
	type ColumnView,
	type Cursor,
	createCursor,
	type DecimalColumn,
	type EnumerationColumn,
	type FlagColumn,
	type FloatColumn,
	type Integer32Column,
	type IntegerColumn,
	type ListView,
	type PlainRow,
	StaleViewError,
	type StructView,
	type SymbolColumn,
	sliceBatch,
	type TextColumn,
	type TimestampColumn,
} from './columns/index.ts';
export type { BackgroundCompiler, BackgroundModule, BackgroundRequest, BackgroundStatistics } from './compiler/background-compile.ts';
export type { LayoutOptions, SchemaLayout, TableLayout } from './compiler/batch-layout.ts';
export { type BranchProfile, type BranchProfileFunction, type BranchProfileSite, createBranchProfile, mergeBranchProfiles, parseBranchProfile } from './compiler/branch-profile.ts';
export { type BranchVerdict, branchVerdicts } from './compiler/branch-verdicts.ts';
export { type CodeCache, type CodeCacheOptions, type CodeCacheRequest, type CodeCacheStatistics, defaultCodeCacheFolder, openCodeCache } from './compiler/code-cache.ts';
export { createProfile, type LayoutProfile, mergeProfiles, type ProfileMessage, parseProfile } from './compiler/layout-profile.ts';
export { DESCRIPTOR, type ErrorCategory, READ_BEYOND } from './compiler/parser-abi.ts';
export { type Protocol, TIERS, type Tier } from './compiler/protocol.ts';
export type { TieringRules, TieringStatistics } from './compiler/tiering.ts';
export { type Candidate, type DatagramStream, type Detection, type DetectOptions, detect, type PresetFit } from './detect/index.ts';
export { type ExchangePreset, exchanges } from './exchanges/index.ts';
export { type DelimitedOptions, grpcMessages, varintDelimited } from './framing/delimited.ts';
export { binaryFile, lengthPrefixed, simpleOpenFraming } from './framing/length-prefixed.ts';
export { datagrams, type PacketCaptureOptions, packetCapture } from './framing/packet-capture.ts';
export { moldUdp64, sequencedUnits } from './framing/packets.ts';
export { sbePackets } from './framing/sbe-packets.ts';
export { soupBinTcp } from './framing/soup-bin-tcp.ts';
export { type Arena, ArenaFullError, type ArenaOptions, createArena, type Region } from './memory/index.ts';
export { type BackgroundOptions, openBackgroundCompiler } from './pipeline/background-compiler.ts';
export { type AnyBatch, type CompileOptions, type CountedModule, compile, type MessageParser, type Parser, type ParserPlaces, type ParserStatistics, type RefusedMessage } from './pipeline/compile.ts';
export { type FeedOptions, type FeedProgress, type FeedSummary, parseFeed, type RefusedInput } from './pipeline/feed.ts';
export { type AnnouncedVersion, routeVersions, type VersionRoute, type VersionRouter } from './pipeline/route-versions.ts';
export * from './pipeline/shadow/index.ts';
export { type WarmUp, type WarmUpOptions, warmUp } from './pipeline/warm-up.ts';
export { type BinaryProtocol, binary, createEncoder, type EncodedRow, type EncodedValue, type Encoder, type WireFormat, wire } from './protocols/binary/index.ts';
export { type ItchOptions, itch50 } from './protocols/itch/index.ts';
export { json } from './protocols/json/index.ts';
export * from './protocols/msgpack/index.ts';
export * from './protocols/protobuf/index.ts';
export { type BinanceSpotStreamsOptions, binanceSpotStreams, cmeMdp3, type Include, type Included, loadSbe, readSchemaLifecycle, type SbeOptions, type SchemaDates, type SchemaLifecycle, type SchemaStatus, sbe, schemaStatus } from './protocols/sbe/index.ts';
export { type Announced, agreeOnSubprotocol, announcedByFixLogon, announcedBySbe, type Chosen, choose, type FixLogon, type Offered, readSoupLogin, readSubprotocol, resumeSoup, type SoupLogin } from './protocols/versions.ts';
export * from './schema/index.ts';
export { type ArrowSinkOptions, createArrowSink, createCsvSink, createDuckDBSink, createParquetSink, openSink, type Sink, type SinkSummary } from './sinks/index.ts';
export { loadSymbolMapping, openSymbolReader, type SymbolMapping, type SymbolMappingEntry, SymbolMappingError, type SymbolReader } from './symbols/index.ts';
export { loadSymbolMappingFile, type WatchedSymbolMapping, type WatchOptions, watchSymbolMapping } from './symbols/watch-mapping.ts';
export { type BranchCount, type BranchKind, type BranchSite, type PrintedFunction, printFunctions } from './wasm/index.ts';
