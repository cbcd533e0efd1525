import { expect, test } from 'vitest';
import { didYouMean, nearMiss } from './near-miss.js';

const presets = ['mnist-teacher', 'mnist-tiny', 'mnist-tract'];

test('a slip of the fingers finds the word that was meant', () => {
  expect(nearMiss('mnist-tiney', presets)).toBe('mnist-tiny');
  expect(nearMiss('mnist-tarct', presets)).toBe('mnist-tract');
  expect(nearMiss('MNIST-TEACHER', presets)).toBe('mnist-teacher');
});

test('another word altogether finds nothing', () => {
  expect(nearMiss('cifar', presets)).toBeUndefined();
  expect(nearMiss('anything', [])).toBeUndefined();
  expect(didYouMean('cifar', presets)).toBe('');
  expect(didYouMean('mnist-tiney', presets)).toBe('; did you mean mnist-tiny?');
});
