// One part of the check of a device, in a process of its own: work.mjs PART BACKEND [ARGUMENT ...]. Prints one line of JSON; ends with code 4 where there is no such device.
import { memory } from '@tensorflow/tfjs-core';
import { benchNetwork, timeSteps } from '@tract/benchmarks';
import { expectSameTractRun, tractRun } from '@tract/distill/testing';
import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { runTests } from 'vitest';
import { endAll } from '../../apps/cli/src/computing/at-end.js';
import { startBackend } from '../../apps/cli/src/computing/backend.js';
import { parity } from '../parity/src/parity.js';

const [part, backend, ...given] = process.argv.slice(2);
const tell = (text) => process.stderr.write(`${text}\n`);
const start = (name = backend) => startBackend({ err: tell }, { backend: name, silent: true });

const networkOf = ({ channels, mult, blocks, attn, res, in: inChannels }) => {
  const list = (text) => text.split(',').map(Number);
  const levels = { channels: Number(channels), channelMult: list(mult), blocks: Number(blocks), attentionResolutions: list(attn) };
  return benchNetwork({ ...levels, imageSize: Number(res), inChannels: Number(inChannels) });
};

const parts = {
  device: async () => ({ device: (await start()).device }),

  conformance: async () => {
    await start();
    describeBackend(backend, () => useBackend(backend));
    const results = await runTests();
    const failed = results.filter(({ error }) => error !== undefined);
    return { passed: results.length - failed.length, failed };
  },

  // Twenty steps of TRACT, and images drawn by what they trained, within 1e-3 of the native backend's.
  steps: async () => {
    await start();
    const ours = await tractRun();
    await start('native');
    const native = await tractRun();
    expectSameTractRun(ours, native);
    const apart = Math.max(...ours.losses.map((loss, i) => Math.abs(loss / native.losses[i] - 1)));
    return { steps: ours.losses.length, losses: ours.losses, apart };
  },

  parity: async () => {
    const lines = [];
    const code = await parity([given[0], '--backend', backend], (line) => lines.push(line), tell, { [backend]: start });
    return { code, lines };
  },

  bench: async () => {
    const flags = Object.fromEntries(
      given
        .join(' ')
        .split('--')
        .slice(1)
        .map((text) => text.trim().split(' ')),
    );
    await start();
    const times = await timeSteps({ network: networkOf(flags), batch: Number(flags.batch), runs: Number(flags.runs) });
    // Buffers are kept for the next that asks for one of their size: what is there at the end is the most that was.
    const bytes = memory().numBytesAllocatedInGPU;
    return { ...times, ...(bytes > 0 && { peakDeviceMB: Math.round(bytes / 2 ** 20) }) };
  },
};

try {
  console.log(JSON.stringify(await parts[part]()));
} catch (error) {
  tell(error.message);
  process.exitCode = error.exitCode ?? 1;
} finally {
  endAll();
}
