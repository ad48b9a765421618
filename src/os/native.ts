/**
 * The system calls that tickforge uses where it can, through koffi (an optional dependency, loaded on first use).
 * Only Linux: elsewhere, and without koffi, everything takes its portable way.
 */
import { createRequire } from 'node:module';

export interface Native {
	/** Address of a memory's first byte in the process. Always through a view: a bare SharedArrayBuffer is refused. */
	addressOf(memory: WebAssembly.Memory): bigint;
	/** Returns the address, or -1. */
	mmap(address: bigint, length: number, protection: number, flags: number, file: number, offset: number): bigint;
	memfdCreate(name: string, flags: number): number;
	ftruncate(file: number, length: number): number;
	/** Copies within the kernel from one file's position to another's; returns bytes copied, 0 at the end, -1 on error. */
	sendfile(to: number, from: number, count: number): number;
	fcntl(file: number, command: number, argument: number): number;
	madvise(address: bigint, length: number, advice: number): number;
	mlock(address: bigint, length: number): number;
	munlock(address: bigint, length: number): number;
	close(file: number): number;
	/** A bit for each processor; 0 on success. */
	schedSetaffinity(mask: Uint8Array): number;
	/** Pages of a range to these nodes; 0 on success. */
	mbind(address: bigint, length: number, mode: number, nodes: bigint): number;
	/** Opens a counter of the calling thread; `attributes` is a struct perf_event_attr. A file, or -1. */
	perfEventOpen(attributes: Uint8Array, group: number): number;
	ioctl(file: number, request: number, argument: number): number;
	/** Bytes read into the view, or -1. */
	read(file: number, into: Uint8Array, length: number): number;
	/** The last call's error number. */
	errno(): number;
}

export const PROTECTION = { read: 1, write: 2 } as const;
export const MAP = { shared: 1, private: 2, fixed: 0x10, anonymous: 0x20, populate: 0x8000 } as const;
export const MADVISE = { hugePage: 14, collapse: 25 } as const;
export const MFD_ALLOW_SEALING = 2;
export const F_ADD_SEALS = 1033;
/** Not smaller, not bigger, not written, and these seals stay. */
export const ALL_SEALS = 1 | 2 | 4 | 8;
export const PAGE_SIZE = 4096;

interface Koffi {
	load(path: string | null): { func(signature: string): (...args: unknown[]) => unknown };
	address(view: Uint8Array): bigint;
	errno(): number;
}

let loaded: Native | null | undefined;
let reason = '';

/** The system calls, or null; `whyNotNative` says why. */
export function native(): Native | null {
	if (loaded !== undefined) return loaded;
	loaded = load();
	return loaded;
}

export function whyNotNative(): string {
	native();
	return reason;
}

function load(): Native | null {
	if (process.platform !== 'linux') {
		reason = `no native calls on ${process.platform}`;
		return null;
	}
	if (process.env.TICKFORGE_NO_NATIVE === '1') {
		reason = 'TICKFORGE_NO_NATIVE=1';
		return null;
	}
	try {
		const koffi = createRequire(import.meta.url)('koffi') as Koffi;
		const c = koffi.load(null);
		const mmap = c.func('int64_t mmap(uint64_t, uint64_t, int, int, int, int64_t)');
		const memfd = c.func('int memfd_create(const char *, unsigned int)');
		const ftruncate = c.func('int ftruncate(int, int64_t)');
		const sendfile = c.func('int64_t sendfile(int, int, void *, uint64_t)');
		const fcntl = c.func('int fcntl(int, int, int)');
		const madvise = c.func('int madvise(uint64_t, uint64_t, int)');
		const mlock = c.func('int mlock(uint64_t, uint64_t)');
		const munlock = c.func('int munlock(uint64_t, uint64_t)');
		const close = c.func('int close(int)');
		const affinity = c.func('int sched_setaffinity(int, uint64_t, uint8_t *)');
		const syscall = c.func('int64_t syscall(int64_t, uint64_t, uint64_t, int64_t, uint64_t *, uint64_t, uint64_t)');
		const ioctl = c.func('int ioctl(int, uint64_t, uint64_t)');
		const read = c.func('int64_t read(int, uint8_t *, uint64_t)');
		const perfEvent = c.func('int64_t syscall(int64_t, uint8_t *, int64_t, int64_t, int64_t, uint64_t)');
		// 4094 is no system call anywhere: the kernel answers that there is none (ENOSYS).
		const SYS_PERF_EVENT_OPEN = process.arch === 'x64' ? 298 : process.arch === 'arm64' ? 241 : 4094;
		const THIS_THREAD = 0;
		const ANY_PROCESSOR = -1;
		const PERF_FLAG_FD_CLOEXEC = 8;
		const SYS_MBIND = process.arch === 'x64' ? 237 : process.arch === 'arm64' ? 235 : -1;
		return {
			addressOf: (memory) => koffi.address(new Uint8Array(memory.buffer)),
			mmap: (address, length, protection, flags, file, offset) => BigInt(mmap(address, length, protection, flags, file, offset) as number | bigint),
			memfdCreate: (name, flags) => memfd(name, flags) as number,
			ftruncate: (file, length) => ftruncate(file, length) as number,
			sendfile: (to, from, count) => Number(sendfile(to, from, null, count)),
			fcntl: (file, command, argument) => fcntl(file, command, argument) as number,
			madvise: (address, length, advice) => madvise(address, length, advice) as number,
			mlock: (address, length) => mlock(address, length) as number,
			munlock: (address, length) => munlock(address, length) as number,
			close: (file) => close(file) as number,
			schedSetaffinity: (mask) => affinity(0, mask.length, mask) as number,
			mbind: (address, length, mode, nodes) => (SYS_MBIND < 0 ? -1 : Number(syscall(SYS_MBIND, address, length, mode, BigUint64Array.of(nodes), 64, 0))),
			perfEventOpen: (attributes, group) => Number(perfEvent(SYS_PERF_EVENT_OPEN, attributes, THIS_THREAD, ANY_PROCESSOR, group, PERF_FLAG_FD_CLOEXEC)),
			ioctl: (file, request, argument) => ioctl(file, request, argument) as number,
			read: (file, into, length) => read(file, into, length) as number,
			errno: () => koffi.errno(),
		};
	} catch (error) {
		reason = `koffi is not there (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
		return null;
	}
}
