import { type Arena, createArena } from '../memory/index.ts';

let arena: Arena | undefined;

/** The arena of codecs that work on bytes outside of any; made when it is first needed. */
export function ownArena(): Arena {
	arena ??= createArena({ initial: 2 ** 18, ceiling: 2 ** 30 });
	return arena;
}
