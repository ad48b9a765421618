/** How many of the last messages were refused, and whether that is too many to go on. */
export interface Circuit {
	/** Tells of messages parsed since the last call, and how many of them were refused. */
	record(messages: number, refused: number): void;
	/** Refused share of all messages, 0 to 1. */
	readonly rate: number;
	/** Refused share of the worst window, and the message it ended with. */
	readonly worst: { readonly rate: number; readonly endedWith: number };
	/** Whether a window's share went above the limit. Stays so. */
	readonly isOpen: boolean;
}

export interface CircuitOptions {
	/** Messages that a window has, at least. Default 1000. */
	readonly window?: number;
	/** Opens where a window's refused share is above this. Default 1: never. */
	readonly openAbove?: number;
}

export function createCircuit(options: CircuitOptions = {}): Circuit {
	const window = options.window ?? 1000;
	const openAbove = options.openAbove ?? 1;
	let messages = 0;
	let refused = 0;
	let windowMessages = 0;
	let windowRefused = 0;
	let worstRate = 0;
	let worstEnd = 0;
	let isOpen = false;
	return {
		record(more, moreRefused) {
			messages += more;
			refused += moreRefused;
			windowMessages += more;
			windowRefused += moreRefused;
			if (windowMessages < window) return;
			const rate = windowRefused / windowMessages;
			if (rate > worstRate) {
				worstRate = rate;
				worstEnd = messages;
			}
			if (rate > openAbove) isOpen = true;
			windowMessages = 0;
			windowRefused = 0;
		},
		get rate() {
			return messages === 0 ? 0 : refused / messages;
		},
		get worst() {
			return { rate: worstRate, endedWith: worstEnd };
		},
		get isOpen() {
			return isOpen;
		},
	};
}
