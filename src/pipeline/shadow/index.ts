/** Two parsers on the same messages: compared (`shadow`), or one taking over from the other (`rollout`). */
export type { Comparison, Difference, DifferenceOptions } from './differences.ts';
export type { ParserPlan } from './lane.ts';
export { type RollBackEvent, type RolloutOptions, type RolloutParser, type RolloutState, type RolloutStatistics, rollout, type StepEvent } from './rollout.ts';
export type { PromotionRules, RollBackReason, RollBackRules, StepMeasure } from './rules.ts';
export { type ShadowOptions, type ShadowParser, type ShadowStatistics, shadow } from './shadow.ts';
export type { StructureDifference } from './structure.ts';
