import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { mlTractPlaces } from '@tract/convert';
import type { UNetConfig } from '@tract/unet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder, tract } from '../testing/tract.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const at = (name: string): string => join(scratch.path, name);

/** Write the state dict of a network of a million classes, all zeros, of which the disk holds the header alone. */
function writeSparse(path: string): void {
  const shape = {
    imageSize: 8,
    inChannels: 1,
    channels: 8,
    embChannels: 160,
    channelMult: [1],
    blocks: 1,
    attentionResolutions: [],
    groups: 4,
  };
  const network: UNetConfig = { kind: 'unet', ...shape, heads: 1, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1e6 };
  let bytes = 0;
  const entries = Array.from(mlTractPlaces(network).values(), ({ names: [name], shape }) => {
    const begin = bytes;
    bytes += 4 * shape.reduce((product, side) => product * side, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, bytes] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, header]));
  ftruncateSync(file, length.length + header.length + bytes);
  closeSync(file);
}

const files = (): string[] => (readdirSync(scratch.path, { recursive: true }) as string[]).sort();

beforeAll(() => {
  writeSparse(at('large.safetensors'));
  writeFileSync(at('hints.json'), '{"imageSize":8,"heads":1,"groups":4}');
  writeFileSync(at('text.pt'), 'no checkpoint');
  mkdirSync(at('empty'));
  writeFileSync(at('empty.old'), 'not ours');
});

describe('a conversion is given up, with nothing written,', () => {
  test.each<[why: string, line: string, says: string]>([
    ['when it takes too long', 'mnist-student new --time-limit 0.01', 'its reader took more than 0.01 s, the limit of --time-limit'],
    ['when its process crashes', 'mnist-student new --memory-limit 100', 'its reader ended by SIG'],
    [
      'also into a folder that was there',
      'mnist-student empty --memory-limit 100',
      'as when it needs more than the 100 MB of --memory-limit',
    ],
  ])('%s', async (_, line, says) => {
    await expectRefused(line, says);
  });

  // Elsewhere a process may be told so and takes what it wants.
  test.runIf(process.platform === 'linux')('when a buffer does not fit', () =>
    expectRefused(
      `large.safetensors new --config ${at('hints.json')} --memory-limit 500`,
      'its reader needed more than 500 MB, the limit of --memory-limit',
    ),
  );

  test('as it would be in the same process, when the file is bad', () => expectRefused('text.pt new', 'is a text file, which begins'));
});

async function expectRefused(line: string, says: string): Promise<void> {
  const before = files();
  const [source, destination, ...options] = line.split(' ');
  const from = source.includes('.') ? at(source) : source;
  const { code, stdout, stderr } = await tract(['convert', from, at(destination), ...options]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+[^.\n]\n$/);
  expect(stderr).toContain(says);
  expect(files()).toEqual(before);
}

test('what the other process prints is what is printed', async () => {
  const { code, stdout, stderr } = await tract(['convert', 'mnist-student', at('student.pt'), '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ destination: at('student.pt'), missing: [] });
});
