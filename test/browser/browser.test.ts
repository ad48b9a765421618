import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { binary, createEncoder, encodeMessagePack, itch50 } from '../../src/index.ts';

const root = resolve(import.meta.dirname, '../..');
const browser = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path));
if (browser === undefined) console.log('skipped, because no Chromium is here (CHROMIUM names one): a built parser in a browser');

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const MSGPACK = hex(encodeMessagePack({ type: 'heartbeat', sequence: 90, last_trade_id: 20, product_id: 'BTC-USD', time: '2024-06-01T00:00:00.123456Z' }));
const ITCH = hex(createEncoder(binary(itch50())).encode('orderDelete', { stockLocate: 1, trackingNumber: 2, timestamp: 3n, orderReference: 4n }));
const PAGE = `<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>`;
const SCRIPT = `
import { createParser } from '/built/coinbase.js';
import { createParser as createMessagePackParser } from '/built/coinbase-msgpack.js';
import { createParser as createItchParser } from '/built/itch.js';
const rows = [];
const refused = [];
const parser = await createParser(fetch('/built/coinbase.wasm'), {
	onBatch: (batch) => rows.push(...batch.toRows()),
	onError: (error) => refused.push({ category: error.category, offset: error.offset }),
});
parser.parse('{"type":"l2update","product_id":"BTC-USD","changes":[["buy","67000.01","0.25"],["sell","67000.02","0"]],"time":"2024-06-01T00:00:00.123456Z"}');
parser.parse('{"type":"l2update","product_id":"BTC-USD","changes":[["buy","67000.01"');
parser.flush();
const others = [];
const collect = (batch) => others.push(...batch.toRows().map((row) => ({ table: batch.table, ...row })));
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
for (const [create, name, message] of [[createMessagePackParser, 'coinbase-msgpack', MSGPACK], [createItchParser, 'itch', ITCH]]) {
	const other = await create(fetch('/built/' + name + '.wasm'), { onBatch: collect });
	other.parse(bytes(message));
	other.flush();
}
let evaluated = true;
try { new Function('return 1')(); } catch { evaluated = false; }
const output = document.createElement('output');
output.textContent = JSON.stringify({ tier: parser.tier, rows, refused, others, evaluated }, (_, value) => typeof value === 'bigint' ? String(value) : value);
document.body.append(output);
`;

it.skipIf(browser === undefined)('a built parser runs in a browser that allows no code from strings', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'tickforge-browser-'));
	execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')], { stdio: 'pipe' });
	const build = (...args: string[]): unknown => execFileSync(process.execPath, [join(root, 'src/cli/main.ts'), 'build', ...args, '--out', join(folder, 'built'), '--runtime', '/dist/runtime.js'], { stdio: 'pipe' });
	build('coinbase');
	build('coinbase', '--protocol', 'msgpack', '--name', 'coinbase-msgpack');
	build('nasdaq-itch-5.0', '--name', 'itch');
	const server = createServer((request, response) => {
		const path = request.url ?? '/';
		const content = path === '/' ? PAGE : path === '/page.js' ? `const MSGPACK = '${MSGPACK}';\nconst ITCH = '${ITCH}';\n${SCRIPT}` : readIfThere(join(folder, normalize(path)));
		if (content === null) {
			response.writeHead(404).end();
			return;
		}
		response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] ?? 'text/plain', 'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:" }).end(content);
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const instance = await chromium.launch({ executablePath: browser as string, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'] });
	try {
		const page = await instance.newPage();
		const problems: string[] = [];
		page.on('pageerror', (error) => problems.push(error.message));
		page.on('console', (message) => {
			if (message.type() === 'error' && !message.text().includes('favicon')) problems.push(message.text());
		});
		await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
		const result = await page.textContent('output', { timeout: 20_000 }).catch(() => null);
		// The page tries to evaluate a string once, to show that it may not.
		expect(problems.filter((problem) => !problem.includes('unsafe-eval'))).toEqual([]);
		expect(JSON.parse(result ?? '{}')).toMatchObject({
			tier: 'schema',
			evaluated: false,
			refused: [{ category: 'truncated', offset: 70 }],
			others: [
				{ table: 'heartbeat', sequence: '90', product: 'BTC-USD' },
				{ table: 'orderDelete', stockLocate: 1, orderReference: '4' },
			],
			rows: [{ changes: [{ price: '6700001000000' }, { price: '6700002000000', size: '0' }], time: '1717200000123456000' }],
		});
	} finally {
		await instance.close();
		server.close();
		rmSync(folder, { recursive: true, force: true });
	}
});

function readIfThere(path: string): Buffer | null {
	try {
		return readFileSync(path);
	} catch {
		return null;
	}
}
