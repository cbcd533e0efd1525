import { readFileSync, writeFileSync } from 'node:fs';
import { readSafetensors, writeSafetensors } from '@tract/checkpoint';
import { loadMnist } from '@tract/data';
import { startBackend } from './backend.mjs';
import { digitStatistics } from './digit-statistics.mjs';

// Writes what a page needs of MNIST's test images to measure digits: their mean and covariance in the features of the shipped classifier.
await startBackend();
const weights = new URL('../../packages/metrics/weights/', import.meta.url);
const { tensors } = readSafetensors(readFileSync(new URL('digit-classifier.safetensors', weights)));
const { count, mean, covariance } = await digitStatistics(tensors, await loadMnist('test'));
const arrays = [
  ['mean', { dtype: 'F64', shape: [mean.length], data: mean }],
  ['covariance', { dtype: 'F64', shape: [mean.length, mean.length], data: covariance }],
];
const facts = { count: `${count}`, images: 'mnist:test', network: 'digit-classifier-1' };
writeFileSync(new URL('digit-statistics.safetensors', weights), writeSafetensors(arrays, facts));
