/** `node bench/codecs.ts`: checksums and compression alone, as `npm run bench -- --only kernels` measures them among others. */
import { benchKernels, CODECS } from './kernels/index.ts';
import { describeMachine } from './machine.ts';
import { tableOf } from './table.ts';

const machine = describeMachine();
console.log(`${machine.processor}, ${machine.processors} processors, load ${machine.load.toFixed(1)}, Node ${machine.node}`);
for await (const result of benchKernels({ rounds: 9, kernels: CODECS })) console.log(`\n${tableOf(result)}`);
