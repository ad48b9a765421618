import type { V128 } from './v128.ts';

/** A vector in one of its readings. */
export abstract class Lanes {
	protected readonly vector: V128;

	/** @internal */
	constructor(vector: V128) {
		this.vector = vector;
	}
}
