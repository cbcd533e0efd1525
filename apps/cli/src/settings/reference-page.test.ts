import { expect, test } from 'vitest';
import { distillPresets, trainPresets } from '../presets.js';
import { distillSchema } from './distill-schema.js';
import { fileSchema } from './file-schema.js';
import { referencePage } from './reference-page.js';
import { settingRows } from './setting-rows.js';
import { trainSchema } from './train-schema.js';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

// `npm run docs -w @tract/cli` writes these files; here they must be what it would write.
test('the reference page and the schemas for editors are those of the settings as they are', async () => {
  await expect(referencePage({ train: trainSchema, distill: distillSchema })).toMatchFileSnapshot('../../docs/settings.md');
  await expect(json(fileSchema('train', trainSchema, Object.keys(trainPresets)))).toMatchFileSnapshot('../../schema/train.json');
  await expect(json(fileSchema('distill', distillSchema, Object.keys(distillPresets)))).toMatchFileSnapshot('../../schema/distill.json');
});

test('every setting of the schema is described in the page', () => {
  const rows = [...settingRows(trainSchema), ...settingRows(distillSchema)].filter(({ path }) => !path.endsWith('.kind'));
  expect(rows.filter(({ description, expects }) => description === '' || expects === '')).toEqual([]);
  const page = referencePage({ train: trainSchema, distill: distillSchema });
  expect(rows.filter(({ path }) => !page.includes(`\`${path}\``))).toEqual([]);
});
