/** What a running parser costs: what it allocates, and what it leaves behind. */
export type { AllocationSite, Frame } from './allocation-sites.ts';
export { type FeedWorkload, feedWorkload } from './feed-workload.ts';
export type { CollectionKind, Collections, Growth, Segment } from './heap-meter.ts';
export { type AllocationMeasurement, type AllocationProof, type Pace, type ProveOptions, proveAllocations, type Workload } from './prove-allocations.ts';
export { proveRestarts, type RestartOptions, type RestartProof, type Trend } from './prove-restarts.ts';
