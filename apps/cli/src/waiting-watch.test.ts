import { expect, test } from 'vitest';
import { waitingWatch } from './waiting-watch.js';

test('the share of waiting is of the time of updates, and of nothing between them', async () => {
  let time = 0;
  const watch = waitingWatch(() => time);
  const update = async (wait: number, work: number): Promise<void> => {
    const images = Promise.resolve().then(() => {
      time += wait;
      return 'images';
    });
    expect(await watch.waiting(images)).toBe('images');
    time += work;
    watch.updated();
  };
  expect(watch.share()).toBe(0);
  await update(2, 98);
  time += 1000;
  await update(0, 100);
  expect(watch.share()).toBe(0.01);
  watch.reset();
  await update(1, 2);
  expect(watch.share()).toBe(0.3333);
});
