/** Binary formats on the command line: presets, modules and SBE schemas; framings that are found; quarantine and replay. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { binary, createEncoder, itch50, sbe } from '../../src/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-binary-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);
const tickforge = (...args: readonly string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });
const summary = (...args: readonly string[]): Record<string, never> => JSON.parse(tickforge('run', ...args, '--json').stdout);

const encoder = createEncoder(binary(itch50()));
const messages = Array.from({ length: 500 }, (_, index) => {
	const head = { stockLocate: 1, trackingNumber: 0, timestamp: 34_200_000_000_000n + BigInt(index) };
	return index % 2 === 0 ? encoder.encode('orderDelete', { ...head, orderReference: BigInt(index) }) : encoder.encode('addOrder', { ...head, orderReference: BigInt(index), side: 'buy', shares: 100, stock: 'AAPL', price: 1_234_500n });
});
const prefixed = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts.flatMap((part) => [Uint8Array.of(part.length >> 8, part.length & 255), part]));

describe('ITCH files', () => {
	it('are read with the framing that fits, and keep what is refused for another run', () => {
		const damaged = messages.map((message, index) => (index === 77 ? Uint8Array.from([0x7a, ...message.subarray(1)]) : message));
		writeFileSync(path('day.itch'), Buffer.concat([prefixed(damaged), Uint8Array.of(0, 0)]));
		const read = summary('nasdaq-itch-5.0', 'day.itch', '--date', '2019-12-30', '--quarantine', 'bad.tfq', '--out', 'day.arrow');
		expect(read).toMatchObject({ messages: 500, refused: 1, categories: { 'unknown-message': 1 }, inputs: [{ format: 'binaryfile' }], timeRange: { first: expect.stringMatching(/^2019-12-30T14:/) }, gaps: 0 });
		expect(existsSync(path('day.addOrder.arrow'))).toBe(true);
		expect(summary('nasdaq-itch-5.0', 'bad.tfq')).toMatchObject({ messages: 1, refused: 1 });
	});
	it('in MoldUDP64 show what is missing', () => {
		const packet = (sequence: number, some: readonly Uint8Array[]): Buffer => {
			const head = Buffer.alloc(20, ' ');
			head.writeBigUInt64BE(BigInt(sequence), 10);
			head.writeUInt16BE(some.length, 18);
			return Buffer.concat([head, prefixed(some)]);
		};
		writeFileSync(path('day.mold'), Buffer.concat([packet(1, messages.slice(0, 100)), packet(111, messages.slice(110, 300))]));
		expect(summary('nasdaq-itch-5.0', 'day.mold')).toMatchObject({ messages: 290, refused: 0, gaps: 1, missing: 10, inputs: [{ format: 'moldudp64' }] });
		expect(tickforge('run', 'nasdaq-itch-5.0', 'day.mold').stdout).toMatch(/sequence numbers +1 gaps, 10 messages missing/);
	});
	it('that are none are told so', () => {
		writeFileSync(path('other.bin'), 'this is no ITCH at all, in whatever framing');
		const { status, stderr } = tickforge('run', 'nasdaq-itch-5.0', 'other.bin');
		expect(status).toBe(2);
		expect(stderr).toContain('has no messages of nasdaq-itch-5.0, however it is cut');
	});
	it('are detected', () => {
		writeFileSync(path('some.itch'), prefixed(messages));
		expect(tickforge('detect', 'some.itch').stdout).toMatch(/itch \(version 5.0, binaryfile, nasdaq-itch-5.0\)\n {2}100 % sure, because cut as messages after their length[\s\S]*64 of its first 64 messages[\s\S]*tickforge run nasdaq-itch-5.0 some.itch/);
	});
	it('have a book at their end', () => {
		const head = { stockLocate: 2, trackingNumber: 0, timestamp: 1n };
		const add = (orderReference: bigint, side: 'buy' | 'sell', price: bigint, stock = 'MSFT') => encoder.encode('addOrder', { ...head, stockLocate: stock === 'MSFT' ? 2 : 3, orderReference, side, shares: 100, stock, price });
		writeFileSync(path('book.itch'), prefixed([add(1n, 'buy', 100_0000n), add(2n, 'buy', 100_0100n), add(3n, 'sell', 100_0200n), add(4n, 'sell', 50_0000n, 'GONE'), encoder.encode('orderDelete', { ...head, orderReference: 4n }), encoder.encode('orderDelete', { ...head, orderReference: 9n })]));
		const shown = tickforge('book', 'book.itch');
		expect(shown.stdout).toMatch(/at the end 3 orders at 3 levels of 1 stocks\n {2}unknown-order: 1\n\n.*\n {2}MSFT +1 +100 +100.0100 +100.0200 +100 +1\n$/);
		expect(shown.status).toBe(0);
		expect(JSON.parse(tickforge('book', 'book.itch', '--stock', 'MSFT', '--json').stdout)).toMatchObject({ messages: 6, orders: 3, problems: { 'unknown-order': 1 }, books: [{ stock: 'MSFT', bids: [{ price: '100.0100' }, { price: '100.0000', shares: 100, orders: 1 }], asks: [{ price: '100.0200' }] }] });
		expect(tickforge('book', 'book.itch', '--stock', 'GONE').stderr).toContain('GONE has no orders at the end of book.itch');
		expect(tickforge('book', 'book.itch', '--stock', 'NONE')).toMatchObject({ status: 2, stderr: expect.stringContaining('no message of book.itch names NONE') });
		expect(tickforge('book').status).toBe(1);
	});
	it('have their branches counted, and code that follows the counts', () => {
		const { stdout, stderr } = tickforge('inspect', 'nasdaq-itch-5.0', 'some.itch', '--branches', '--save-branches', 'itch.branches');
		expect(stderr).toBe('');
		expect(stdout).toContain('schema tier');
		expect(stdout).not.toContain('layout tier');
		expect(summary('nasdaq-itch-5.0', 'some.itch', '--branch-profile', 'itch.branches')).toMatchObject({ messages: 500, refused: 0 });
		expect(tickforge('inspect', 'nasdaq-itch-5.0', 'some.itch', '--branches', '--tier', 'layout').stderr).toContain('have no layout tier');
		expect(tickforge('profile', 'learn', 'nasdaq-itch-5.0', 'some.itch').stderr).toContain('have no layouts to learn');
	});
	it('are inspected', () => {
		expect(tickforge('inspect', 'nasdaq-itch-5.0', '--variant', 'orderDelete').stdout).toMatch(/messageType is "D"[\s\S]*orderReference +u64/);
	});
});

describe('SBE schemas', () => {
	const xml = `<messageSchema package="demo" id="3" version="0" byteOrder="littleEndian"><types>
		<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
		<composite name="price"><type name="mantissa" primitiveType="int64"/><type name="exponent" primitiveType="int8" presence="constant">-2</type></composite>
		<enum name="Side" encodingType="uint8"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum></types>
		<message name="Trade" id="1"><field name="price" id="1" type="price"/><field name="side" id="2" type="Side"/></message></messageSchema>`;
	it('give types, and parse files', async () => {
		writeFileSync(path('demo.xml'), xml);
		expect(tickforge('types', 'demo.xml', '--out', 'demo.d.ts')).toMatchObject({ status: 0, stderr: '' });
		const types = readFileSync(path('demo.d.ts'), 'utf8');
		expect(types).toContain('export interface TradeRow {\n\treadonly "price": bigint;\n\treadonly "side": "Buy" | "Sell" | null;\n}');
		const trades = createEncoder(await sbe(xml));
		const trade = trades.encode('Trade', { price: '1.25', side: 'Buy' } as never);
		writeFileSync(path('demo.bin'), prefixed(Array.from({ length: 20 }, () => trade)));
		expect(summary('demo.xml', 'demo.bin')).toMatchObject({ messages: 20, refused: 0, variants: { Trade: 20 } });
	});
	it('with mistakes name them', () => {
		writeFileSync(path('wrong.xml'), xml.replace('type="price"', 'type="prize"'));
		const { status, stderr } = tickforge('types', 'wrong.xml');
		expect(status).toBe(2);
		expect(stderr).toContain('<field name="price"> in line 5: there is no type "prize"');
	});
});

it('a module may export a protocol', () => {
	const index = resolve(import.meta.dirname, '../../src/index.ts');
	writeFileSync(path('own.ts'), `import { binary, wire } from ${JSON.stringify(index)};\nexport default binary(wire.format('own', { endian: 'big' }, wire.message('m', null, { a: wire.uint(16) })));\n`);
	writeFileSync(path('own.bin'), prefixed([Uint8Array.of(0, 1), Uint8Array.of(0, 2), Uint8Array.of(0, 3)]));
	expect(summary('./own.ts', 'own.bin', '--format', 'length-16-big')).toMatchObject({ messages: 3, refused: 0, variants: { m: 3 } });
});
