import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { framePackets, simulate } from '../../src/simulate/index.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const index = resolve(import.meta.dirname, '../../src/index.ts').replaceAll('\\', '/');
const folder = mkdtempSync(join(tmpdir(), 'tickforge-prove-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const prove = (...args: string[]): SpawnSyncReturns<string> => spawnSync(process.execPath, [main, 'prove', ...args], { encoding: 'utf8', cwd: folder });
const few = ['--messages', '1000000', '--tier', 'schema'];

const SCHEMA = `import { decimal, message, symbol } from '${index}';\nexport default message('trade', { symbol: symbol().key('s'), price: decimal(2).key('p') });\n`;
writeFileSync(join(folder, 'feed.ts'), SCHEMA);
writeFileSync(
	join(folder, 'schema.xml'),
	`<messageSchema package="demo" id="3" version="0" byteOrder="littleEndian"><types>
		<composite name="messageHeader"><type name="blockLength" primitiveType="uint16"/><type name="templateId" primitiveType="uint16"/><type name="schemaId" primitiveType="uint16"/><type name="version" primitiveType="uint16"/></composite>
		<composite name="groupSizeEncoding"><type name="blockLength" primitiveType="uint16"/><type name="numInGroup" primitiveType="uint8"/></composite>
		<composite name="data"><type name="length" primitiveType="uint16"/><type name="varData" primitiveType="uint8" length="0"/></composite>
		<type name="symbol" primitiveType="char" length="8"/><type name="key" primitiveType="uint8" length="16"/></types>
		<message name="Trade" id="1"><field name="symbol" id="1" type="symbol"/><field name="key" id="2" type="key"/><group name="fills" id="3"><field name="size" id="4" type="uint32"/></group><data name="raw" id="5" type="data"/></message>
		<message name="Quote" id="2"><field name="symbol" id="1" type="symbol"/><field name="bid" id="2" type="double"/></message></messageSchema>`,
);
writeFileSync(join(folder, 'allocating.ts'), `${SCHEMA}const kept: unknown[] = [];\nexport function onBatch(batch: { rows: number }): void {\n\tfor (let row = 0; row < batch.rows; row++) kept[0] = { row };\n}\n`);
// The last line has no end, and one message is none of the schema's.
writeFileSync(join(folder, 'day.ndjson'), '{"s":"A","p":"1.25"}\n{"s":"B","p":"2"}\n{"x":1}\n{"s":"C","p":"3"}');

describe('tickforge prove allocations', () => {
	it('proves a preset clean with generated messages', () => {
		const { status, stdout, stderr } = prove('allocations', 'okx', ...few, '--restarts', '0');
		expect(stderr).toBe('');
		expect(stdout).toMatch(/^OKX.*20000 messages of the okx simulator/);
		expect(stdout).toMatch(/Proven: nothing is allocated per message\. [\d,]+ bytes and no garbage collection in 1,000,000 messages/);
		expect(stdout).toMatch(/over 1,000,000 messages +measured +empty run/);
		expect(status).toBe(0);
	});

	const nightly = process.env.TICKFORGE_NIGHTLY !== undefined;
	it.each([
		['nasdaq-itch-5.0', [], /20000 messages of the nasdaq-itch-5\.0 simulator \(length-32-little\)/],
		['./feed.ts', ['--protocol', 'msgpack'], /20000 messages made up from the schema \(msgpack\)/],
		['./schema.xml', [], /20000 messages made up from the format \(length-32-little\)/],
		...(nightly ? ([['binance-spot-sbe', [], /simulator/] as const, ['coinbase', ['--protocol', 'msgpack'], /20000 messages of the coinbase simulator \(msgpack\)/] as const] as const) : []),
	] as const)('proves binary formats and MessagePack clean without a file: %s %j', (preset, more, input) => {
		const { status, stdout, stderr } = prove('allocations', preset, ...more, '--messages', '1000000', '--restarts', '0');
		expect(stderr).toBe('');
		expect(stdout).toMatch(input);
		expect(stdout).toMatch(/Proven: nothing is allocated per message/);
		expect(stdout).not.toMatch(/were refused/);
		expect(status).toBe(0);
	});

	it.each(nightly ? (['soupbintcp', 'moldudp64'] as const) : (['moldudp64'] as const))('proves packets clean: %s', (format) => {
		const messages = [...simulate({ venue: 'nasdaq-itch-5.0', messages: 5000 })].map(({ payload }) => payload);
		const [one, both] = [['SESSION  A'], ['SESSION  A', 'SESSION  B']].map((sessions) => Buffer.concat(sessions.flatMap((session) => [...framePackets(messages, format, { session })])));
		writeFileSync(join(folder, 'two.packets'), both as Buffer);
		const { status, stdout } = prove('allocations', 'nasdaq-itch-5.0', 'two.packets', '--messages', '1000000', '--restarts', '0', '--format', format);
		expect(stdout).toMatch(/Proven: nothing is allocated per message/);
		expect(status).toBe(0);
		if (format === 'soupbintcp') return;
		// Numbers that come again are left out: there is nothing to repeat.
		writeFileSync(join(folder, 'one.packets'), one as Buffer);
		const again = prove('allocations', 'nasdaq-itch-5.0', 'one.packets', '--messages', '1000000', '--restarts', '0', '--format', format);
		expect(again.stderr).toMatch(/repeated, the input has no more messages \(MoldUDP64 packets\); numbered packets count once/);
		expect(again.status).not.toBe(0);
	});

	it('proves the layout tier clean once it has learned what there is, and starts and stops without a leak', () => {
		const { status, stdout } = prove('allocations', './feed.ts', '--messages', '2000000', '--restarts', '8');
		expect(stdout).toMatch(/layout tier/);
		expect(stdout).toMatch(/Proven: nothing is allocated per message, and nothing is left behind/);
		expect(stdout).toMatch(/started and stopped 8 times/);
		expect(status).toBe(0);
	});

	it('repeats a file of one’s own, whole messages only', () => {
		const { status, stdout } = prove('allocations', './feed.ts', 'day.ndjson', ...few, '--restarts', '0', '--json');
		const proof = JSON.parse(stdout);
		expect(proof).toMatchObject({ proven: true, reasons: [], tier: 'schema', input: { name: 'day.ndjson', format: 'ndjson' }, restarts: null, allocations: { isZero: true, measured: { messages: 1_000_000, growth: { arena: 0, memory: 0 } } } });
		// One of the four is refused, each time round.
		expect(proof.refused * 4).toBe(proof.parsed);
		expect(status).toBe(0);
	});

	it('names the function that allocates, and says so by its exit code', () => {
		const { status, stdout } = prove('allocations', './allocating.ts', ...few, '--restarts', '0', '--warm-up', '1000000');
		expect(stdout).toMatch(/with its onBatch/);
		expect(stdout).toMatch(/^Not proven: \d+ of 20 segments allocated/m);
		expect(stdout).toMatch(/bytes a message +[\d.]+ % +onBatch +allocating\.ts:4 +from /);
		expect(status).toBe(6);
	});

	it.each([
		[[], 1, /prove what\? There is: tickforge prove allocations/],
		[['leaks'], 1, /"leaks" cannot be proved/],
		[['allocations'], 1, /which preset/],
		[['allocations', 'okx', 'missing.ndjson'], 2, /there is no such file/],
		[['allocations', 'okx', '--restarts', '3'], 1, /0, or 8 and more/],
		[['allocations', 'okx', '--massages', '3'], 1, /Did you mean --messages/],
	] as const)('%j says what to do', (args, status, said) => {
		const result = prove(...args);
		expect(result.stderr).toMatch(said);
		expect(result.stderr).not.toMatch(/\n {4}at /);
		expect(result.status).toBe(status);
	});
});
