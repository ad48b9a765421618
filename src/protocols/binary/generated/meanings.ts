/** What integers mean, in generated code: values.ts and reference/values.ts say the same in bigint. */
import type { ScalarColumn } from '../../../compiler/batch-layout.ts';
import type { DecimalType, EnumerationType } from '../../../schema/model.ts';
import { I32, I64, type Local } from '../../../wasm/index.ts';
import { I64_LEAST, I64_MOST, UNIT_NANOSECONDS } from '../values.ts';
import type { Meaning } from '../wire.ts';
import { type Raw, widen } from './integers.ts';
import { markValid, type Scope, scaleKey, storeNull, storeValue } from './scope.ts';

/** What is known of an integer before it is read. */
export interface RawRange {
	readonly signed: boolean;
	/** Significant bits, sign included. */
	readonly bits: number;
}

const EXCESS: Readonly<Record<DecimalType['excess'], number>> = { reject: 0, truncate: 1, 'half-even': 2 };

/** Compares with a constant that fits. */
export function equalsInteger(raw: Raw, value: string): I32 {
	return raw instanceof I64 ? raw.eq(BigInt.asIntN(64, BigInt(value))) : raw.eq(Number(BigInt.asIntN(32, BigInt(value))));
}

/**
 * Emits the value that an integer means, checked.
 *
 * @param at address of the integer
 * @param exponent of a decimal that brings its own
 */
export function emitMeaning(scope: Scope, meaning: Meaning, column: ScalarColumn | null, value: Raw, range: RawRange, at: I32, exponent: I32 | null = null): void {
	const { f } = scope;
	const { type, nullValue, constant } = meaning;
	if (type === null && constant === null) return;
	const raw: Raw = value instanceof I64 ? f.local(I64, value, 'raw') : f.local(I32, value, 'raw');
	if (constant !== null) f.if(equalsInteger(raw, constant).eqz(), () => scope.fail('literal', at), undefined, { likely: false });
	if (type === null) return;
	const present = (): void => {
		emitPresent(scope, meaning, column, raw, range, at, exponent);
	};
	if (nullValue === null) {
		present();
		return;
	}
	if (type.kind === 'integer' && column !== null) {
		// Without a branch: null is zero bytes.
		const there = f.local(I32, equalsInteger(raw, nullValue).eqz(), 'there');
		const wide = column.storage === 'i64' || column.storage === 'u64';
		storeValue(scope, column, wide ? I64.select(there, widen(raw, range.signed), I64.of(0n)) : I32.select(there, raw instanceof I64 ? raw.wrap() : raw, I32.of(0)));
		markValid(scope, column, there);
		return;
	}
	f.if(
		equalsInteger(raw, nullValue),
		() => {
			storeNull(scope, column);
		},
		present,
	);
}

function emitPresent(scope: Scope, meaning: Meaning, column: ScalarColumn | null, raw: Raw, range: RawRange, at: I32, exponent: I32 | null): void {
	const { f } = scope;
	const { type } = meaning;
	const store = (value: I32 | I64): void => {
		if (column === null) return;
		storeValue(scope, column, value);
		markValid(scope, column);
	};
	switch (type?.kind) {
		case 'integer':
			store(type.bits === 64 ? widen(raw, range.signed) : raw instanceof I64 ? raw.wrap() : raw);
			return;
		case 'decimal':
			store(emitDecimal(scope, type, exponent ?? meaning.exponent, raw, range, at));
			return;
		case 'timestamp':
			store(emitTimestamp(scope, UNIT_NANOSECONDS[type.format as keyof typeof UNIT_NANOSECONDS], BigInt(meaning.base), raw, range, at));
			return;
		case 'flag': {
			const [no, yes] = meaning.codes;
			if (no === undefined || yes === undefined) store(raw instanceof I64 ? raw.ne(0n) : raw.ne(0));
			else {
				f.if(equalsInteger(raw, no).or(equalsInteger(raw, yes)).eqz(), () => scope.fail('enumeration', at), undefined, { likely: false });
				store(equalsInteger(raw, yes));
			}
			return;
		}
		case 'enumeration':
			emitEnumeration(scope, type, meaning.codes, column, raw, range, at);
	}
}

function emitDecimal(scope: Scope, type: DecimalType, exponent: number | string | I32, raw: Raw, range: RawRange, at: I32): I64 {
	const { f, e } = scope;
	const mantissa = f.local(I64, widen(raw, range.signed), 'mantissa');
	// An unsigned integer with all bits may be more than an i64: no scale makes that fit but a division, for which it is too rare.
	const unsigned64 = !range.signed && range.bits === 64;
	const rescaled = (shift: I32): I64 => {
		const result = f.local(I64, e.rescale.call(mantissa, shift, I32.of(EXCESS[type.excess])), 'rescaled');
		f.if(e.rescaleFault, () => scope.fail(e.rescaleFault, at), undefined, { likely: false });
		return result;
	};
	if (unsigned64) f.if(mantissa.ltS(0n), () => scope.fail('range', at), undefined, { likely: false });
	if (typeof exponent === 'number') {
		const shift = exponent + type.scale;
		if (shift === 0) return mantissa;
		if (shift > 0 && shift <= 18 && 2n ** BigInt(range.bits) * 10n ** BigInt(shift) <= I64_MOST) return mantissa.mul(10n ** BigInt(shift));
		return rescaled(I32.of(shift));
	}
	const scale = typeof exponent === 'string' ? scope.scales.get(scaleKey(exponent, type.scale)) : undefined;
	if (scale !== undefined) {
		f.if(mantissa.add(scale.limit).gtU(scale.limit.shl(1n)), () => scope.fail('range', at), undefined, { likely: false });
		return mantissa.mul(scale.power);
	}
	const shift = f.local(I32, (typeof exponent === 'string' ? (scope.numbers.get(exponent) as Local<I64>).wrap() : exponent).add(type.scale), 'shift');
	const result = f.local(I64, undefined, 'scaled');
	f.block((done) => {
		f.block((slow) => {
			slow.branchIf(shift.gtU(18), { likely: false });
			const entry = f.local(I32, scope.base.add(shift.shl(3)), 'power');
			const limit = f.local(I64, I64.load(entry, e.limits), 'limit');
			// -limit to limit, in one comparison.
			slow.branchIf(mantissa.add(limit).gtU(limit.shl(1n)), { likely: false });
			result.set(mantissa.mul(I64.load(entry, e.powers)));
			done.branch();
		});
		result.set(rescaled(shift));
	});
	return result;
}

function emitTimestamp(scope: Scope, unit: bigint, base: bigint, raw: Raw, range: RawRange, at: I32): I64 {
	const { f } = scope;
	const count = widen(raw, range.signed);
	const clamped = (value: bigint): bigint => (value > I64_MOST ? I64_MOST : value < I64_LEAST ? I64_LEAST : value);
	const most = range.signed ? clamped((I64_MOST - base) / unit) : (I64_MOST - base) / unit;
	const least = clamped(-((base - I64_LEAST) / unit));
	const highest = range.signed ? 2n ** BigInt(range.bits - 1) - 1n : 2n ** BigInt(range.bits) - 1n;
	const lowest = range.signed ? -(2n ** BigInt(range.bits - 1)) : 0n;
	const scaled = (value: I64): I64 => (unit === 1n ? (base === 0n ? value : value.add(base)) : base === 0n ? value.mul(unit) : value.mul(unit).add(base));
	if (highest <= most && lowest >= least) return scaled(count);
	const value = f.local(I64, count, 'count');
	// Least to most, in one comparison.
	const tooMuch = range.signed ? value.sub(least).gtU(most - least > I64_MOST ? BigInt.asIntN(64, most - least) : most - least) : value.gtU(most);
	f.if(tooMuch, () => scope.fail('timestamp', at), undefined, { likely: false });
	return scaled(value);
}

function emitEnumeration(scope: Scope, { values, unknown }: EnumerationType, codes: readonly string[], column: ScalarColumn | null, raw: Raw, range: RawRange, at: I32): void {
	const { f, e } = scope;
	const id = f.local(I32, undefined, 'id');
	const store = (): void => {
		if (column === null) return;
		storeValue(scope, column, id);
		markValid(scope, column);
	};
	if (raw instanceof I32 && values.length < 255 && codes.every((code) => BigInt(code) >= 0n && BigInt(code) <= 255n)) {
		const table = new Uint8Array(256).fill(255);
		for (const [index, code] of codes.entries()) table[Number(code)] = index;
		const offset = e.pool.add(table);
		const look = (): void => id.set(I32.load8U(scope.base.add(raw), offset));
		if (range.bits <= 8 && !range.signed) look();
		else f.if(raw.gtU(255), () => id.set(I32.of(255)), look, { likely: false });
		f.if(id.eq(255), () => emitUnknown(scope, unknown, column, raw, at), store, { likely: false });
		return;
	}
	id.set(I32.of(-1));
	for (const [index, code] of codes.entries()) f.if(equalsInteger(raw, code), () => id.set(I32.of(index)));
	f.if(id.eq(-1), () => emitUnknown(scope, unknown, column, raw instanceof I64 ? raw.wrap() : raw, at), store, { likely: false });
}

function emitUnknown(scope: Scope, unknown: EnumerationType['unknown'], column: ScalarColumn | null, raw: I32, at: I32): void {
	const { f, e } = scope;
	if (unknown === 'reject') scope.fail('enumeration', at);
	else if (unknown === 'null') storeNull(scope, column);
	else {
		f.if(raw.gtU(0x7f), () => scope.fail('utf8', at));
		if (column === null) return;
		// One byte, as it stands in the message.
		const id = f.local(I32, (scope.finding ? e.symbols.find : e.symbols.intern).call(I32.load(e.symbolTables, column.symbolTable * 4), at, I32.of(1)), 'interned');
		f.if(id.eq(-1), () => scope.fail('too-large', at));
		storeValue(scope, column, id);
		markValid(scope, column);
	}
}
