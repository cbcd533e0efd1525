import type { FeatureStatistics } from './feature-statistics.js';

/** A covariance that its samples cannot fill: its rank is at most count - 1, and a Fréchet distance from it comes out too high. */
export type FewSamples = { readonly count: number; readonly dimensions: number };

/** Return the numbers that a report should warn of where there are no more samples than features. No warning where `count` is 0: a file without it. */
export function fewSamples({ count, mean }: FeatureStatistics): FewSamples | undefined {
  return count > 0 && count <= mean.length ? { count, dimensions: mean.length } : undefined;
}
