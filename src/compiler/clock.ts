/**
 * Seconds since some moment, to the nanosecond. Where there is `process.uptime`, a reading makes one number (16 bytes)
 * until the engine has optimised what reads it; `performance.now` makes an array and numbers each time, 60 to 90 bytes.
 */
export const secondsNow: () => number = typeof process === 'object' && typeof process.uptime === 'function' ? process.uptime : () => performance.now() / 1000;
