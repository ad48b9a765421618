import type { ErrorCategory } from '../../../compiler/parser-abi.ts';

/** Thrown where the walk over a message meets its first error. */
export class Refusal {
	readonly category: ErrorCategory;
	/** From the message's first byte. */
	readonly offset: number;

	constructor(category: ErrorCategory, offset: number) {
		this.category = category;
		this.offset = offset;
	}
}

/** Thrown where the message does not fit the room that is left in its batch. */
export class BatchFull {}
