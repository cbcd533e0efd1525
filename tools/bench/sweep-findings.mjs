import { median } from './medians.mjs';

/**
 * @typedef {object} Point one batch size with one number of threads
 * @property {number} batch
 * @property {number} threads
 * @property {readonly { forward: number, tract: number, digest?: string }[]} rounds
 */

const flatFrom = 8;

/** Median images a second of a point. */
export const imagesPerSecond = ({ rounds }, column) => median(rounds.map((figures) => figures[column]));

/** The lines of a plot: throughput by batch size, one line for each number of threads. */
export const throughputLines = (points, column) =>
  [...new Set(points.map(({ threads }) => threads))].map((threads) => ({
    name: threads === 1 ? '1 thread' : `${threads} threads`,
    points: points.filter((point) => point.threads === threads).map((point) => [point.batch, imagesPerSecond(point, column)]),
  }));

/**
 * The batch sizes whose results were not the same bits for all threads and rounds.
 * @param {readonly Point[]} points
 */
export const differentBits = (points) =>
  [...new Set(points.map(({ batch }) => batch))].filter((batch) => {
    const digests = points.filter((point) => point.batch === batch).flatMap(({ rounds }) => rounds.map(({ digest }) => digest));
    return digests.some((digest) => digest === undefined || digest !== digests[0]);
  });

/** How far the cost of an image strays from batch 8 up: the dearest by the cheapest, minus 1; undefined for fewer than two sizes. */
export function costSpread(points, column, threads) {
  const costs = points
    .filter((point) => point.threads === threads && point.batch >= flatFrom)
    .map((point) => 1 / imagesPerSecond(point, column));
  return costs.length < 2 ? undefined : Math.max(...costs) / Math.min(...costs) - 1;
}
