/** Places in a message while code for it is emitted: a local and a constant distance from it. */
import { I32, type Local } from '../../../wasm/index.ts';

export interface Position {
	readonly base: Local<I32>;
	readonly offset: number;
}

export const moved = ({ base, offset }: Position, by: number): Position => ({ base, offset: offset + by });

/** The place as a value. */
export const addressOf = ({ base, offset }: Position): I32 => (offset === 0 ? base : base.add(I32.of(offset)));

/** What `load` gives there. An instruction's own offset is never negative. */
export function placeOf<Value>({ base, offset }: Position, load: (address: I32, offset: number) => Value): Value {
	return offset >= 0 ? load(base, offset) : load(base.sub(-offset), 0);
}
