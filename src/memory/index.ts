/** Memory that generated code and TypeScript share: regions, slots, rings, and handles that cannot go stale unnoticed. */
export { type Arena, ArenaFullError, type ArenaOptions, type ArenaReport, createArena, GUARD_BYTE, GUARD_BYTES, type Region, type RegionOptions } from './arena.ts';
export { createHandleTable, type Handle, type HandleTable, StaleHandleError } from './handles.ts';
export { createMirroredRing, type MirroredRing, type RingMapping } from './mirrored-ring.ts';
export { createSlotAllocator, type SlotAllocator } from './slot-allocator.ts';
