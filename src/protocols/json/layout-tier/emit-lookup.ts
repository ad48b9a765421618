/** Finding a part's record in generated code; tables.ts has the memory. */
import { DESCRIPTOR } from '../../../compiler/parser-abi.ts';
import { type Func, type FunctionBuilder, I32, I64, type Local, type ModuleBuilder, V128 } from '../../../wasm/index.ts';
import type { ExpressSettings } from './express.ts';
import { RECORD } from './records.ts';
import { BRANCH, EXPRESS_BITS, EXPRESS_FACTORS, EXTENT_SALTS, HEAD_BITS, SLOT, STATE, WHOLE_SALT, WORD } from './tables.ts';

/** Bit i: byte p + i is a separator (64 bytes; 16 instructions and the joining). */
export function separatorWord(f: FunctionBuilder, p: I32, name: string): Local<I64> {
	const bits = (chunk: number): I32 =>
		V128.load(p, chunk * 16)
			.i8x16.ltS(V128.splat8(0x30))
			.i8x16.bitmask();
	const low = f.local(I32, bits(0).or(bits(1).shl(16)), `${name}Low`);
	const high = f.local(I32, bits(2).or(bits(3).shl(16)), `${name}High`);
	return f.local(I64, low.extendU().or(high.extendU().shl(32)), name);
}

/** What finding an express slot needs besides the message. */
export interface ExpressCode {
	readonly settings: ExpressSettings;
	/** Address of the slots. */
	readonly slots: I32;
	/** 0x30 in every lane. */
	readonly below: V128;
	/** Address of the table of places where names begin, a byte each. */
	readonly heads: I32;
}

const factor = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Emits: the address of a message's express slot. */
export function expressSlot(f: FunctionBuilder, descriptor: I32, { settings, slots, below, heads }: ExpressCode): I32 {
	const p = f.local(I32, I32.load(descriptor, DESCRIPTOR.offset), 'nextP');
	const length = f.local(I32, I32.load(descriptor, DESCRIPTOR.length), 'nextLength');
	const places = new Set(settings.heads);
	let name: I64;
	if (places.size === 1) name = I64.load(p, settings.heads[0] as number);
	else {
		const head = I64.load(p, settings.headAt)
			.mul(factor(settings.multiplier))
			.shrU(64 - HEAD_BITS);
		name = I64.load(p.add(I32.load8U(heads.add(head.wrap()))));
	}
	let shape = length.extendU();
	if (settings.windows.length > 0) {
		const end = f.local(I32, p.add(length), 'nextEnd');
		const window = (back: number): I32 => V128.load(end.sub(back)).i8x16.ltS(below).i8x16.bitmask();
		const [first, second] = settings.windows as [number, number?];
		const windows = second === undefined ? window(first) : window(first).or(window(second).shl(16));
		shape = shape.shl(32).or(windows.extendU());
	}
	const hash = name.mul(factor(EXPRESS_FACTORS.name)).add(shape.mul(factor(EXPRESS_FACTORS.shape)));
	// The slot's address: its number times 64, from the hash's upper bits.
	return slots.add(
		hash
			.shrU(64 - EXPRESS_BITS - 6)
			.wrap()
			.and(((1 << EXPRESS_BITS) - 1) << 6),
	);
}

export interface Lookup {
	/**
	 * Emits: `record` becomes the address of the record for the part at p, or 0. `state` is the state's address. `message`:
	 * the part may be the message's last, so that its length is known.
	 */
	find(f: FunctionBuilder, p: I32, end: I32, state: I32, record: Local<I32>, message: boolean): void;
	/** Emits: `record` becomes its next alternative, or 0. */
	next(f: FunctionBuilder, p: I32, end: I32, record: Local<I32>): void;
	/** As a function, for parts of messages: `find(p, end, state) -> record | 0`. */
	readonly call: Func<I32>;
}

export function emitLookup(m: ModuleBuilder): Lookup {
	/** Follows branches until a record, or 0. */
	const branch = m.func('branch', { params: { node: I32, p: I32, end: I32 }, results: [I32] }, (f, { node, p, end }) => {
		const hash = f.local(I64, undefined, 'hash');
		const left = f.local(I32, undefined, 'left');
		const at = f.local(I32, undefined, 'at');
		const multiplier = f.local(I32, undefined, 'multiplier');
		const target = f.local(I32, undefined, 'target');
		const add = (word: I64, by: I64): void => hash.set(hash.add(word.mul(by)));
		f.loop((follow) => {
			f.block((found) => {
				f.block((ended) => {
					// Where the message has ended there is no such part; and no more than 64 bytes beyond it may be read.
					const within = (): void => ended.branchIf(at.gtU(end));
					hash.set(end.sub(p).extendU().mul(I64.load(node, BRANCH.lengthMultiplier)));
					left.set(I32.load(node, BRANCH.words));
					at.set(p.add(WORD));
					multiplier.set(node);
					f.block((done) => {
						f.loop((next) => {
							done.branchIf(left.eqz());
							within();
							add(separatorWord(f, at, 'word'), I64.load(multiplier, BRANCH.multipliers));
							at.set(at.add(WORD));
							multiplier.set(multiplier.add(8));
							left.set(left.sub(1));
							next.branch();
						});
					});
					const last = f.local(I32, I32.load(node, BRANCH.last), 'last');
					at.set(I32.select(last.ltS(0), end.sub(WORD), p.add(last)));
					within();
					add(separatorWord(f, at, 'lastWord'), I64.load(node, BRANCH.lastMultiplier));
					const place = hash.shrU(I64.load32U(node, BRANCH.shift)).wrap().shl(2);
					target.set(I32.load(I32.load(node, BRANCH.table).add(place)));
					found.branch();
				});
				target.set(I32.load(node, BRANCH.otherwise));
			});
			node.set(target.sub(1));
			follow.branchIf(target.and(1));
		});
		f.return(target);
	});

	const find = (f: FunctionBuilder, p: I32, end: I32, state: I32, record: Local<I32>, message: boolean): void => {
		record.set(I32.load(state, STATE.only));
		// A single one need not be looked for: it checks what it takes.
		f.if(record.eqz(), () => {
			const word = separatorWord(f, p, 'word');
			const key = f.local(I64, undefined, 'key');
			const slot = f.local(I32, undefined, 'slot');
			f.block((found) => {
				f.block((missed) => {
					const look = (): I32 => {
						const place = key.mul(I64.load(state, STATE.multiplier)).shrU(I64.load32U(state, STATE.shift)).wrap().shl(4);
						slot.set(I32.load(state, STATE.table).add(place));
						return I64.load(slot, SLOT.key).eq(key);
					};
					if (message) {
						const length = f.local(I64, end.sub(p).extendU(), 'length');
						const whole = length.geU(BigInt(WORD));
						const mask = I64.select(whole, I64.of(-1n), I64.of(1n).shl(length).sub(1n));
						key.set(
							word
								.and(mask)
								.xor(factor(WHOLE_SALT))
								.add(I64.select(whole, I64.of(BigInt(WORD)), length)),
						);
						found.branchIf(look());
					}
					for (let extent = 0; extent < STATE.extentCount; extent++) {
						const mask = f.local(I64, I64.load(state, STATE.extents + extent * 8), 'extent');
						if (extent > 0) missed.branchIf(mask.eqz());
						key.set(word.and(mask).xor(factor(EXTENT_SALTS[extent] as bigint)));
						found.branchIf(look());
					}
				});
				record.set(I32.of(0));
				slot.set(I32.of(0));
			});
			f.if(slot, () => {
				record.set(I32.load(slot, SLOT.target));
				f.if(record.and(1), () => record.set(branch.call(record.sub(1), p, end)));
			});
		});
	};
	const call = m.func('findLayout', { params: { p: I32, end: I32, state: I32 }, results: [I32] }, (f, { p, end, state }) => {
		const record = f.local(I32, undefined, 'record');
		find(f, p, end, state, record, true);
		f.return(record);
	});
	const next = (f: FunctionBuilder, p: I32, end: I32, record: Local<I32>): void => {
		record.set(I32.load(record, RECORD.alternative));
		f.if(record.and(1), () => record.set(branch.call(record.sub(1), p, end)));
	};
	return { find, next, call };
}
