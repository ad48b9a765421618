/** Files that are known by their first bytes, checked as far as the bytes behind the magic say more. */
import { type FileKind, MAGICS, type Magic } from '../framing/magics.ts';
import { readQuarantine } from '../integrity/quarantine.ts';
import type { Finding } from './evidence.ts';

/** What the bytes behind the magic say: null, they contradict it. */
interface Said {
	readonly bits: number;
	readonly evidence: readonly string[];
	readonly version?: string;
}
type Check = (bytes: Uint8Array, view: DataView, isWhole: boolean) => Said | null;

const NOTHING: Said = { bits: 0, evidence: [] };
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const startsWith = (bytes: Uint8Array, at: number, expected: readonly number[]): boolean => expected.every((byte, index) => at + index >= bytes.length || bytes[at + index] === byte);

const LINK_NAMES: Readonly<Record<number, string>> = { 0: 'BSD loopback', 1: 'Ethernet', 12: 'raw IP', 14: 'raw IP', 101: 'raw IP', 108: 'OpenBSD loopback', 113: 'Linux cooked', 228: 'IPv4', 229: 'IPv6', 276: 'Linux cooked v2' };

const CHECKS: Readonly<Record<FileKind, Check>> = {
	// RFC 1952, 2.3.1: deflate is the only method, and three flags are reserved.
	gzip: (bytes) => (bytes.length < 3 ? NOTHING : bytes[2] !== 8 ? null : bytes.length < 4 ? { bits: 8, evidence: [] } : ((bytes[3] as number) & 0xe0) !== 0 ? null : { bits: 11, evidence: ['its method is deflate, and no reserved flag is set (RFC 1952)'] }),
	// RFC 8878, 3.1.1.1.1: one bit is reserved.
	zstd: (bytes) => (bytes.length < 5 ? NOTHING : ((bytes[4] as number) & 8) !== 0 ? null : { bits: 1, evidence: [] }),
	lz4: (bytes) => (bytes[0] === 0x02 || bytes.length < 5 ? NOTHING : ((bytes[4] as number) & 0xc0) !== 0x40 ? null : { bits: 2, evidence: ['its frame has version 1'] }),
	snappy: () => NOTHING,
	bzip2: (bytes) => {
		if (bytes.length < 4) return NOTHING;
		if ((bytes[3] as number) < 0x31 || (bytes[3] as number) > 0x39) return null;
		if (!startsWith(bytes, 4, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) && !startsWith(bytes, 4, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])) return null;
		return { bits: 5 + Math.min(6, bytes.length - 4) * 8, evidence: bytes.length < 10 ? [] : ['and a block of it follows'] };
	},
	xz: () => NOTHING,
	quarantine(bytes, view) {
		if (bytes.length < 16) return NOTHING;
		try {
			const { schema, protocol, created } = readQuarantine(bytes).header;
			return { bits: 16, version: String(view.getUint32(8, true)), evidence: [`it holds messages that the schema ${schema.name} version ${schema.version} refused (${protocol}, written ${created})`] };
		} catch {
			return NOTHING;
		}
	},
	'arrow-file': (bytes) => (startsWith(bytes, 6, [0, 0]) ? { bits: 8 * Math.min(2, Math.max(0, bytes.length - 6)), evidence: [] } : null),
	// "Encapsulated message format" of Arrow's columnar format: the metadata is padded to 8 bytes, a flatbuffer.
	'arrow-stream'(bytes, view) {
		if (bytes.length < 8) return NOTHING;
		const length = view.getInt32(4, true);
		if (length === 0) return { bits: 0, evidence: ['and ends at once'] };
		if (length < 16 || length > 2 ** 26 || length % 8 !== 0) return null;
		if (bytes.length < 12) return { bits: 8, evidence: [] };
		const root = view.getUint32(8, true);
		if (root < 4 || root > length - 4) return null;
		return { bits: 20, evidence: [`metadata of ${length} bytes follows, a flatbuffer`] };
	},
	parquet: (bytes, _, isWhole) => (!isWhole ? NOTHING : bytes.length >= 12 && [0x50, 0x41, 0x52, 0x31].every((byte, index) => bytes[bytes.length - 4 + index] === byte) ? { bits: 32, evidence: ['and ends with PAR1'] } : { bits: -16, evidence: ['but it does not end with PAR1'] }),
	wasm: (bytes, view) => (bytes.length < 8 ? NOTHING : { bits: 16, evidence: [], version: String(view.getUint32(4, true)) }),
	pcap(bytes, view) {
		if (bytes.length < 6) return NOTHING;
		const little = bytes[0] !== 0xa1;
		if (view.getUint16(4, little) !== 2) return null;
		if (bytes.length < 24) return { bits: 16, evidence: [] };
		const link = view.getUint32(20, little) & 0xffff;
		return { bits: 24, version: `2.${view.getUint16(6, little)}`, evidence: [`its link type is ${LINK_NAMES[link] ?? `${link}, which is not read here`}`] };
	},
	pcapng(bytes, view) {
		if (bytes.length < 12) return NOTHING;
		const big = view.getUint32(8, false) === 0x1a2b3c4d;
		if (!big && view.getUint32(8, true) !== 0x1a2b3c4d) return null;
		if (bytes.length < 16) return { bits: 32, evidence: [] };
		return { bits: 40, version: `${view.getUint16(12, !big)}.${view.getUint16(14, !big)}`, evidence: [`its section header says ${big ? 'big' : 'little'} endian`] };
	},
};

/** What to do with what is recognised, and not read. */
const ADVICE: Readonly<Partial<Record<FileKind, string>>> = {
	bzip2: 'bzip2 is not unpacked here: bunzip2 -c FILE | tickforge detect -',
	xz: 'xz is not unpacked here: xz -dc FILE | tickforge detect -',
	wasm: 'it is a WebAssembly module, and holds no messages',
	'arrow-file': 'it holds columns already: readArrow(bytes)',
	'arrow-stream': 'it holds columns already: readArrow(bytes)',
	parquet: 'it holds columns already: DuckDB reads it',
};

export interface FileFinding extends Finding {
	readonly kind: FileKind;
	/** Whether all of the magic is there. */
	readonly isComplete: boolean;
}

/** What magic the bytes begin with, or may be about to. */
export function detectFiles(bytes: Uint8Array, isWhole: boolean): FileFinding[] {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return MAGICS.flatMap((magic) => {
		const there = Math.min(magic.bytes.length, bytes.length);
		if (there === 0 || !magic.bytes.slice(0, there).every((byte, index) => bytes[index] === byte)) return [];
		if (there < magic.bytes.length) return isWhole ? [] : [finding(magic, { bits: 0, evidence: [] }, there, bytes)];
		const said = CHECKS[magic.kind](bytes, view, isWhole);
		return said === null ? [] : [finding(magic, said, there, bytes)];
	});
}

function finding({ kind, bytes: magic, title }: Magic, said: Said, there: number, bytes: Uint8Array): FileFinding {
	const isComplete = there === magic.length;
	const advice = ADVICE[kind];
	return {
		kind,
		isComplete,
		protocol: kind,
		bits: there * 8 + said.bits,
		version: said.version ?? null,
		evidence: isComplete ? [`it starts with ${title}`, ...said.evidence] : [`its ${there} bytes (${hex(bytes.subarray(0, there))}) are the start of ${title}`],
		isSupported: advice === undefined,
		advice: advice ?? null,
	};
}

/** Skippable frames (RFC 8878, 3.1.2; LZ4 frame format), which may stand before the first frame of either. */
export function detectSkippable(bytes: Uint8Array): Finding[] {
	if (bytes.length < 8 || ((bytes[0] as number) & 0xf0) !== 0x50 || bytes[1] !== 0x2a || bytes[2] !== 0x4d || bytes[3] !== 0x18) return [];
	return [{ protocol: 'zstd', bits: 24, evidence: ['it starts with a skippable frame, as files of Zstandard or LZ4 may'] }];
}

/** zlib (RFC 1950, 2.2) has no magic, but a check of its first two bytes. */
export function detectZlib(bytes: Uint8Array, unpacked: () => Uint8Array | null): Finding[] {
	const [method, flags] = bytes;
	if (method === undefined || flags === undefined || (method & 15) !== 8 || method >>> 4 > 7 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0) return [];
	const content = unpacked();
	return [
		{
			protocol: 'zlib',
			bits: 10 + (content === null ? (bytes.length > 64 ? -10 : 0) : 16),
			evidence: ['its first two bytes are a zlib header (RFC 1950)', ...(content === null ? [] : [`its first bytes unpack to ${content.length} bytes or more`])],
			isSupported: false,
			advice: 'zlib streams are not unpacked here: node -e "process.stdin.pipe(require(\'zlib\').createInflate()).pipe(process.stdout)" < FILE | tickforge detect -',
		},
	];
}
