/** The first bytes by which kinds of files are known. */
export type FileKind = 'gzip' | 'zstd' | 'lz4' | 'snappy' | 'bzip2' | 'xz' | 'quarantine' | 'arrow-file' | 'arrow-stream' | 'parquet' | 'wasm' | 'pcap' | 'pcapng';

export interface Magic {
	readonly kind: FileKind;
	readonly bytes: readonly number[];
	readonly title: string;
}

/** The first eight bytes of a quarantine file; drawn in integrity/quarantine.ts. */
export const QUARANTINE_MAGIC: readonly number[] = [0x54, 0x46, 0x51, 0x55, 0x41, 0x52, 0x0d, 0x0a];

/** pcap's in both byte orders: microseconds, nanoseconds, and the modified format with longer record headers. */
export const MAGICS: readonly Magic[] = [
	{ kind: 'gzip', bytes: [0x1f, 0x8b], title: 'the gzip magic 1f 8b' },
	{ kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd], title: 'the Zstandard magic 28 b5 2f fd' },
	{ kind: 'lz4', bytes: [0x04, 0x22, 0x4d, 0x18], title: 'the magic of LZ4 frames 04 22 4d 18' },
	{ kind: 'lz4', bytes: [0x02, 0x21, 0x4c, 0x18], title: 'the magic of legacy LZ4 frames 02 21 4c 18' },
	{ kind: 'snappy', bytes: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], title: "the stream identifier of Snappy's framing format" },
	{ kind: 'bzip2', bytes: [0x42, 0x5a, 0x68], title: 'the bzip2 magic BZh' },
	{ kind: 'xz', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], title: 'the xz magic fd 37 7a 58 5a 00' },
	{ kind: 'quarantine', bytes: QUARANTINE_MAGIC, title: 'the magic of a tickforge quarantine file' },
	{ kind: 'arrow-file', bytes: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], title: 'ARROW1, as Arrow files do' },
	{ kind: 'arrow-stream', bytes: [0xff, 0xff, 0xff, 0xff], title: "the Arrow stream's continuation marker ff ff ff ff" },
	{ kind: 'parquet', bytes: [0x50, 0x41, 0x52, 0x31], title: 'PAR1, as Parquet files do' },
	{ kind: 'wasm', bytes: [0x00, 0x61, 0x73, 0x6d], title: 'the WebAssembly magic' },
	{ kind: 'pcap', bytes: [0xd4, 0xc3, 0xb2, 0xa1], title: 'the pcap magic d4 c3 b2 a1 (little endian, microseconds)' },
	{ kind: 'pcap', bytes: [0xa1, 0xb2, 0xc3, 0xd4], title: 'the pcap magic a1 b2 c3 d4 (big endian, microseconds)' },
	{ kind: 'pcap', bytes: [0x4d, 0x3c, 0xb2, 0xa1], title: 'the pcap magic 4d 3c b2 a1 (little endian, nanoseconds)' },
	{ kind: 'pcap', bytes: [0xa1, 0xb2, 0x3c, 0x4d], title: 'the pcap magic a1 b2 3c 4d (big endian, nanoseconds)' },
	{ kind: 'pcap', bytes: [0x34, 0xcd, 0xb2, 0xa1], title: 'the magic of modified pcap 34 cd b2 a1 (little endian)' },
	{ kind: 'pcap', bytes: [0xa1, 0xb2, 0xcd, 0x34], title: 'the magic of modified pcap a1 b2 cd 34 (big endian)' },
	{ kind: 'pcapng', bytes: [0x0a, 0x0d, 0x0d, 0x0a], title: 'the pcapng magic 0a 0d 0d 0a' },
];
