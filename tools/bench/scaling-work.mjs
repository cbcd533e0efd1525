// One size of network and batch on the native backend: scaling-work.mjs JSON, where JSON is { network, batch, threads, turns }.
// Prints { peaks, forward: { ms, work }, tract: { ms, work } }: medians, and what one of each asks of the machine.
import { machinePeaks, registerNativeBackend } from '@tract/backend-native';
import { benchNetwork, countWork, sweepBatches, TractBench } from '@tract/benchmarks';
import { useBackend } from '@tract/tensor';

const { network: size, batch, threads, turns } = JSON.parse(process.argv[2]);
registerNativeBackend({ threads });
await useBackend('native');
const network = benchNetwork(size);
const peaks = machinePeaks();
const bench = new TractBench({ network, batch });
const forward = await countWork(() => bench.forward());
const tract = await countWork(() => bench.step());
bench.dispose();
const [speeds] = await sweepBatches({ network, batches: [batch], runs: turns });
const timed = (work, imagesPerSecond) => ({ work, ms: (1000 * batch) / imagesPerSecond });
console.log(JSON.stringify({ peaks, forward: timed(forward, speeds.forward), tract: timed(tract, speeds.tract) }));
process.exit(); // threads would hold the process
