/**
 * What the processor and the kernel count while this thread runs: cycles, instructions, misses, page faults
 * (perf_event_open(2), Linux). Each counter that the machine does not offer says why; nothing needs any of them.
 *
 * Counters of a kind are opened in groups of four, which are on the hardware together or not at all. Where there are
 * more groups than the processor has room for, the kernel takes turns, and counts are scaled by the time each was on.
 */
import { readFileSync } from 'node:fs';
import { type Native, native, whyNotNative } from './native.ts';

const TYPE = { hardware: 0, software: 1, cache: 3 } as const;
const LOADS = 0;
const L1D = 0;
const LAST_LEVEL = 2;
const DATA_TLB = 3;
const missesOf = (cache: number): number => cache | (LOADS << 8) | (1 << 16);

interface Event {
	readonly type: number;
	readonly config: number;
	/** Happens in the kernel only, so that the kernel must be counted, too: needs a permission. */
	readonly inKernel?: true;
}

const EVENTS = {
	cycles: { type: TYPE.hardware, config: 0 },
	instructions: { type: TYPE.hardware, config: 1 },
	branches: { type: TYPE.hardware, config: 4 },
	'branch-misses': { type: TYPE.hardware, config: 5 },
	'L1d-loads': { type: TYPE.cache, config: L1D },
	'L1d-load-misses': { type: TYPE.cache, config: missesOf(L1D) },
	'LLC-loads': { type: TYPE.cache, config: LAST_LEVEL },
	'LLC-load-misses': { type: TYPE.cache, config: missesOf(LAST_LEVEL) },
	'dTLB-load-misses': { type: TYPE.cache, config: missesOf(DATA_TLB) },
	'task-clock': { type: TYPE.software, config: 1 },
	'page-faults': { type: TYPE.software, config: 2 },
	'context-switches': { type: TYPE.software, config: 3, inKernel: true },
} as const satisfies Record<string, Event>;

export type CounterName = keyof typeof EVENTS;
/** All that can be asked for. `task-clock` is in nanoseconds, the others are events. */
export const COUNTER_NAMES = Object.keys(EVENTS) as readonly CounterName[];

export interface CounterState {
	readonly name: CounterName;
	readonly offered: boolean;
	/** `counts this thread`, or `not offered: ` and why, with what to do where something can be done. */
	readonly detail: string;
}

/**
 * Counters of the thread that opened them; V8's own threads are not in them. Hardware events and page faults are those
 * of user space. `start`, `stop` and `read` allocate nothing; a start and a stop cost a few system calls a group, some
 * of whose instructions are counted: put thousands of messages between them.
 */
export interface Counters {
	/** In the order of the names that were asked for. */
	readonly counters: readonly CounterState[];
	/** Counts from zero. */
	start(): void;
	/** Counts no further; `read` keeps its answer until the next start. */
	stop(): void;
	/**
	 * Counts since the start, in the order of `counters`; NaN for what is not offered, or never came to be on the
	 * hardware. Integers, except where the kernel took turns (`share`).
	 *
	 * @throws RangeError where `into` is shorter than `counters`
	 */
	read(into: Float64Array): void;
	/** Share of the time since the start that a counter was on the hardware, 0 to 1, as of the last `read` or `stop`. Below 1 its count is an estimate. */
	share(index: number): number;
	/** Closes the counters' files. Everything else throws from then on. */
	close(): void;
}

const ENABLE = 0x2400;
const DISABLE = 0x2401;
const WHOLE_GROUP = 1;
const GROUP_SIZE = 4;
const ATTRIBUTES_SIZE = 112;
/** Of struct perf_event_attr. */
const ATTRIBUTE = { type: 0, size: 4, config: 8, readFormat: 32, flags: 40 } as const;
const FLAG = { disabled: 1, excludeKernel: 1 << 5, excludeHypervisor: 1 << 6 } as const;
/** Time enabled, time running, all counters of the group. */
const READ_FORMAT = 1 | 2 | 8;
const ERRNO = { EPERM: 1, ENOENT: 2, EACCES: 13, EBUSY: 16, ENODEV: 19, EINVAL: 22, EMFILE: 24, ENOSYS: 38, EOPNOTSUPP: 95 } as const;

/** What the kernel answers a read: count of counters, time enabled, time running, the counts; u64 each. */
interface Group {
	readonly files: number[];
	/** Which of the counters asked for each file is. */
	readonly indices: number[];
	readonly answer: Uint8Array;
	/** The answer as 32-bit halves: u64 would be BigInts, which allocate. */
	readonly halves: Uint32Array;
	/** The answer at the start; the kernel never sets its times back. */
	readonly base: Float64Array;
	readonly last: Float64Array;
}

/**
 * Opens counters for the calling thread, stopped. What is not offered here (another system, no koffi, a virtual machine
 * without a counting unit, no permission) is said in `counters`.
 *
 * @param calls the system's; others for tests
 * @throws TypeError for a name that is none, or stands twice
 */
export function openCounters(names: readonly CounterName[] = COUNTER_NAMES, calls: Native | null = native()): Counters {
	names.forEach((name, index) => {
		if (!Object.hasOwn(EVENTS, name)) throw new TypeError(`tickforge: there is no counter "${name}"; there are: ${COUNTER_NAMES.join(', ')}`);
		if (names.indexOf(name) !== index) throw new TypeError(`tickforge: the counter "${name}" is asked for twice; ask once and read it twice`);
	});
	if (calls === null) {
		const why = whyNotNative();
		return joinGroups(
			null,
			[],
			names.map((name) => ({ name, offered: false, detail: `not offered: ${why}` })),
		);
	}
	const groups: Group[] = [];
	/** The groups that may still take one. Apart, so that software is counted all the time where hardware takes turns. */
	const current: { hardware: Group | null; software: Group | null } = { hardware: null, software: null };
	const states = names.map((name, index): CounterState => {
		const event: Event = EVENTS[name];
		const kind = event.type === TYPE.software ? 'software' : 'hardware';
		const open = current[kind];
		let file = open === null || open.files.length === GROUP_SIZE ? -1 : calls.perfEventOpen(attributesOf(event, false), open.files[0] as number);
		if (file >= 0) (open as Group).files.push(file);
		else {
			// Perhaps only that group cannot take it.
			file = calls.perfEventOpen(attributesOf(event, true), -1);
			if (file < 0) return { name, offered: false, detail: `not offered: ${refusal(name, calls.errno())}` };
			const answer = new Uint8Array((3 + GROUP_SIZE) * 8);
			const group: Group = { files: [file], indices: [], answer, halves: new Uint32Array(answer.buffer), base: new Float64Array(3 + GROUP_SIZE), last: new Float64Array(3 + GROUP_SIZE) };
			groups.push(group);
			current[kind] = group;
		}
		(current[kind] as Group).indices.push(index);
		return { name, offered: true, detail: event.inKernel === true ? 'counts this thread' : 'counts this thread in user space' };
	});
	return joinGroups(calls, groups, states);
}

function attributesOf(event: Event, leads: boolean): Uint8Array {
	const attributes = new Uint8Array(ATTRIBUTES_SIZE);
	const view = new DataView(attributes.buffer);
	view.setUint32(ATTRIBUTE.type, event.type, true);
	view.setUint32(ATTRIBUTE.size, ATTRIBUTES_SIZE, true);
	view.setUint32(ATTRIBUTE.config, event.config, true);
	view.setUint32(ATTRIBUTE.readFormat, READ_FORMAT, true);
	// Members of a group follow their leader.
	view.setUint32(ATTRIBUTE.flags, (leads ? FLAG.disabled : 0) | FLAG.excludeHypervisor | (event.inKernel === true ? 0 : FLAG.excludeKernel), true);
	return attributes;
}

/** @internal An error number of perf_event_open in words. */
export function refusal(name: CounterName, errno: number, paranoid: number | null = readParanoid()): string {
	const event: Event = EVENTS[name];
	switch (errno) {
		case ERRNO.ENOENT:
		case ERRNO.ENODEV:
		case ERRNO.EOPNOTSUPP:
			return event.type === TYPE.software ? 'this kernel does not count it' : 'this processor, or the virtual machine it is in, does not count it (the host may pass its counting unit on)';
		case ERRNO.EACCES:
		case ERRNO.EPERM: {
			const enough = event.inKernel === true ? 1 : 2;
			if (paranoid !== null && paranoid <= enough) return 'the system refused although kernel.perf_event_paranoid allows it; a container’s seccomp profile may forbid perf_event_open';
			return `kernel.perf_event_paranoid is ${paranoid ?? 'not readable'}; set it: sysctl kernel.perf_event_paranoid=${enough}, or give the process CAP_PERFMON`;
		}
		case ERRNO.ENOSYS:
			return `this kernel has no perf_event_open, or it is not known for ${process.arch}`;
		case ERRNO.EMFILE:
			return 'too many open files; close counters that are done, or raise ulimit -n';
		case ERRNO.EBUSY:
			return 'something else, such as a profiler, holds the counting unit';
		case ERRNO.EINVAL:
			return 'the kernel does not know this event';
		default:
			return `the system refused (error ${errno})`;
	}
}

function readParanoid(): number | null {
	try {
		return Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8'));
	} catch {
		return null;
	}
}

const ENABLED = 1;
const RUNNING = 2;
const FIRST_COUNT = 3;

function joinGroups(calls: Native | null, groups: readonly Group[], states: readonly CounterState[]): Counters {
	const shares = new Float64Array(states.length);
	let running = false;
	let closed = false;
	const alive = (): void => {
		if (closed) throw new Error('tickforge: these counters were closed; open others with openCounters');
	};
	const control = (request: number): void => {
		for (let index = 0; index < groups.length; index++) (calls as Native).ioctl((groups[index] as Group).files[0] as number, request, WHOLE_GROUP);
	};
	const take = (): void => {
		for (let index = 0; index < groups.length; index++) {
			const { files, answer, halves, last } = groups[index] as Group;
			const length = (FIRST_COUNT + files.length) * 8;
			const got = (calls as Native).read(files[0] as number, answer, length);
			if (got !== length) throw new Error(`tickforge: the kernel gave ${got} bytes for counters of ${length}`);
			for (let at = 0; at < FIRST_COUNT + files.length; at++) last[at] = (halves[at * 2] as number) + (halves[at * 2 + 1] as number) * 4294967296;
			const enabled = (last[ENABLED] as number) - ((groups[index] as Group).base[ENABLED] as number);
			const on = (last[RUNNING] as number) - ((groups[index] as Group).base[RUNNING] as number);
			for (let member = 0; member < files.length; member++) shares[(groups[index] as Group).indices[member] as number] = enabled > 0 ? on / enabled : 0;
		}
	};
	return {
		counters: states,
		start() {
			alive();
			if (running) control(DISABLE);
			// Stopped counters stand still: what they say now is zero.
			take();
			for (let index = 0; index < groups.length; index++) (groups[index] as Group).base.set((groups[index] as Group).last);
			running = true;
			control(ENABLE);
		},
		stop() {
			alive();
			if (!running) return;
			control(DISABLE);
			running = false;
			take();
		},
		read(into) {
			alive();
			if (into.length < states.length) throw new RangeError(`tickforge: ${states.length} counters do not fit an array of ${into.length}`);
			if (running) take();
			into.fill(Number.NaN, 0, states.length);
			for (let index = 0; index < groups.length; index++) {
				const { indices, base, last } = groups[index] as Group;
				const enabled = (last[ENABLED] as number) - (base[ENABLED] as number);
				const on = (last[RUNNING] as number) - (base[RUNNING] as number);
				for (let member = 0; member < indices.length; member++) {
					const counted = (last[FIRST_COUNT + member] as number) - (base[FIRST_COUNT + member] as number);
					into[indices[member] as number] = on === enabled ? counted : on > 0 ? (counted * enabled) / on : Number.NaN;
				}
			}
		},
		share: (index) => shares[index] as number,
		close() {
			if (closed) return;
			closed = true;
			// Members first: a leader's end would make them groups of their own.
			for (const { files } of groups) for (const file of files.toReversed()) calls?.close(file);
		},
	};
}
