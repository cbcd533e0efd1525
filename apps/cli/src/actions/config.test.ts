import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
const env = { TRACT_MNIST: writeTinyDigits(join(scratch.path, 'digits'), 96) };
const at = (name: string): string => join(scratch.path, name);
afterAll(scratch.remove);

for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
afterAll(() => void vi.unstubAllEnvs());

/** Run a command in this process, which must end well and say nothing on stderr. */
async function run(...args: string[]): Promise<string> {
  const { code, out, err } = await tractHere(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const quiet = ['--threads', '1', '--samples', '0', '--silent'];

/** Read the files that equal runs have in common. */
const results = (name: string) =>
  ['config.json', 'model/config.json', 'model/model.safetensors', 'stats.jsonl'].map((file) =>
    readFileSync(at(`${name}/${file}`), 'latin1').replace(/"(seconds|time|imagesPerSecond|dataWait|rssBytes)":[^,}]+/g, ''),
  );

test('a file, --set and options make a run; its config.json repeats it to the byte, and so does the command of its card', async () => {
  writeFileSync(at('tiny.yaml'), 'preset: mnist-tiny\nimages: 64\nbatch: 2\nnetwork:\n  channelMult: [1, 1]\n  attentionResolutions: []\n');
  await run('train', '--config', at('tiny.yaml'), '--set', 'clipNorm=0.5', '--seed', '3', '--out', at('first'), ...quiet);
  const { settings } = JSON.parse(readFileSync(at('first/config.json'), 'utf8'));
  expect(settings).toMatchObject({ images: 64, batch: 2, clipNorm: 0.5, seed: 3, network: { channels: 8, channelMult: [1, 1] } });
  await run('train', '--config', at('first/config.json'), '--out', at('again'), ...quiet);
  expect(results('again')).toEqual(results('first'));

  const card = readFileSync(at('first/model/README.md'), 'utf8');
  const line = /`tract (train .*) --out RUN`/.exec(card)![1];
  const words = Array.from(line.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word);
  await run(...words, '--out', at('by-card'), ...quiet);
  expect(results('by-card')).toEqual(results('first'));
});

test('--dry-run tells what a file comes to, and writes nothing', async () => {
  writeFileSync(at('student.json'), JSON.stringify({ schedule: [64, 1], images: 1000 }));
  const value = JSON.parse(await run('distill', '--config', at('student.json'), '--dry-run', '--json'));
  expect(value.settings).toMatchObject({ schedule: [64, 1], images: 1000, teacher: 'mnist-teacher' });
  expect(value.settings).not.toHaveProperty('phaseWeights');
});

test('scores are kept with the model, the same measurement once; its card shows them with all that they depend on', async () => {
  const model = at('first/model');
  const evaluate = async (...more: string[]) =>
    JSON.parse(await run('evaluate', '--samples', model, '--count', '20', '--record', '--silent', '--json', ...more));
  const first = await evaluate('--steps', '2', '--seed', '4');
  await evaluate('--steps', '1');
  await evaluate('--steps', '2', '--seed', '4');
  expect(first.recorded).toBe(join(model, 'config.json'));
  const { scores } = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  expect(scores).toHaveLength(2);
  expect(scores.find(({ steps }: { steps: number }) => steps === 2)).toEqual({
    values: { frechet_distance: first.frechet_distance },
    ...{ steps: 2, sampler: 'ddim', nfe: 2, seed: 4, samples: 20 },
    ...{ reference: 'mnist:test', reference_samples: 96, extractor: 'digit-classifier-1', features: 64 },
  });

  const fid = ['fid', model, 'mnist:test', '--features', 'digits', '--steps', '4', '--count', '20', '--kid', '--no-cache', '--silent'];
  await run(...fid, '--record');
  const card = await run('card', model);
  expect(card).toMatch(/\| 4 steps \| frechet distance [\d.]+; kernel inception distance mean [\d.e-]+; .* \| 20 \| 0 \| mnist:test \|/);
  const distance = Number(first.frechet_distance.toPrecision(5));
  expect(card).toContain(`| 2 steps | frechet distance ${distance} | 20 | 4 | mnist:test | digit-classifier-1, sampler ddim, nfe 2,`);
  for (const words of [
    '| data | MNIST',
    '| recipe | Adam',
    '| seed | 3 |',
    '| cost | 64 images |',
    '`tract train --preset mnist-tiny ',
    '--record',
  ])
    expect(card).toContain(words);
  mkdirSync(at('cards'));
  expect(await run('card', model, '--out', at('cards/README.md'))).toBe(`${at('cards/README.md')}: card of ${model}\n`);
  expect(readFileSync(at('cards/README.md'), 'utf8')).toBe(card);
  expect(JSON.parse(await run('card', model, '--json'))).toEqual({ model, card });
});

test('the shipped student has a card with its teacher, its schedule and its score', async () => {
  const card = await run('card', 'mnist-student');
  for (const words of [
    '| teacher | `mnist-teacher` |',
    '| schedule | 1024 -> 32 -> 1 steps',
    '| command | `tract distill --preset mnist-tract --out RUN` |',
  ])
    expect(card).toContain(words);
  expect(card).toMatch(/\| 1 step \| frechet distance [\d.]+ \| 10,000 \| 0 \| mnist:test \| digit-classifier-1/);
});
