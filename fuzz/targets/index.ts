/** Everything that is fuzzed. A new target is a line here, or in the file of its kind. */
import type { Target } from '../target.ts';
import { codecTargets } from './codecs.ts';
import { framingTargets } from './framings.ts';
import { protocolTargets } from './protocols.ts';
import { readerTargets } from './readers.ts';
import { symbolTarget } from './symbols.ts';

export const targets: readonly Target[] = [...protocolTargets, ...framingTargets, ...codecTargets, symbolTarget, ...readerTargets];
