import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../../src/codecs/crc.ts';
import { ERROR_CATEGORIES, type ErrorCategory } from '../../src/compiler/parser-abi.ts';
import { createCircuit } from '../../src/integrity/circuit.ts';
import { encodeQuarantineHeader, encodeQuarantineRecord, QuarantineError, type QuarantineRecord, readQuarantine } from '../../src/integrity/quarantine.ts';
import { createQuarantineFile } from '../../src/integrity/quarantine-file.ts';

const header = { schema: { name: 'feed', version: 3, variants: ['trade', 'book'] }, protocol: 'json', created: '2026-11-24T10:00:00.000Z', writer: 'tickforge 0.1.0' };
const records: fc.Arbitrary<QuarantineRecord> = fc
	.record({
		category: fc.constantFrom(...(Object.keys(ERROR_CATEGORIES) as ErrorCategory[])),
		offset: fc.nat(),
		sequence: fc.maxSafeNat(),
		variant: fc.integer({ min: -1, max: 20 }),
		received: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
		position: fc.integer({ min: -1, max: 1e12 }),
		more: fc.nat(1000),
		bytes: fc.uint8Array({ maxLength: 50 }),
	})
	.map(({ more, ...record }) => ({ ...record, length: record.bytes.length + more }));
const encode = (given: readonly QuarantineRecord[]): Buffer => Buffer.concat([encodeQuarantineHeader(header), ...given.map(encodeQuarantineRecord)]);

test('records that claim all the rest, one after the other, take no more than their bytes allow', () => {
	// A checksum over half the file for each of 300,000 records would take an hour and more.
	const forged = new Uint8Array(56 * 300_000);
	const view = new DataView(forged.buffer);
	for (let at = 0; at < forged.length; at += 56) {
		view.setUint32(at, 0x52514654, true);
		view.setUint32(at + 8, ERROR_CATEGORIES.syntax, true);
		view.setUint32(at + 48, forged.length / 2, true);
		view.setUint32(at + 52, forged.length / 2, true);
	}
	const record: QuarantineRecord = { category: 'syntax', offset: 1, sequence: 2, variant: -1, received: 3n, position: 4, length: 4, bytes: new TextEncoder().encode('last') };
	const reader = readQuarantine(Buffer.concat([encodeQuarantineHeader(header), forged, encodeQuarantineRecord(record)]));
	expect([...reader.records()]).toEqual([record]);
	expect(reader.damagedBytes).toBe(forged.length);
	expect([...reader.records()]).toEqual([record]);
});

test('the CRC is that of zlib', () => {
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			expect(crc32(bytes)).toBe(zlibCrc32(bytes));
		}),
	);
});

test('what was written is read back', () => {
	fc.assert(
		fc.property(fc.array(records, { maxLength: 6 }), (given) => {
			const reader = readQuarantine(encode(given));
			expect(reader.header).toEqual(header);
			expect([...reader.records()]).toEqual(given);
			expect(reader.damagedBytes).toBe(0);
		}),
	);
});

test('the layout is the one that is drawn', () => {
	const bytes = encode([{ category: 'range', offset: 7, sequence: 9, variant: 1, received: 11n, position: 13, length: 3, bytes: Uint8Array.of(1, 2, 3) }]);
	expect(bytes.subarray(0, 8).toString('latin1')).toBe('TFQUAR\r\n');
	expect(bytes.readUInt32LE(8)).toBe(1);
	const at = 16 + bytes.readUInt32LE(12);
	expect(at % 8).toBe(0);
	expect(bytes.subarray(at, at + 4).toString('latin1')).toBe('TFQR');
	expect([8, 12, 16].map((field) => bytes.readUInt32LE(at + field))).toEqual([ERROR_CATEGORIES.range, 7, 1]);
	expect([24, 32, 40].map((field) => bytes.readBigInt64LE(at + field))).toEqual([9n, 11n, 13n]);
	expect([48, 52].map((field) => bytes.readUInt32LE(at + field))).toEqual([3, 3]);
	expect([...bytes.subarray(at + 56)]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
});

test('damage never throws after the header, and never invents a record', () => {
	fc.assert(
		fc.property(fc.array(records, { minLength: 1, maxLength: 5 }), fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 }), fc.nat(60), fc.nat(), (given, damage, cut, insert) => {
			const whole = encode(given);
			const headerEnd = encodeQuarantineHeader(header).length;
			const at = headerEnd + (insert % (whole.length - headerEnd));
			const bytes = insert % 3 === 0 ? Buffer.concat([whole.subarray(0, at), Buffer.from('TFQR'), whole.subarray(at)]) : Buffer.from(whole);
			for (const { at: where, byte } of damage) bytes[headerEnd + (where % (bytes.length - headerEnd))] = byte;
			const reader = readQuarantine(bytes.subarray(0, Math.max(headerEnd, bytes.length - cut)));
			const written = given.map((record) => encodeQuarantineRecord(record).toString());
			let from = 0;
			for (const record of reader.records()) {
				const found = written.indexOf(encodeQuarantineRecord(record).toString(), from);
				expect(found).toBeGreaterThanOrEqual(from);
				from = found + 1;
			}
		}),
	);
});

test('a damaged start is told in words', () => {
	const bytes = encode([]);
	expect(() => readQuarantine(Buffer.from('nothing of the kind'))).toThrow('no quarantine file');
	expect(() => readQuarantine(bytes.subarray(0, 12))).toThrow('ends within its header');
	expect(() => readQuarantine(bytes.subarray(0, 40))).toThrow('ends within its header');
	const newer = Buffer.from(bytes);
	newer.writeUInt32LE(2, 8);
	expect(() => readQuarantine(newer)).toThrow('version 2; this tickforge reads up to 1');
	const damaged = Buffer.from(bytes);
	damaged[20] = 0xff;
	expect(() => readQuarantine(damaged)).toThrow(QuarantineError);
});

test('a file is written, up to its limit', () => {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-'));
	try {
		const path = join(folder, 'q.tfq');
		const file = createQuarantineFile(path, header, 1000);
		const record: QuarantineRecord = { category: 'syntax', offset: 0, sequence: 0, variant: -1, received: 0n, position: 0, length: 200, bytes: new Uint8Array(200) };
		for (let index = 0; index < 10; index++) file.write({ ...record, sequence: index });
		file.close();
		const bytes = readFileSync(path);
		expect(bytes.length).toBeLessThanOrEqual(1000);
		expect([...readQuarantine(bytes).records()].map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
		expect([file.records, file.bytes, file.left]).toEqual([3, 600, 7]);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test('the circuit opens where too many of a window are refused, and stays open', () => {
	const circuit = createCircuit({ window: 100, openAbove: 0.5 });
	circuit.record(100, 50);
	expect(circuit.isOpen).toBe(false);
	circuit.record(60, 20);
	circuit.record(60, 60);
	expect(circuit.isOpen).toBe(true);
	circuit.record(1000, 0);
	expect(circuit.isOpen).toBe(true);
	expect(circuit.worst).toEqual({ rate: 80 / 120, endedWith: 220 });
	expect(circuit.rate).toBeCloseTo(130 / 1220);
});
