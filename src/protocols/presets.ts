/** Presets of binary formats, for the command line: what `exchanges/` is for JSON. */
import type { Protocol } from '../compiler/protocol.ts';
import { binary } from './binary/index.ts';
import { itch50 } from './itch/index.ts';
import { dydxV4Stream } from './protobuf/dydx-v4.ts';
import { binanceSpotStreams, cmeMdp3 } from './sbe/index.ts';

export interface BinaryPreset {
	readonly name: string;
	/** The feed, for people. */
	readonly title: string;
	/** What its messages are encoded by. */
	readonly family: 'itch' | 'sbe' | 'protobuf';
	/** Of the feed, where its messages do not announce one. */
	readonly version: string | null;
	/** The venue's own description. */
	readonly documentation: string;
	/** How files of it are usually framed, by the names that `--format` takes; the likely ones first. */
	readonly framings: readonly string[];
	/** @param date day of the messages, as 2019-12-30, where the format's times count from midnight */
	readonly protocol: (date?: string) => Protocol;
}

export const binaryPresets: readonly BinaryPreset[] = [
	{
		name: 'nasdaq-itch-5.0',
		title: 'NASDAQ TotalView-ITCH 5.0',
		family: 'itch',
		version: '5.0',
		documentation: 'https://www.nasdaqtrader.com/content/technicalsupport/specifications/dataproducts/NQTVITCHSpecification.pdf',
		framings: ['binaryfile', 'soupbintcp', 'moldudp64'],
		protocol: (date) => binary(itch50(date === undefined ? {} : { date })),
	},
	{
		name: 'binance-spot-sbe',
		title: 'Binance spot, SBE market data streams',
		family: 'sbe',
		version: null,
		documentation: 'https://developers.binance.com/docs/binance-spot-api-docs/sbe-market-data-streams',
		framings: ['length-32-little'],
		protocol: () => binary(binanceSpotStreams()),
	},
	{
		name: 'cme-mdp3',
		title: 'CME MDP 3.0 incremental refreshes (SBE)',
		family: 'sbe',
		version: null,
		documentation: 'https://cmegroupclientsite.atlassian.net/wiki/spaces/EPICSANDBOX/pages/457325848/CME+MDP+3.0+Market+Data',
		framings: ['pcap-sbe-packets'],
		protocol: () => binary(cmeMdp3()),
	},
	{
		name: 'dydx-v4-stream',
		title: 'dYdX v4, full node stream (Protobuf)',
		family: 'protobuf',
		version: null,
		documentation: 'https://docs.dydx.exchange/api_integration-full-node-streaming',
		framings: ['grpc-list', 'varint-delimited-list'],
		protocol: () => dydxV4Stream(),
	},
];
