/** Which of tickforge's tiers are measured, the fastest first. A new tier gets its candidates and ratio columns by its name here. */
import type { Tier } from '../src/index.ts';

export const TIERS: readonly Tier[] = ['layout', 'schema', 'reference'];

/** Tiers that are as slow as an interpreter: they get a part of the messages. */
export const SLOW_TIERS: readonly Tier[] = ['reference'];

/** What everything is compared to, besides tiers: the bound, and what every program has. */
export const BASELINES: readonly string[] = ['touch', 'JSON.parse'];
