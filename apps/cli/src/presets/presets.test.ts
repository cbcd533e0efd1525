import { existsSync } from 'node:fs';
import { checkDiffusionModel } from '@tract/model';
import { planDistillation, planTraining } from '@tract/train';
import { describe, expect, test } from 'vitest';
import { knownTeacher } from '../models/known-teacher.js';
import { hasModel, readModel } from '../models/model-folder.js';
import { commandOf } from '../output/card-command.js';
import { tractHere } from '../testing/tract-here.js';
import { distillPresets, publishedTeachers, trainPresets } from './presets.js';

const planOf = (name: string) => {
  const settings = distillPresets[name];
  return planDistillation(publishedTeachers[settings.teacher], settings);
};
const momenta = (name: string) => planOf(name).phases.map(({ emaMomentum }) => emaMomentum);

describe('the published experiments', () => {
  test('have as many updates as their images and batches say', () => {
    expect(planOf('cifar10-tract-1024-32-1').phases.map(({ updates }) => updates)).toEqual([196_608, 196_608]);
    expect(planOf('cifar10-tract-256m-1024-32-1').phases.map(({ updates }) => updates)).toEqual([524_288, 524_288]);
    expect(planOf('cifar10-tract-edm-40-1').updates).toBe(196_608);
    expect(planOf('cifar10-btd').phases.map(({ updates }) => updates)).toEqual([...Array(11).fill(50_000), 100_000, 100_000]);
    expect(planOf('imagenet64-btd').phases.map(({ updates }) => updates)).toEqual([...Array(8).fill(50_000), 100_000, 100_000]);
    expect(distillPresets['cifar10-btd'].images).toBe(96e6);
    expect(distillPresets['imagenet64-btd'].images).toBe(1_228.8e6);
  });

  test('have averages that leave the published residual: 0.99997 and 0.99999, as they are quoted', () => {
    for (const momentum of momenta('cifar10-tract-1024-32-1')) expect(momentum).toBeCloseTo(0.999965, 6);
    for (const momentum of momenta('cifar10-tract-256m-1024-32-1')) expect(momentum).toBeCloseTo(0.9999868, 7);
    expect(new Set(momenta('cifar10-btd'))).toEqual(new Set([0]));
    expect(planTraining(trainPresets['cifar10-edm-teacher']).phases[0].emaMomentum).toBeCloseTo(2 ** (-512 / 5e5), 12);
  });

  test('have networks of the published sizes', () => {
    const sizes = Object.keys(distillPresets)
      .filter((name) => Object.hasOwn(publishedTeachers, distillPresets[name].teacher))
      .map((name) => planOf(name).parameters);
    // With the 9 x 256 weights that know of augmentations, which published weights have and the paper does not count.
    expect(new Set(sizes)).toEqual(new Set([60_004_099, 295_905_222, 295_899_267, 56_395_523 + 9 * 256]));
  });

  test('need memory for the images of a part of a batch where they are accumulated', () => {
    const settings = distillPresets['cifar10-tract-edm-40-1'];
    const memoryOf = (accumulate?: number) => planDistillation(publishedTeachers[settings.teacher], { ...settings, accumulate }).memory;
    const whole = memoryOf();
    expect(memoryOf(64)).toEqual({ ...whole, activations: whole.activations / 64 });
    expect(memoryOf(1)).toEqual(whole);
  });

  test("have EDM's dropout while their teachers are trained", () => {
    const { network } = trainPresets['imagenet64-edm-teacher'];
    expect(trainPresets['cifar10-edm-teacher'].network).toMatchObject({ dropout: 0.13 });
    expect(network).toMatchObject({ dropout: 0.1 });
    const settings = { ...trainPresets['mnist-edm-tiny'], network: { ...trainPresets['mnist-edm-tiny'].network, dropout: 0.2 } };
    expect(commandOf('train', trainPresets, settings)).toBe('tract train --preset mnist-edm-tiny --set network.dropout=0.2 --out RUN');
  });

  test('count in a target what their teachers are called for', () => {
    const calls = (name: string) => planOf(name).multiplyAdds.update / planOf(name).multiplyAdds.call;
    expect([calls('cifar10-tract-1024-32-1'), calls('cifar10-tract-edm-40-1'), calls('cifar10-btd')]).toEqual([5, 6, 5]);
  });
});

test('every teacher that a preset names is there or known, and can be built', () => {
  for (const { teacher } of Object.values(distillPresets)) {
    const model = knownTeacher(teacher) ?? readModel(teacher);
    expect(() => checkDiffusionModel(model), teacher).not.toThrow();
  }
  for (const [name, settings] of Object.entries(trainPresets)) expect(() => checkDiffusionModel(settings), name).not.toThrow();
  expect(hasModel('mnist-teacher')).toBe(true);
});

describe.each([
  ['train', trainPresets],
  ['distill', distillPresets],
] as const)('tract %s --dry-run', (command, presets) => {
  test.each(Object.keys(presets))('--preset %s', async (name) => {
    const { code, out, err } = await tractHere(command, '--preset', name, '--dry-run', '--json');
    // A data set that a machine need not have is asked for by name; all else of the plan is told.
    const lacks = name.startsWith('fashion') && !existsSync('/usr/share/datasets/fashion-mnist');
    expect({ code, err }).toEqual(
      lacks ? { code: 3, err: expect.stringMatching(/^error: .*install Debian's package dataset-fashion-mnist/) } : { code: 0, err: '' },
    );
    const value = JSON.parse(out);
    expect(value).toMatchObject({ command, batch: { read: expect.any(Boolean) } });
    if (!value.batch.read) expect(value.batch.reason).toMatch(/\w/);
  });

  test('a card names the command that gives its settings', () => {
    for (const [name, settings] of Object.entries<object>(presets)) {
      const twin = Object.keys(presets).find((other) => JSON.stringify(presets[other as never]) === JSON.stringify(settings));
      expect(commandOf(command, presets, settings)).toBe(`tract ${command} --preset ${twin ?? name} --out RUN`);
    }
    const [first] = Object.entries<object>(presets)[0];
    const changed = { ...(presets[first as never] as object), images: 5000, emaResidual: undefined, emaHalfLife: 300 };
    expect(commandOf(command, presets, changed)).toBe(`tract ${command} --preset ${first} --images 5000 --ema-half-life 300 --out RUN`);
    expect(commandOf(command, presets, { ...changed, clipNorm: 7 })).toContain('--clip-norm 7');
  });
});
