import type { BranchRecorder } from './branches.ts';
import type { I32 } from './i32.ts';

/** What the code of a module's functions shares while the module is built. */
export interface ModuleContext {
	readonly name: string;
	/** The function that is built now: statements of another would end up in the wrong place. */
	current: { readonly name: string } | undefined;
	/** Whether any instruction needs a memory. */
	usesMemory: boolean;
	/** Where branches are counted, or a profile is followed. */
	readonly branches: BranchRecorder | undefined;
	/** The counters' address, where they are counted. */
	branchCounters: I32 | undefined;
}
