import { expect, it } from 'vitest';
import { lines } from '../../src/framing/lines.ts';
import { decimal, json, message, parseFeed } from '../../src/index.ts';
import { bytesSource } from '../../src/sources/bytes.ts';

it('calls around each call of the parser, and nowhere else', async () => {
	const events: string[] = [];
	let messages = 0;
	const text = Array.from({ length: 10_000 }, (_, index) => `{"p":"${index}.5"}\n`).join('');
	const summary = await parseFeed(json(message('price', { price: decimal(2).key('p') })), bytesSource(new TextEncoder().encode(text)), lines(), {
		aroundParse: {
			before: (parser) => {
				expect(parser.statistics().messages).toBe(messages);
				events.push('before');
			},
			after: (parser) => {
				messages = parser.statistics().messages;
				events.push('after');
			},
		},
		onBatch: () => void events.push('batch'),
	});
	expect(messages).toBe(10_000);
	expect(summary.statistics.messages).toBe(10_000);
	// Full batches are handed over within; the last one, when the input has ended, is not.
	expect(events.join(' ')).toMatch(/^(before (batch )*after )+batch$/);
	expect(events.filter((event) => event === 'before').length).toBeGreaterThan(1);
});
