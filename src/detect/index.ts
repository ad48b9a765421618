/** What bytes are, with reasons. */
export { type DetectOptions, detect } from './detect.ts';
export type { Candidate, DatagramStream, Detection, PresetFit } from './evidence.ts';
export { type FramingFit, findFraming, isPacketCapture } from './framing-fit.ts';
