/** What the main thread tells the one that fuzzes, and what it hears. */
export interface WorkerTask {
	readonly target: string;
	readonly seed: number;
	readonly seconds: number | null;
	readonly runs: number | null;
	readonly guided: boolean;
	readonly keepGoing: boolean;
	/** Where inputs are kept, and whether those that are there already take part. */
	readonly corpus: string;
	readonly fresh: boolean;
	/** {@link CURRENT}, then the input that runs, as its file. */
	readonly current: SharedArrayBuffer;
}

/** Of `WorkerTask.current`: number of the run (u32), bytes of its input (u32), the input. */
export const CURRENT = { run: 0, length: 4, input: 8, size: 2 ** 20 } as const;

export type WorkerMessage =
	| { readonly kind: 'opened'; readonly seeds: number; readonly kept: number }
	| { readonly kind: 'failed'; readonly what: string; readonly file: Uint8Array; readonly bytes: number }
	| { readonly kind: 'progress' | 'done'; readonly runs: number; readonly corpus: number; readonly reached: number; readonly failures: number };
