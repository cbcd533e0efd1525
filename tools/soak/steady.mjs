// Trains in this process by the built command line and watches what it holds: prints one JSON line of medians, at the start of STEPS updates after
// half as many to warm up, and at their end.
// node --expose-gc tools/soak/steady.mjs STEPS
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { memory } from '@tract/tensor';
import { encode } from 'fast-png';
import { main } from '../../apps/cli/dist/main.js';

const { positionals } = parseArgs({ allowPositionals: true });
const steps = Number(positionals[0]);
const folder = mkdtempSync(join(tmpdir(), 'tract-steady-'));

/** Digits of noise, one of them cut off: read ahead by a thread, and passed over. */
function writePictures(path) {
  mkdirSync(path);
  for (let i = 0; i < 40; i++) {
    const bytes = encode({ width: 28, height: 28, channels: 1, data: Uint8Array.from({ length: 784 }, (_, p) => (i * 61 + p * 7) % 256) });
    writeFileSync(join(path, `${10 + i}.png`), i === 7 ? bytes.subarray(0, -30) : bytes);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const samples = [];
/** Between two updates, from the first line of the log on: timers run when the trainer gives the event loop a turn. */
const look = () => {
  if (!existsSync(join(folder, 'run/stats.jsonl'))) return;
  globalThis.gc?.();
  samples.push({ tensors: memory().tensors, files: readdirSync('/proc/self/fd').length, rssBytes: process.memoryUsage.rss() });
};

try {
  writePictures(join(folder, 'pictures'));
  const every = setInterval(look, 250);
  const data = ['--data', `folder=${join(folder, 'pictures')}`, '--workers', '1', '--data-memory', '0', '--max-bad-samples', '1'];
  const images = String(Math.ceil(steps * 1.5));
  const run = ['--out', join(folder, 'run'), '--images', images, '--batch', '1', '--checkpoint-every', '100', '--samples', '0'];
  process.exitCode = await main(['train', '--preset', 'mnist-tiny', ...run, ...data, '--threads', '1', '--silent'], {
    out: () => {},
    err: (text) => process.stderr.write(text),
    live: false,
    columns: () => 80,
  });
  clearInterval(every);
  const summary = (from, to) => {
    const part = samples.slice(samples.length * from, samples.length * to);
    return Object.fromEntries(['tensors', 'files', 'rssBytes'].map((name) => [name, median(part.map((sample) => sample[name]))]));
  };
  console.log(JSON.stringify({ steps, samples: samples.length, early: summary(1 / 3, 1 / 2), late: summary(5 / 6, 1) }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
