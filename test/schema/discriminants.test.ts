import { expect, it } from 'vitest';
import { discriminantsOf, exclude } from '../../src/schema/discriminants.ts';
import { decimal, float, literal, object, tupleMessage } from '../../src/schema/index.ts';

const excludes = (a: Parameters<typeof discriminantsOf>[0], b: Parameters<typeof discriminantsOf>[0]): boolean => exclude(discriminantsOf(a), discriminantsOf(b));

it('null is no container, and may satisfy two constraints that otherwise contradict', () => {
	const scalar = tupleMessage('scalar', { value: float(), price: decimal(8) });
	const container = tupleMessage('container', { value: object({ a: float() }), price: decimal(8) });
	const nullable = tupleMessage('nullable', { value: object({ a: float() }).nullable(), price: decimal(8) });
	const isNull = tupleMessage('isNull', { value: literal(null), price: decimal(8) });
	expect(excludes(scalar, container)).toBe(true);
	expect(excludes(scalar, nullable)).toBe(false);
	expect(excludes(nullable, scalar)).toBe(false);
	expect(excludes(isNull, scalar)).toBe(false);
	expect(excludes(isNull, nullable)).toBe(false);
	expect(excludes(isNull, container)).toBe(true);
});
