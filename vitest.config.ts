import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		// Long property tests and child processes on two shared cores.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		pool: 'forks',
		typecheck: { enabled: false },
	},
});
