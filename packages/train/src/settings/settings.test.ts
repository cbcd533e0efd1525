import { methods } from '@tract/distill';
import { expect, test } from 'vitest';
import { distillSchema, methodDefaults, settingRows, teacherSchema, upgradeSettings } from './index.js';

const run = { data: 'mnist', images: 100, batch: 4, learningRate: 1e-3, clipNorm: 1, seed: 0, checkpointEvery: 20 };
const student = { ...run, teacher: 'T', schedule: [16, 4, 1], decay: 'cosine', reinitStudent: false };
const network = {
  ...{ kind: 'unet', imageSize: 8, inChannels: 1, channels: 8, embChannels: 16, channelMult: [1], blocks: 1 },
  ...{ attentionResolutions: [], outputs: 1, classes: 1, scaleShift: true, resampleInBlocks: true },
};
const teacher = { ...run, network, prediction: 'v' };
const withoutNulls = (values: object) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

const faultOf = (schema: typeof distillSchema | typeof teacherSchema, settings: object): string | undefined => {
  const issue = schema.safeParse(settings).error?.issues[0];
  return issue && `${issue.path.join('.')}: ${issue.message}`;
};

test.each(methods)('a distillation with the defaults of %s is one', (method) => {
  expect(faultOf(distillSchema, { ...student, ...withoutNulls(methodDefaults(method)) })).toBeUndefined();
});

test.each([
  [{ schedule: [16, 3, 1] }, 'schedule: does not go: each number of steps divides the one before it, but 3 does not divide 16; try 2'],
  [{ phaseWeights: [1] }, 'phaseWeights: must give one number for each phase, but 16,4,1 has 2 phases'],
  [{ emaResidual: 0.1, emaMomentum: 0.9 }, 'emaMomentum: cannot stand beside emaResidual; choose one'],
  [{ emaRampUp: 0.05 }, 'emaRampUp: goes with emaHalfLife; give that too'],
  [{ accumulate: 3 }, 'accumulate: 3 must divide the batch of 4 images; change one of the two'],
  [{ selfEma: 1 }, 'selfEma: a number of at least 0 and below 1'],
])('a distillation with %j is refused', (change, fault) => {
  expect(faultOf(distillSchema, { ...student, ...withoutNulls(methodDefaults('tract')), ...change })).toBe(fault);
});

test('a teacher is its model and how it is trained; what another kind of network has is refused', () => {
  expect(faultOf(teacherSchema, teacher)).toBeUndefined();
  expect(faultOf(teacherSchema, { ...teacher, network: { ...network, kind: 'x' } })).toBe('network.kind: unet, song or dhariwal');
  expect(faultOf(teacherSchema, { ...teacher, network: { ...network, noiseChannels: 4 } })).toMatch(/^network: .*noiseChannels/);
});

test('settings are listed with what they must be', () => {
  const rows = settingRows(teacherSchema);
  expect(rows.find(({ path, kind }) => path === 'network.channels' && kind === 'song')).toMatchObject({
    expects: 'a whole number of at least 1',
    optional: false,
  });
});

test('settings of older versions get their names of today', () => {
  const { kind: _, ...paper } = network;
  expect(upgradeSettings({ noisyShare: 0.9, restart: 'teacher', network: paper })).toEqual({
    highNoiseFraction: 0.9,
    reinitStudent: true,
    network,
  });
});
