import { readFileSync } from 'node:fs';
import { useBackend } from '@tract/tensor';
import { beforeAll, test } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { applyEdmUNet, type EdmUNetConfig, type EdmUNetParams, edmUNetSpec } from '../index.js';
import { expectReference, type FormulaCase } from '../testing/formula-reference.js';

type Case = FormulaCase & {
  readonly config: EdmUNetConfig;
  readonly cNoise: number[];
  readonly labels?: number[];
  readonly augment?: number[][];
};
const { cases } = JSON.parse(readFileSync(new URL('../../test/edm-reference.json', import.meta.url), 'utf8')) as { cases: Case[] };

beforeAll(() => useBackend('cpu'));

test.each(cases)('$name: outputs and gradients are those of the published code', ({ config, cNoise, labels, augment, ...expected }) => {
  const { imageSize: side, inChannels } = config;
  return expectReference<EdmUNetParams>(
    {
      spec: edmUNetSpec(config),
      apply: (params, xt) => applyEdmUNet(config, params, xt, { noise: cNoise, labels, augment }),
      inputShape: [cNoise.length, inChannels, side, side],
    },
    expected,
  );
});
