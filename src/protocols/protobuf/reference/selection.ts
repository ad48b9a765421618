/** Which member of the oneof that tells tables apart is set: the last that stands there, seen from tags alone. */
import { Refusal } from '../../rows/reference/refusal.ts';
import { WIRE } from '../types.ts';
import type { ProtobufFormat } from '../wire.ts';
import { Scanner } from './scanner.ts';

/** The variant's index. What is wrong with a message of a variant that was seen is found where it is read. */
export function variantSelector({ oneofPath, variants }: ProtobufFormat): (message: Uint8Array) => number {
	if (oneofPath === null) return () => 0;
	return (message) => {
		const scanner = new Scanner(message);
		let selected = -1;
		/** @param step of the way to the oneof that this message is at */
		const walk = (limit: number, step: number): void => {
			while (scanner.at < limit) {
				const tag = scanner.tag(limit);
				if (tag.wireType === WIRE.bytes && step < oneofPath.length && tag.number === oneofPath[step]) walk(scanner.open(limit), step + 1);
				else {
					scanner.skip(tag, limit, step + 1);
					const variant = tag.wireType === WIRE.bytes && step === oneofPath.length ? variants.findIndex(({ member }) => member === tag.number) : -1;
					if (variant >= 0) selected = variant;
				}
			}
		};
		try {
			walk(message.length, 0);
		} catch (error) {
			if (selected < 0 || !(error instanceof Refusal)) throw error;
		}
		if (selected < 0) throw new Refusal('unknown-message', 0);
		return selected;
	};
}
