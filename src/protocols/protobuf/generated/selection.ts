/** Which member of the oneof that tells tables apart is set: the last that stands there, seen from tags alone. */
import { ERROR_CATEGORIES } from '../../../compiler/parser-abi.ts';
import { type Func, I32, type ModuleBuilder } from '../../../wasm/index.ts';
import { WIRE } from '../types.ts';
import type { ProtobufFormat, WireVariant } from '../wire.ts';
import type { Scanner } from './scanner.ts';

/** `select(p, end)`: the variant's index; or -1 with a fault, where none was seen before it. */
export function emitSelection(m: ModuleBuilder, { scanner }: { readonly scanner: Scanner }, variants: readonly WireVariant[], oneofPath: NonNullable<ProtobufFormat['oneofPath']>): Func<I32> {
	const { faults } = scanner;
	const selected = m.global(I32, -1, { name: 'selected', mutable: true });
	/** `look(p, limit) -> after | 0`: the messages of one step on the way to the oneof. */
	const emitStep = (step: number): Func<I32> => {
		const further = step < oneofPath.length ? emitStep(step + 1) : null;
		return m.func(`select ${step}`, { params: { p: I32, limit: I32 }, results: [I32] }, (f, { p, limit }) => {
			const at = f.local(I32, undefined, 'at');
			const tag = f.local(I32, undefined, 'tag');
			f.block((done) => {
				f.loop((next) => {
					done.branchIf(p.geU(limit));
					at.set(p);
					tag.set(scanner.tag.call(p, limit));
					f.if(scanner.tagEnd.eqz(), () => f.return(I32.of(0)));
					p.set(scanner.tagEnd);
					const failed = (): void => f.if(p.eqz(), () => f.return(I32.of(0)));
					if (further !== null) {
						f.if(tag.eq(tagOf(oneofPath[step] as number)), () => {
							const end = f.local(I32, scanner.open.call(p, limit), 'innerEnd');
							f.if(end.eqz(), () => f.return(I32.of(0)));
							p.set(further.call(scanner.contentStart, end));
							failed();
							next.branch();
						});
					}
					p.set(scanner.skip.call(p, tag, at, limit, I32.of(step + 1)));
					failed();
					if (further === null) {
						variants.forEach(({ member }, index) => {
							if (member !== null) f.if(tag.eq(tagOf(member)), () => selected.set(f, I32.of(index)));
						});
					}
					next.branch();
				});
			});
			f.return(p);
		});
	};
	const walk = emitStep(0);
	return m.func('select', { params: { p: I32, end: I32 }, results: [I32] }, (f, { p, end }) => {
		selected.set(f, I32.of(-1));
		const after = f.local(I32, walk.call(p, end), 'after');
		f.if(selected.ltS(0).and(after.ne(0)), () => {
			faults.category.set(f, I32.of(ERROR_CATEGORIES['unknown-message']));
			faults.at.set(f, p);
		});
		f.return(selected);
	});
}

const tagOf = (number: number): number => (number * 8 + WIRE.bytes) | 0;
