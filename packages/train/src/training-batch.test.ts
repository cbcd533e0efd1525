import { batchAt, gather, type ImageSet, openBatches, type Picked } from '@tract/data';
import { edmConfigs, type NetworkConfig } from '@tract/unet';
import { expect, test } from 'vitest';
import { hostBatch, requireFit } from './training-batch.js';

const data = Uint8Array.from({ length: 6 * 784 }, (_, i) => (i * 37) % 256);
const set: ImageSet = { data, labels: Uint8Array.from([0, 1, 2, 3, 4, 9]), count: 6, height: 28, width: 28, channels: 1 };
const settings = { data: 'bars', seed: 3, batch: 4 };
/** The images of a step, as many as are asked for. */
async function picked(first: number, batchSize = 4): Promise<Picked> {
  return openBatches(set, { seed: 3, batchSize, first }).pick(first);
}
const network: NetworkConfig = { ...edmConfigs.cifar10Ncsnpp, imageSize: 28, inChannels: 1, classes: 1 };

test('a batch is the images of its step; a network of classes is told theirs', async () => {
  const indices = batchAt(3, 6, 4, 5);
  expect(hostBatch(await picked(5), settings, network, 5)).toEqual({
    values: gather(set, indices),
    shape: [4, 28, 28, 1],
    labels: undefined,
  });
  expect(hostBatch(await picked(5), settings, { ...network, classes: 10 }, 5).labels).toEqual(Array.from(indices, (i) => set.labels[i]));
});

/** True for each image of a batch that is mirrored. */
async function flipsOf(step: number, seed: number): Promise<boolean[]> {
  const { values } = hostBatch(await picked(step, 200), { ...settings, seed, batch: 200, flip: true }, network, step);
  const indices = batchAt(3, 6, 200, step);
  const [plain, mirrored] = [false, true].map((flip) => gather(set, indices, { flip: Array(200).fill(flip) }));
  const flips = Array.from({ length: 200 }, (_, i) => values[i * 784] === mirrored[i * 784] && values[i * 784] !== plain[i * 784]);
  expect(values).toEqual(gather(set, indices, { flip: flips }));
  return flips;
}

test('half of the images are mirrored where that is asked for, others in each step, by seed and step alone', async () => {
  const one = await flipsOf(1, 3);
  expect(Math.abs(one.filter(Boolean).length - 100)).toBeLessThan(29); // four standard deviations
  expect(await flipsOf(1, 3)).toEqual(one);
  for (const other of [await flipsOf(2, 3), await flipsOf(0, 3), await flipsOf(1, 4)]) {
    const same = other.filter((flip, i) => flip === one[i]).length;
    expect(Math.abs(same - 100)).toBeLessThan(29); // they agree as two that are drawn apart do
  }
});

test('an augmented batch comes with what was done, for a network that knows of it', async () => {
  const settingsOf = { ...settings, augment: 0.5 };
  const told = hostBatch(await picked(2), settingsOf, { ...network, augmentChannels: 9 } as NetworkConfig, 2);
  expect(told.augment).toHaveLength(4);
  const untold = hostBatch(await picked(2), settingsOf, network, 2);
  expect(untold.augment).toBeUndefined();
  expect(untold.values).toEqual(told.values);
});

test('images that the network does not take, and classes that it does not know, are refused', () => {
  expect(() => requireFit(settings, set, edmConfigs.cifar10Ncsnpp)).toThrow(
    'images of bars are 28x28 with 1 channels, the network takes 32x32 with 3',
  );
  expect(() => requireFit(settings, set, { ...network, classes: 9 })).toThrow('class 9, the network knows 9 classes');
  expect(() => requireFit(settings, set, network)).not.toThrow();
  const unlabelled = { ...set, labels: new Uint8Array(0) };
  expect(() => requireFit(settings, unlabelled, { ...network, classes: 10 })).toThrow(
    'bars has no labels, the network is conditioned on one of 10',
  );
  expect(() => requireFit(settings, unlabelled, network)).not.toThrow();
});

test('classes with names must be as many as the network knows, or be allowed to be fewer', () => {
  const named = { ...set, labels: Uint8Array.from([0, 0, 1, 1, 0, 1]), classNames: ['cat', 'dog'] };
  const knows = (classes: number) => ({ ...network, classes });
  expect(() => requireFit(settings, named, knows(2))).not.toThrow();
  expect(() => requireFit(settings, named, knows(1))).not.toThrow();
  expect(() => requireFit(settings, { ...named, classNames: ['cat', 'dog', 'emu'] }, knows(2))).toThrow(
    'bars has 3 classes, the network knows 2; choose other images or another network',
  );
  expect(() => requireFit(settings, named, knows(10))).toThrow(
    'bars has 2 classes, the network knows 10, so that its numbers may mean others',
  );
  expect(() => requireFit(settings, named, knows(10), { fewerClasses: true })).not.toThrow();
  // Numbers that a file says itself need not all occur.
  expect(() => requireFit(settings, set, knows(1000))).not.toThrow();
});
