import { expect, test } from 'vitest';
import { waitClock } from './wait-clock.js';

test('the fraction of waiting counts the time of updates, and none between them', async () => {
  let time = 0;
  const clock = waitClock(() => time);
  const update = async (wait: number, work: number): Promise<void> => {
    const images = Promise.resolve().then(() => {
      time += wait;
      return 'images';
    });
    expect(await clock.waiting(images)).toBe('images');
    time += work;
    clock.updated();
  };
  expect(clock.fraction()).toBe(0);
  await update(2, 98);
  time += 1000;
  await update(0, 100);
  expect(clock.fraction()).toBe(0.01);
  clock.reset();
  await update(1, 2);
  expect(clock.fraction()).toBe(0.3333);
});
