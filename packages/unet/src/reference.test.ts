import { readFileSync } from 'node:fs';
import { useBackend } from '@tract/tensor';
import { beforeAll, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { applyUNet, type UNetConfig, type UNetParams, unetSpec } from './index.js';
import { expectReference, type FormulaCase } from './testing/formula-reference.js';

type Case = FormulaCase & { readonly config: Omit<UNetConfig, 'kind'>; readonly logSNR: number[]; readonly labels?: number[] };
const { cases } = JSON.parse(readFileSync(new URL('../test/reference.json', import.meta.url), 'utf8')) as { cases: Case[] };

beforeAll(() => useBackend('cpu'));

test.each(cases)('the $name network gives the reference outputs and gradients', ({ config: sizes, logSNR, labels, ...expected }) => {
  const config: UNetConfig = { kind: 'unet', ...sizes };
  const { imageSize: side, inChannels } = config;
  return expectReference<UNetParams>(
    {
      spec: unetSpec(config),
      apply: (params, xt) => applyUNet(config, params, xt, { noise: logSNR, labels }),
      inputShape: [logSNR.length, inChannels, side, side],
    },
    expected,
  );
});
