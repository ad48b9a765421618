import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { exchanges } from '../exchanges/index.ts';
import { json } from '../protocols/json/index.ts';
import { framePieces, simulate, type Venue } from '../simulate/index.ts';
import { numberOption, readArguments } from './arguments.ts';
import { writeReport } from './report-file.ts';
import { renderSummary, runInputs } from './run.ts';
import { bytesText } from './terminal.ts';
import { EXIT } from './usage.ts';

/** A run of each of these, the last one with faults and a report. */
const SESSIONS: readonly { readonly venue: Venue; readonly share: number; readonly faults: number }[] = [
	{ venue: 'coinbase', share: 0.5, faults: 0 },
	{ venue: 'kraken', share: 0.25, faults: 0 },
	{ venue: 'okx', share: 0.25, faults: 0 },
	{ venue: 'binance-futures', share: 1, faults: 0.0005 },
];

/** What `npm start` runs. */
export async function startCommand(args: readonly string[]): Promise<number> {
	const { values } = readArguments('start', args, { messages: { type: 'string', default: '400000' }, out: { type: 'string', default: 'out' } });
	const messages = numberOption('start', 'messages', values.messages, 100, 1e8) ?? 400_000;
	mkdirSync(values.out, { recursive: true });
	for (const { venue, share, faults } of SESSIONS) {
		const path = join(values.out, `${venue}.capture`);
		const pieces = [...framePieces(simulate({ venue, messages: Math.ceil(messages * share), seed: 7, symbols: 12, faults }), 'capture', `wss://simulated.invalid/${venue}`)];
		writeFileSync(path, Buffer.concat(pieces));
		const last = venue === SESSIONS.at(-1)?.venue;
		const report = last ? join(values.out, 'report.html') : undefined;
		const preset = exchanges[venue];
		const result = await runInputs({
			schema: preset.schema,
			protocol: json(preset.schema),
			preset: preset.name,
			title: `${preset.title} (simulated)`,
			inputs: [path],
			out: join(values.out, `${venue}.arrow`),
			quarantine: join(values.out, `${venue}.tfq`),
			report,
			progress: true,
		});
		if (report !== undefined) writeReport(report, result);
		console.log(`${renderSummary(result)}\n`);
	}
	console.log(`Everything is in ${relative(process.cwd(), values.out) || '.'}/ : captures, Arrow files, quarantined messages, and report.html to open in a browser.`);
	console.log(`Next: node src/cli/main.ts --help, or with the package installed: npx tickforge --help. (${bytesText(process.memoryUsage().rss)} resident)`);
	return EXIT.ok;
}
