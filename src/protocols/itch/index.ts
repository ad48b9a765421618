/** ITCH and its family. docs/itch.md. */
export { type Itch50, type ItchOptions, itch50 } from './itch-50.ts';
