/** Messages that no layout took are noted now and then, to be learned (LEARNING and NOTE in compiler/parser-abi.ts). */
import { LEARNING, NOTE } from '../../compiler/parser-abi.ts';
import { type FunctionBuilder, type Global, I32, type ModuleBuilder } from '../../wasm/index.ts';

/**
 * Emits: so many messages less until the next is noted, and this one is where that is its turn.
 *
 * @param item 1 + offset of a list's item that was new; 0: none in particular
 */
export type NoteInTurn = (f: FunctionBuilder, p: I32, end: I32, variant: I32, options?: { readonly messages?: I32; readonly item?: I32 }) => void;

/** @param layouts address of the LEARNING block */
export function emitNotes(m: ModuleBuilder, layouts: Global<I32>): NoteInTurn {
	const note = m.func('note', { params: { p: I32, end: I32, variant: I32, item: I32 }, results: [] }, (f, { p, end, variant, item }) => {
		const at = f.local(I32, layouts, 'layouts');
		f.store(at, I32.load(at, LEARNING.noteEvery), LEARNING.noteCountdown);
		const count = f.local(I32, I32.load(at, LEARNING.notes), 'notes');
		f.if(count.ltU(I32.load(at, LEARNING.noteLimit)), () => {
			const entry = f.local(I32, I32.load(at, LEARNING.noteTable).add(count.mul(NOTE.size)), 'entry');
			f.store(entry, p, NOTE.address);
			f.store(entry, end.sub(p), NOTE.length);
			f.store(entry, variant, NOTE.variant);
			f.store(entry, item, NOTE.item);
			f.store(at, count.add(1), LEARNING.notes);
		});
	});
	return (f, p, end, variant, { messages = I32.of(1), item = I32.of(0) } = {}) => {
		const countdown = f.local(I32, I32.load(layouts, LEARNING.noteCountdown).sub(messages), 'countdown');
		f.store(layouts, countdown, LEARNING.noteCountdown);
		f.if(countdown.leS(0), () => f.call(note, p, end, variant, item));
	};
}
