import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { distillSchema, fileSchema, type PlainMap, settingRows, teacherSchema } from '@tract/train/settings';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { distillPresets, trainPresets } from '../presets/presets.js';
import { referencePage } from '../testing/settings-page.js';
import { resolveSettings } from './resolve-settings.js';
import { readYaml } from './yaml-value.js';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

// `npm run docs -w @tract/cli` writes these files; here they must be what it would write.
test('the reference page and the schemas for editors are those of the settings as they are', async () => {
  await expect(referencePage({ train: teacherSchema, distill: distillSchema })).toMatchFileSnapshot('../../docs/settings.md');
  await expect(json(fileSchema('train', teacherSchema, Object.keys(trainPresets)))).toMatchFileSnapshot('../../schema/train.json');
  await expect(json(fileSchema('distill', distillSchema, Object.keys(distillPresets)))).toMatchFileSnapshot('../../schema/distill.json');
});

test.each(['../../README.md', '../../docs/settings.md'])('the example of %s is a file of settings', (page) => {
  const text = readFileSync(new URL(page, import.meta.url), 'utf8');
  const example = /^```yaml\n(.*?)^```$/ms.exec(text)![1];
  const values = readYaml(example, page).value as PlainMap;
  expect(z.fromJSONSchema(fileSchema('train', teacherSchema, Object.keys(trainPresets)) as never).safeParse(values)).toMatchObject({
    success: true,
  });
  const config = join(mkdtempSync(join(tmpdir(), 'tract-example-')), 'digits.yaml');
  writeFileSync(config, example);
  expect(
    resolveSettings({ command: 'train', schema: teacherSchema, presets: trainPresets, usual: 'mnist-teacher' }, { config }),
  ).toMatchObject({
    images: values.images,
    network: values.network,
  });
  rmSync(dirname(config), { recursive: true });
});

test('an editor takes the schema for what it is: names, types and ranges', () => {
  const schema = z.fromJSONSchema(fileSchema('train', teacherSchema, Object.keys(trainPresets)) as never);
  const takes = (values: unknown) => schema.safeParse(values).success;
  const { process: _, ...rest } = JSON.parse(JSON.stringify(trainPresets['mnist-edm-tiny']));
  expect([{}, rest, { preset: 'mnist-tiny' }, { warmup: null }, { network: { noiseChannels: 8 } }].map(takes)).toEqual(Array(5).fill(true));
  const bad = [
    { chanels: 1 },
    { images: 1.5 },
    { images: null },
    { preset: 'x' },
    { network: { kind: 'x' } },
    { learningRate: 2 },
    { flip: 1 },
  ];
  expect(bad.map(takes)).toEqual(Array(7).fill(false));
});

test('every setting of the schema is described in the page', () => {
  const rows = [...settingRows(teacherSchema), ...settingRows(distillSchema)].filter(({ path }) => !path.endsWith('.kind'));
  expect(rows.filter(({ description, expects }) => description === '' || expects === '')).toEqual([]);
  const page = referencePage({ train: teacherSchema, distill: distillSchema });
  expect(rows.filter(({ path }) => !page.includes(`\`${path}\``))).toEqual([]);
});
