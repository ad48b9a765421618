/** Numbers, durations and tables for people; a progress line where someone is looking. */

export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export function bytesText(value: number): string {
	const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
	let unit = 0;
	let rest = value;
	while (rest >= 1024 && unit < units.length - 1) {
		rest /= 1024;
		unit++;
	}
	return unit === 0 ? `${value} bytes` : `${rest.toFixed(rest < 10 ? 2 : 1)} ${units[unit]}`;
}

export function secondsText(seconds: number): string {
	if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
	if (seconds < 1) return `${(seconds * 1000).toFixed(1)} ms`;
	if (seconds < 120) return `${seconds.toFixed(2)} s`;
	return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Rows of a table with aligned columns; numbers to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
	const widths = rows.reduce<number[]>((all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, cell.length)), []);
	return rows.map((row) => `  ${row.map((cell, index) => (right.includes(index) ? cell.padStart(widths[index] as number) : cell.padEnd(widths[index] as number))).join('  ')}`.trimEnd()).join('\n');
}

export interface Progress {
	update(state: { readonly share: number | null; readonly messages: number; readonly refused: number; readonly bytes: number }): void;
	clear(): void;
}

/** On standard error, a line that is rewritten at most ten times a second; nothing where nobody looks. */
export function createProgress(enabled: boolean): Progress {
	if (!enabled || process.stderr.isTTY !== true) return { update: () => undefined, clear: () => undefined };
	const started = performance.now();
	let last = 0;
	let shown = false;
	return {
		update({ share, messages, refused, bytes }) {
			const now = performance.now();
			if (now - last < 100) return;
			last = now;
			shown = true;
			const seconds = (now - started) / 1000;
			const width = 24;
			const filled = share === null ? 0 : Math.round(share * width);
			const bar = share === null ? '' : `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${(share * 100).toFixed(0).padStart(3)} %  `;
			const left = share === null || share <= 0 ? '' : `  ${secondsText((seconds / share) * (1 - share))} left`;
			process.stderr.write(`\r\x1b[2K${bar}${count(messages / seconds)} messages/s  ${bytesText(bytes / seconds)}/s  ${count(messages)} messages${refused > 0 ? `  ${count(refused)} refused` : ''}${left}`);
		},
		clear() {
			if (shown) process.stderr.write('\r\x1b[2K');
		},
	};
}
