// A model of a step by n ranks: what is measured is the speed of one rank and of one link, the rest follows.

/** Seconds of a ring's sum of so many bytes over n ranks: 2(n − 1)/n of them pass each link, at 80% of its speed; each bucket has 2(n − 1) latencies. */
export function sumSeconds(n, bytes, { bitsPerSecond, latency, bucketBytes = 25 * 2 ** 20 }) {
  if (n === 1) return 0;
  const buckets = Math.ceil(bytes / bucketBytes);
  return (2 * (n - 1) * bytes) / n / (0.8 * (bitsPerSecond / 8)) + buckets * 2 * (n - 1) * latency;
}

/**
 * Seconds of a step by n ranks: the part of the computing before the reverse pass, then the longer of the reverse pass and the sums, which begin with its first bucket; the last
 * bucket's sum comes after it. @param backward share of the reverse pass: 2/5 of a TRACT step, 2/3 of a teacher's.
 */
export function stepSeconds(n, { imageSeconds, batch, bytes, backward }, link) {
  const compute = (imageSeconds * batch) / n;
  const sums = sumSeconds(n, bytes, link);
  const last = sumSeconds(n, Math.min(bytes, link.bucketBytes ?? 25 * 2 ** 20), link);
  return compute * (1 - backward) + Math.max(compute * backward, sums - last) + last;
}

/** Share of the time that n ranks compute. */
export const efficiency = (n, work, link) => (work.imageSeconds * work.batch) / n / stepSeconds(n, work, link);

const links = [
  ['1 Gbit/s', { bitsPerSecond: 1e9, latency: 30e-6 }],
  ['10 Gbit/s', { bitsPerSecond: 1e10, latency: 30e-6 }],
  ['25 Gbit/s', { bitsPerSecond: 2.5e10, latency: 30e-6 }],
  ['100 Gbit/s RDMA', { bitsPerSecond: 1e11, latency: 4e-6 }],
];

/** Work of a TRACT step: operations of a forward pass, of which there are five, at so many a second of one rank. */
const tractWork = ({ parameters, forward, speed, batch }) => ({
  imageSeconds: (5 * forward) / speed,
  batch,
  bytes: 4 * parameters,
  backward: 2 / 5,
});

const works = [
  ['60M parameters, batch 512, rank of 1 TFLOP/s', tractWork({ parameters: 60e6, forward: 40e9, speed: 1e12, batch: 512 })],
  ['300M parameters, batch 4096, rank of 1 TFLOP/s', tractWork({ parameters: 300e6, forward: 220e9, speed: 1e12, batch: 4096 })],
  ['60M parameters, batch 512, rank of 150 TFLOP/s', tractWork({ parameters: 60e6, forward: 40e9, speed: 150e12, batch: 512 })],
];

const sizes = [2, 8, 16, 64, 256];

/** Table of modelled step times and efficiency, in Markdown. */
export function efficiencyTable() {
  const head = ['TRACT step', 'link', ...sizes.map((n) => `${n} ranks`)];
  const rows = works.flatMap(([what, work]) =>
    links.map(([name, link]) => [
      what,
      name,
      ...sizes.map((n) => `${seconds(stepSeconds(n, work, link))}, ${Math.round(100 * efficiency(n, work, link))}%`),
    ]),
  );
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const seconds = (value) => `${Number(value.toPrecision(3))} s`;
