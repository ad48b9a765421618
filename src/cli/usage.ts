/** What the commands are, for `--help` and for what goes wrong. */

/** Exit codes, stable for scripts. */
export const EXIT = {
	ok: 0,
	/** The command line is wrong. */
	usage: 1,
	/** An input cannot be read, or an output not written. */
	input: 2,
	/** All was read, and some messages were refused. */
	refused: 3,
	/** The circuit breaker stopped the run. */
	stopped: 4,
	/** The parsers of --shadow or --rollout differ, the second one failed, or was rolled back. */
	different: 5,
	/** What was to be proved does not hold. */
	notProven: 6,
} as const;

/** Something a person did that cannot work; printed without a stack. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	readonly exitCode: number;
	constructor(message: string, exitCode: number = EXIT.usage) {
		super(message);
		this.exitCode = exitCode;
	}
}

export interface CommandHelp {
	readonly summary: string;
	readonly text: string;
}

export const COMMANDS: Readonly<Record<string, CommandHelp>> = {
	run: {
		summary: 'parse a file or pipe into columns, and say what was in it',
		text: `tickforge run [preset | schema.ts | schema.xml | schema.proto] <file… | -> [options]

Parses recorded messages with a preset (tickforge run --list) or your own schema
(a module whose default export is a schema, or a protocol: binary(format); an SBE
schema; Protobuf message types), and prints a summary. Without either, the preset
is the one that fits the file.
Captures, NDJSON, length-prefixed and concatenated JSON, and MessagePack are told
apart by themselves, gzip, zstd, LZ4 and Snappy (.sz) are unpacked. Of packet
captures (pcap, pcapng) the UDP datagrams are read. "-" reads standard input.

  --out FILE          write the rows: x.arrow, x.arrows (stream), x.parquet, x.csv,
                      duckdb:x.duckdb. A feed with several tables gives x.TABLE.arrow …
  --compression NAME  of Arrow buffers: none (default), lz4, zstd
  --quarantine FILE   keep refused messages; the file can be run again after a fix
  --keep BYTES        bytes kept of each refused message (default 65536)
  --report FILE       a self-contained HTML page with charts
  --format NAME       instead of detecting: capture, ndjson, concatenated, msgpack,
                      length-32-little, length-32-big, length-16-little, length-16-big,
                      binaryfile, soupbintcp, moldudp64, cboe-units, sofh,
                      varint-delimited, grpc, and with -list their messages' field 1,
                      pcap-datagrams, pcap-moldudp64, pcap-cboe-units,
                      pcap-sbe-packets, pcap-ndjson
  --port N, --address A  of packet captures: only datagrams to these (with commas, or
                      several times)
  --protocol NAME     of the messages: json or msgpack (default: as they look)
  --date DAY          of binary messages whose times count from midnight: 2019-12-30
  --message NAME      of a .proto file: the root message (default: the only one that no other contains)
  --tables ONEOF      of a .proto file: each member of this oneof is a table of its own
  --include DIR       of a .proto file: where its imports are; may be given several times
  --map               bring uncompressed files into memory as a whole, and parse them where they lie
  --tier NAME         layout (generated, learns the layouts that arrive; default),
                      schema (generated), or reference (plain TypeScript)
  --profile FILE      begin with what an earlier run has learned
  --save-profile FILE keep what this run has learned
  --branch-profile FILE  order and hints of the code follow what was counted before
                      (tickforge inspect --branches --save-branches)
  --code-cache[=DIR]  keep generated code for the next run: in DIR, or where
                      TICKFORGE_CACHE says, or in ~/.cache/tickforge
  --rows N            rows a batch (default 4096)
  --stop-above SHARE  stop when more than this share of 1000 messages is refused, e.g. 0.05
  --shadow WITH       parse with a second parser, too, and compare: WITH is a tier, a preset,
                      a schema file or FILE.profile; the first parser's rows are the output
  --rollout WITH      the second parser takes over by steps, or is rolled back at a difference
  --shadow-share SHARE      compare only this share of the messages (default 1)
  --shadow-differences FILE keep differences as NDJSON, with the messages
  --rollout-steps LIST      shares (default 0.01,0.1,0.5,1)
  --rollout-messages N      messages of a step (default 100000)
  --rollout-allow SHARE     share of messages that may differ (default 0)
  --json              the summary as one JSON object on standard output
  --quiet             no progress, no summary
  --list              the presets

  tickforge run binance-spot session.capture
  tickforge run coinbase day.ndjson.zst --out day.arrow --quarantine bad.tfq
  tickforge run ./my-feed.ts - < messages.ndjson
  tickforge run nasdaq-itch-5.0 12302019.NASDAQ_ITCH50.gz --date 2019-12-30
  tickforge run feed.proto day.bin --message my.feed.Update --format varint-delimited
  tickforge run ./my-feed.ts day.ndjson --shadow ./my-feed-2.ts

Exit codes: 0 all accepted, 1 wrong usage, 2 input or output failed,
3 some messages refused, 4 stopped by --stop-above, 5 the parsers of --shadow
or --rollout differ, or the second one failed or was rolled back.`,
	},
	book: {
		summary: 'the order book at the end of an ITCH file',
		text: `tickforge book <file | -> [--stock NAME] [--depth N] [--most N] [--format NAME] [--json]

Follows every order of NASDAQ TotalView-ITCH 5.0 messages and prints the best bid and
ask of the stocks with most levels, and what was wrong with events.

  --stock NAME   this one only, ten levels
  --depth N      levels of each side (default 1)
  --most N       stocks (default 20)
  --format NAME  how the file is cut, instead of detecting
  --json         one JSON object on standard output

  tickforge book 12302019.NASDAQ_ITCH50.gz
  tickforge book 12302019.NASDAQ_ITCH50.gz --stock AAPL

Exit codes: 0 all accepted, 1 wrong usage, 2 input failed, 3 some messages refused.`,
	},
	detect: {
		summary: 'say what a file is, and which preset fits it',
		text: `tickforge detect <file | -> [--schema FILE] [--json]

Looks at the first bytes (unpacked, where they are compressed; of packet captures into
the UDP datagrams), says what they may be, how sure that is and why, which presets fit,
and what to type next.

  --schema FILE  try this schema, too: a module, an SBE schema's XML or a .proto file; may be
                 repeated
  --message NAME, --tables ONEOF, --include DIR   of .proto files: as for tickforge run
  --json         one JSON object on standard output

  tickforge detect day.pcap.gz
  tickforge detect feed.bin --schema venue.xml

Exit codes: 0 recognised, 1 wrong usage, 2 cannot be read, or not recognised.`,
	},
	inspect: {
		summary: 'show a schema: what tells variants apart, columns in memory, generated code',
		text: `tickforge inspect <preset | schema.ts | schema.xml> [--variant NAME] [--code] [--rows N] [--protocol NAME]
tickforge inspect <preset | schema.ts> --memory [file] [--variant NAME] [--rows N] [--stagger N]
tickforge inspect <preset | schema.ts> --branches <file> [--tier NAME] [--all] [--json]
                  [--save-branches FILE] [--branch-profile FILE] [--protocol NAME]

Prints the variants with what tells them apart, the tables with offsets and sizes
of their columns, and with --code the generated WebAssembly as readable text.

  --memory     instead: where a parser's writes go. Cache lines and sets, pages, how
               many columns write to one set, what look-ups of symbols touch, and a
               verdict on each. With a file, the symbols are those in it, and the
               processor's counters (cycles, instructions, misses) run around the
               parser's calls, as far as this machine offers them
  --stagger N  with N cache lines left free after each column (default 0)
  --format NAME  how the file is cut, as for tickforge run (default: found by trying)

  --branches   instead: parses the file with code that counts, and prints the source of
               the generated parser with what became of every branch, switch and loop:
               a summary, hints, and the hottest functions; of each tier that generates
               code, or of --tier. With the processor's branch misses, where it counts them
  --all        every function, and every hint
  --json       one JSON object on standard output
  --save-branches FILE   keep what the schema tier has counted, for
  --branch-profile FILE  code that follows it (here, or in tickforge run)

  tickforge inspect binance-spot --memory session.capture --variant aggTrade
  tickforge inspect kraken --branches session.capture --save-branches kraken.branches`,
	},
	profile: {
		summary: 'learn, show or merge what the layout tier knows of a feed',
		text: `tickforge profile learn <preset | schema.ts> <file…> [--out FILE] [--json]
tickforge profile show <file…> [--json]
tickforge profile merge <file…> --out FILE

A profile holds the messages that the layout tier has learned from, one for each
layout. "learn" learns all there is in recorded messages and says for each file what
share layouts take then, how large the code is, and what learning and compiling took.
"show" lists by variant which shapes there are, which fields are in them, how wide
they are and whether they vary (hot) or not. "merge" makes one of several of the same
schema.
Profiles of branches (tickforge inspect --branches) are shown and merged likewise.

  tickforge profile learn binance-spot monday.capture --out monday.profile
  tickforge profile merge monday.profile tuesday.profile --out week.profile
  tickforge run binance-spot live.ndjson --profile week.profile`,
	},
	doctor: {
		summary: 'what this machine offers, and which way each facility takes',
		text: `tickforge doctor [--json]

Tries SIMD, file mapping, mirrored memory, huge pages, locking, NUMA and affinity
for real, and says for each whether the native or the portable way is taken; and
which performance counters (cycles, instructions, misses) this machine offers.`,
	},
	prove: {
		summary: 'prove that your parser allocates nothing per message, and leaves nothing behind',
		text: `tickforge prove allocations <preset | schema.ts | schema.xml> [file | -] [options]

Runs framing, parser and batches over 10 million messages: those of the file, again
and again, or generated ones. Says what the heap, memory outside of it and the arena
grew by, which garbage was collected, and what the measurement itself allocates.
Where that is not zero, says which functions allocate. Then starts and stops the
parser many times, and says whether anything is left behind.
A schema module may export a function onBatch(batch): it is part of what is proved.

  --messages N   messages that are measured (default 10000000)
  --warm-up N    before that, at most (default 10000000); it ends when nothing is
                 allocated any more
  --restarts N   starts and stops (default 30; 0 leaves them out)
  --allow BYTES  what may be allocated once, in all (default 65536): the engine
                 still compiles functions now and then
  --format NAME, --protocol NAME, --date DAY, --tier NAME, --rows N, --items N
                 as for tickforge run
  --json         one JSON object on standard output

  tickforge prove allocations binance-spot
  tickforge prove allocations ./my-feed.ts day.ndjson.zst --rows 1024

Exit codes: 0 proven, 1 wrong usage, 2 input failed, 6 not proven.`,
	},
	simulate: {
		summary: 'write realistic messages of an exchange',
		text: `tickforge simulate <venue | preset | schema.ts | schema.xml | schema.proto> [options]

Sessions of a venue (--list): markets of their own, or a whole day of NASDAQ ITCH.
Of another preset or a schema of your own: messages made up, each kind in turn.

  --messages N   default 10000
  --seed N       the same seed gives the same messages (default 1)
  --symbols N    default 8
  --out FILE     default standard output; .gz, .zst, .lz4 and .sz are compressed
  --format NAME  of JSON: capture (default), ndjson, msgpack, length-32-little, …;
                 of binary messages: binaryfile, soupbintcp, moldudp64, length-32-little,
                 length-32-big, length-16-little, length-16-big; of Protobuf:
                 varint-delimited, grpc
  --message NAME, --tables ONEOF, --include DIR   of a .proto file: as for tickforge run
  --protocol msgpack  the same values as MessagePack, each message after its length
  --faults SHARE share of messages that are broken on purpose, e.g. 0.01
  --losses SHARE share of packets that are lost (moldudp64, soupbintcp)
  --list         the venues

  tickforge simulate coinbase --out day.capture.zst
  tickforge simulate nasdaq-itch-5.0 --messages 1e6 --format moldudp64 --losses 0.001 --out day.mold
  tickforge simulate ./schema.xml --out made-up.sbe`,
	},
	types: {
		summary: "write the TypeScript types of a schema's rows",
		text: `tickforge types <preset | schema.ts | schema.xml | schema.proto> [--out FILE]
                [--message NAME] [--tables ONEOF] [--include DIR]

Prints an interface for the rows of each table, and a union of the batches. An SBE
schema's XML is read unchanged (with saxes installed: npm install saxes).

  tickforge types spot_stream.xml --out spot-stream.d.ts`,
	},
	build: {
		summary: 'compile a schema ahead of time, for browsers and strict content-security policies',
		text: `tickforge build <preset | schema.ts | schema.xml> --out DIR [--rows N] [--items N] [--name NAME]
                [--received] [--runtime SPECIFIER] [--protocol json | msgpack] [--date DAY]

Writes NAME.wasm, NAME.js and NAME.d.ts: a parser that needs no code generation
where it runs; of any protocol. In a browser:  const parser = await createParser(fetch('NAME.wasm'), …)`,
	},
	start: {
		summary: 'simulate several exchanges, parse them, leave an Arrow file and a report',
		text: `tickforge start [--messages N] [--out DIR]

What \`npm start\` runs. Everything is written to DIR (default ./out).`,
	},
};

export function generalHelp(): string {
	const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
	return `tickforge: exchange bytes in, typed columns out

${Object.entries(COMMANDS)
	.map(([name, { summary }]) => `  tickforge ${name.padEnd(width)}  ${summary}`)
	.join('\n')}

  tickforge <command> --help   options and examples
  tickforge --version`;
}

/** The nearest of some words, for "did you mean"; null where none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
	const distance = (a: string, b: string): number => {
		let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
		for (let i = 1; i <= a.length; i++) {
			const row = [i];
			for (let j = 1; j <= b.length; j++) row[j] = Math.min((previous[j] as number) + 1, (row[j - 1] as number) + 1, (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1));
			previous = row;
		}
		return previous[b.length] as number;
	};
	const [best] = words.map((candidate) => ({ candidate, far: distance(word, candidate) })).sort((a, b) => a.far - b.far);
	return best !== undefined && best.far <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : null;
}
