import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpz } from '@tract/checkpoint';
import { afterAll, expect, test } from 'vitest';
import { scratchFolder } from '../testing/tract.js';
import { endedHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const at = (name: string): string => join(scratch.path, name);
const drawing = ['sample', 'mnist-student', '--steps', '1', '--count', '10', '--silent', '--json'];
const imagesIn = async (path: string): Promise<number[]> => Array.from((await readNpz(readFileSync(path))).get('images')!.data, Number);

test('images of shards are those of one command; a shard that is there is kept, one that is damaged is drawn again', async () => {
  const sharded = [...drawing, '--shards', '3', '--out', at('parts')];
  const numbers = async (...more: readonly string[]) => JSON.parse((await endedHere([...sharded, ...more])).stdout);
  expect(await numbers('--shard', '1')).toMatchObject({ made: [1], found: [] });
  expect(await numbers()).toMatchObject({ made: [0, 2], found: [1] });
  expect(await endedHere([...drawing, '--out', at('whole.npz')])).toMatchObject({ code: 0 });
  const shards = [0, 1, 2].map((shard) => at(`parts/shard-0000${shard}-of-00003/images.npz`));
  expect((await Promise.all(shards.map(imagesIn))).flat()).toEqual(await imagesIn(at('whole.npz')));
  const second = readFileSync(shards[1]);
  writeFileSync(shards[1], second.subarray(1));
  expect(await numbers()).toMatchObject({ made: [1], found: [0, 2] });
  expect(readFileSync(shards[1])).toEqual(second);
  const other = await endedHere([...sharded, '--seed', '1']);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('is of another work: seed is 0, not 1; choose another --out') });
});

test.each([
  [['sample', 'mnist-student', '--shard', '0'], 'add --shards'],
  [['sample', 'mnist-student', '--shards', '3'], '--shards writes a folder of shards: add --out FOLDER'],
  [['fid', 'mnist-student', 'mnist:test', '--out', 'parts'], '--out is where --shards are written; add --shards, or leave --out parts out'],
])('%s is refused', async (args, sentence) => {
  expect(await endedHere(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
});
