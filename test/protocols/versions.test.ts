/** What is announced, and what is chosen. */
import { describe, expect, it } from 'vitest';
import { agreeOnSubprotocol, announcedByFixLogon, announcedBySbe, binanceSpotStreams, binary, choose, createEncoder, type Offered, readSoupLogin, readSubprotocol, resumeSoup } from '../../src/index.ts';
import { fixMessage, text } from '../detect/samples.ts';

describe('choose', () => {
	const offered: Offered<string>[] = [
		{ id: 1, version: 2, value: 'one-2' },
		{ id: 1, version: 5, oldest: 1, value: 'one-5' },
		{ id: 2, version: 0, value: 'two-0' },
	];
	it.each([
		[1, 2, 'exact', 'one-2'],
		[1, 5, 'exact', 'one-5'],
		[1, 3, 'newer', 'one-5'],
		[1, 1, 'newer', 'one-2'],
		[1, 0, 'newer', 'one-2'],
		[1, 9, 'older', 'one-5'],
		[2, 0, 'exact', 'two-0'],
		[2, 1, 'older', 'two-0'],
		[3, 0, 'unsupported', null],
	] as const)('schema %i version %i is %s', (id, version, outcome, value) => expect(choose({ id, version }, offered)).toMatchObject({ outcome, value }));
	it('retired versions are unsupported, and it is said what to do', () => {
		expect(choose({ id: 1, version: 3 }, [{ id: 1, version: 8, oldest: 4, value: 'x' }])).toEqual({ outcome: 'unsupported', value: null, reason: 'version 3 of 1 is retired; the oldest that is read is 4', advice: 'have the sender use a newer version, or offer a parser that still reads it' });
		expect(choose({ id: 1, version: 4 }, [{ id: 1, version: 8, oldest: 4, value: 'x' }]).outcome).toBe('newer');
		expect(choose({ id: 9, version: 3 }, offered)).toMatchObject({ reason: '9 is none of those offered (1 version 2, 1 version 5, 2 version 0)' });
		expect(choose({ id: 9, version: 3 }, [])).toMatchObject({ outcome: 'unsupported', reason: '9 is none of those offered (nothing)' });
	});
	it('versions that are names have no order', () => {
		const fix: Offered<string>[] = [
			{ id: 'FIX.4.4', version: 'FIX.4.4', value: '44' },
			{ id: 'FIXT.1.1', version: '9', value: '50sp2' },
		];
		expect(choose({ id: 'FIX.4.4', version: 'FIX.4.4' }, fix)).toMatchObject({ outcome: 'exact', value: '44' });
		expect(choose({ id: 'FIXT.1.1', version: '9' }, fix)).toMatchObject({ outcome: 'exact', value: '50sp2' });
		expect(choose({ id: 'FIXT.1.1', version: '7' }, fix)).toMatchObject({ outcome: 'unsupported', advice: 'offer a parser for version 7' });
		expect(choose({ id: 'FIX.4.2', version: 'FIX.4.2' }, fix).outcome).toBe('unsupported');
	});
});

it('SBE headers', () => {
	const protocol = binary(binanceSpotStreams());
	const message = createEncoder(protocol).encode('bestBidAsk', { eventTime: 0n, bookUpdateId: 1n, bidPrice: '1', bidQty: '1', askPrice: '1', askQty: '1', symbol: 'A' } as never, { version: 3 });
	expect(announcedBySbe(message, protocol.format)).toEqual({ id: 1, version: 3 });
	expect(announcedBySbe(message.subarray(0, 7), protocol.format)).toBe(null);
});

it('FIX logons', () => {
	expect(announcedByFixLogon(fixMessage('FIXT.1.1', '35=A|34=1|98=0|108=30|1137=9|1407=100|'))).toEqual({ id: 'FIXT.1.1', version: '9', extension: '100', custom: null });
	expect(announcedByFixLogon(fixMessage('FIX.4.2', '35=A|34=1|98=0|108=30|'))).toEqual({ id: 'FIX.4.2', version: 'FIX.4.2', extension: null, custom: null });
	for (const other of [fixMessage('FIXT.1.1', '35=A|34=1|'), fixMessage('FIX.4.2', '35=0|34=1|'), text('8=FIX'), text('{}'), new Uint8Array(0)]) expect(announcedByFixLogon(other)).toBe(null);
});

it('WebSocket subprotocols, on both sides', () => {
	expect(agreeOnSubprotocol('v1.feed, v2.feed', ['v3.feed', 'v2.feed', 'v1.feed'])).toBe('v2.feed');
	expect(agreeOnSubprotocol('v9', ['v2'])).toBe(null);
	expect(agreeOnSubprotocol(null, ['v2'])).toBe(null);
	expect(readSubprotocol('v2', ['v2', 'v1'])).toEqual({ outcome: 'agreed', name: 'v2' });
	expect(readSubprotocol(null, ['v2'])).toEqual({ outcome: 'agreed', name: null });
	for (const answer of ['v3', 'v2, v1', '']) expect(readSubprotocol(answer, ['v2', 'v1'])).toMatchObject({ outcome: 'fail' });
	expect(readSubprotocol('v2', [])).toEqual({ outcome: 'fail', reason: 'the server answers with the subprotocol "v2", and was asked for none' });
});

it('SoupBinTCP logins', () => {
	const login = (session: string, next: string): Uint8Array => text(`A${session.padStart(10)}${next.padStart(20)}`);
	expect(readSoupLogin(login('000001', '17'))).toEqual({ session: '000001', next: 17 });
	for (const other of [login('000001', '17').subarray(0, 30), text('J'), login('1', 'x'), new Uint8Array(0)]) expect(readSoupLogin(other)).toBe(null);
	const before = { session: 'A', expected: 10 };
	expect(resumeSoup({ session: 'A', next: 10 }, before)).toEqual({ outcome: 'same', missing: 0, repeated: 0 });
	expect(resumeSoup({ session: 'A', next: 14 }, before)).toEqual({ outcome: 'gap', missing: 4, repeated: 0 });
	expect(resumeSoup({ session: 'A', next: 7 }, before)).toEqual({ outcome: 'same', missing: 0, repeated: 3 });
	expect(resumeSoup({ session: 'B', next: 1 }, before)).toEqual({ outcome: 'other', missing: 0, repeated: 0 });
});
