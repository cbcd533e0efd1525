import { median } from './medians.mjs';

/**
 * @typedef {object} Point one batch size with one number of threads
 * @property {number} batch
 * @property {number} threads
 * @property {readonly { forward: number, tract: number, digest?: string }[]} rounds
 */

const flatFrom = 8;

/** Images a second by batch size: of each the median over the rounds, once a round's own pace is taken out, as `tract bench sweep` does with its turns. */
function throughput(points, column, threads) {
  const line = points.filter((point) => point.threads === threads);
  const paces = line[0].rounds.map((_, round) =>
    Math.exp(line.reduce((sum, { rounds }) => sum + Math.log(rounds[round][column]), 0) / line.length),
  );
  return line.map(({ batch, rounds }) => [batch, median(paces) * median(rounds.map((figures, round) => figures[column] / paces[round]))]);
}

/** The lines of a plot: throughput by batch size, one line for each number of threads. */
export const throughputLines = (points, column) =>
  [...new Set(points.map(({ threads }) => threads))].map((threads) => ({
    name: threads === 1 ? '1 thread' : `${threads} threads`,
    points: throughput(points, column, threads),
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

/** Return the spread of an image's cost from batch 8 up: dearest / cheapest − 1; undefined for fewer than two sizes. */
export function costSpread(points, column, threads) {
  const speeds = throughput(points, column, threads).flatMap(([batch, speed]) => (batch >= flatFrom ? [speed] : []));
  return speeds.length < 2 ? undefined : Math.max(...speeds) / Math.min(...speeds) - 1;
}
