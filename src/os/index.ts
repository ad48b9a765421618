/** The operating system: what it can do faster or safer than portable code, each with its portable way. */
export { adviseHugePages, type Granted, lockMemory, pinThread, preferNode, unlockMemory } from './advice.ts';
export { ASSUMED_CACHES, type CacheGeometry, readCacheGeometry } from './cache-geometry.ts';
export { describeFacilities, type Facility } from './facilities.ts';
export { FileChangedError, type FileMapping, type MappingWay, mapFile } from './file-mapping.ts';
export { native, whyNotNative } from './native.ts';
export { COUNTER_NAMES, type CounterName, type CounterState, type Counters, openCounters } from './performance-counters.ts';
export { ringMapping } from './ring-mapping.ts';
