/** The UDP streams in the start of a packet capture. */
import { DESCRIPTOR } from '../compiler/parser-abi.ts';
import { datagrams, datagramVisitor, packetCapture } from '../framing/packet-capture.ts';
import { SCAN, SCAN_STOP } from '../framing/scan-abi.ts';
import { SAMPLE_BYTES, SAMPLE_MESSAGES, scanSample } from './sample.ts';

export interface CapturedStream {
	readonly address: string;
	readonly port: number;
	packets: number;
	bytes: number;
	/** The first ones. */
	readonly payloads: Uint8Array[];
	/** Bytes of those. */
	kept: number;
}

export interface Captured {
	/** Those with most packets first. */
	readonly streams: readonly CapturedStream[];
	/** What became of the packets, by name. */
	readonly counts: Readonly<Record<string, number>>;
}

/** Streams are told apart up to so many. */
const MOST_STREAMS = 256;

export function readCaptured(sample: Uint8Array): Captured {
	const streams = new Map<string, CapturedStream>();
	const framing = packetCapture({ each: datagrams() });
	const counts = scanSample(sample, framing, ({ memory, address: base, context, bytes }) => {
		const scan = datagramVisitor(memory, ({ start, end, address, addressBytes, port }) => {
			const view = new Uint8Array(memory.buffer);
			const text = addressText(view.subarray(address, address + addressBytes));
			const key = `${text} ${port}`;
			let stream = streams.get(key);
			if (stream === undefined) {
				if (streams.size === MOST_STREAMS) return;
				stream = { address: text, port, packets: 0, bytes: 0, payloads: [], kept: 0 };
				streams.set(key, stream);
			}
			stream.packets++;
			stream.bytes += end - start;
			if (end === start || stream.payloads.length === SAMPLE_MESSAGES || stream.kept + end - start > SAMPLE_BYTES) return;
			stream.kept += end - start;
			stream.payloads.push(bytes.subarray(start - base, end - base));
		});
		const view = new DataView(memory.buffer);
		const words = (field: number): number => view.getUint32(context + field, true);
		// Bounded: each call hands on, or is done.
		for (let calls = 0; calls * SAMPLE_MESSAGES * DESCRIPTOR.size < bytes.length; calls++) {
			scan(context);
			if (words(SCAN.stop) !== SCAN_STOP.full) break;
		}
		return framing.counts?.(memory, context) ?? {};
	});
	return { streams: [...streams.values()].sort((a, b) => b.packets - a.packets), counts };
}

/** RFC 5952: groups without leading zeros, the longest run of zeros left out. */
export function addressText(address: Uint8Array): string {
	if (address.length === 4) return address.join('.');
	const groups = Array.from({ length: 8 }, (_, index) => ((address[index * 2] as number) * 256 + (address[index * 2 + 1] as number)).toString(16));
	const text = groups.join(':');
	const [longest] = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([run]) => run).sort((a, b) => b.replace(/:/g, '').length - a.replace(/:/g, '').length);
	return longest === undefined ? text : text.replace(longest, longest.startsWith(':') || text.startsWith(longest) ? ':' : '').replace(/^:(?!:)|(?<!:):$/, '::');
}
