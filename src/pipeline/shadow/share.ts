/** A share of the traffic, spread evenly and the same in every run. */
export interface Share {
	/** Whether the next chunk, of so many messages, belongs to the share. */
	take(messages: number): boolean;
}

/** Takes a chunk whenever what was taken falls behind the share: the first one, then every so many. */
export function createShare(share: number): Share {
	let all = 0;
	let taken = 0;
	return {
		take(messages) {
			all += messages;
			if (taken >= share * all) return false;
			taken += messages;
			return true;
		},
	};
}

/** @throws RangeError where it is no share */
export function shareOption(name: string, share: number): number {
	if (!(share >= 0 && share <= 1)) throw new RangeError(`tickforge: ${name} is a share from 0 to 1, not ${share}`);
	return share;
}
