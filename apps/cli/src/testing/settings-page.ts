import { type SettingRow, settingRows } from '@tract/train/settings';
import type { z } from 'zod';
import { settingFlags } from '../settings/setting-flags.js';

type Schemas = { readonly train: z.ZodType; readonly distill: z.ZodType };

/** Write docs/settings.md: every setting with its name, what it is and what it must be. */
export function referencePage({ train, distill }: Schemas): string {
  const [ofTrain, ofDistill] = [settingRows(train), settingRows(distill)];
  const isIn = (rows: readonly SettingRow[]) => (row: SettingRow) => rows.some((other) => isSame(row, other));
  const plain = (rows: readonly SettingRow[]) => rows.filter(({ path }) => !path.includes('.'));
  return [
    head,
    '## Of train and distill\n',
    table(plain(ofTrain).filter(isIn(ofDistill))),
    '## Of train\n',
    table(plain(ofTrain).filter((row) => !isIn(ofDistill)(row))),
    '## Of distill\n',
    table(plain(ofDistill).filter((row) => !isIn(ofTrain)(row))),
    ...['network', 'preconditioning', 'process'].flatMap((folder) => mapping(folder, ofTrain)),
  ].join('\n');
}

const isSame = (a: SettingRow, b: SettingRow): boolean => a.path === b.path && a.description === b.description && a.expects === b.expects;

/** A mapping that comes in kinds: what all of them have, and what each of them has besides. */
function mapping(folder: string, rows: readonly SettingRow[]): string[] {
  const inside = rows.filter(({ path }) => path.startsWith(`${folder}.`) && path !== `${folder}.kind`);
  const kinds = [...new Set(rows.filter(({ path }) => path === `${folder}.kind`).map(({ kind }) => kind))];
  const shared = inside.filter((row) => kinds.every((kind) => inside.some((other) => other.kind === kind && isSame(row, other))));
  const common = shared.filter(({ kind }) => kind === kinds[0]);
  const own = kinds.map((kind) => [kind, inside.filter((row) => row.kind === kind && !shared.includes(row))] as const);
  return [
    `## Of train: ${folder}\n`,
    `\`${folder}.kind\` is ${listed(kinds.map((kind) => `\`${kind}\``))}.\n`,
    ...(common.length > 0 ? ['### Of every kind\n', table(common)] : []),
    ...own.flatMap(([kind, rowsOfKind]) => (rowsOfKind.length > 0 ? [`### Of kind \`${kind}\`\n`, table(rowsOfKind)] : [])),
  ];
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

const table = (rows: readonly SettingRow[]): string =>
  ['| setting | what it is | must be | option |', '| --- | --- | --- | --- |', ...rows.map(line), ''].join('\n');

function line({ path, description, expects, optional }: SettingRow): string {
  const flag = settingFlags[path];
  return `| \`${path}\` | ${description} | ${optional ? 'optional; ' : ''}${expects} | ${flag === undefined ? '' : `\`--${flag}\``} |`;
}

const head = `# Settings of \`tract train\` and \`tract distill\`

<!-- Written by \`npm run docs -w @tract/cli\` from src/settings; a test fails where it is out of date. -->

A run is described by its settings. They are put together from four places, each over the ones before it:

1. \`--preset NAME\`: all of them, under a name; \`--help\` lists the presets.
2. \`--config FILE\`: some of them, in YAML or JSON. The file may say its \`preset\`.
3. \`--set NAME=VALUE\`, as often as needed: one of them by its name below, such as \`network.channels=64\`. The value is read as YAML: \`1e-4\`, \`true\`, \`[1, 2, 2]\`.
4. Options of their own, such as \`--lr 1e-4\`. What an option says, \`--set\` may not say too.

Mappings are taken name by name, but as a whole where their \`kind\` changes. \`null\` takes an optional setting away. One of \`emaResidual\`, \`emaMomentum\` and \`emaHalfLife\` takes
the place of the others, a \`schedule\` that of \`phaseWeights\`, a \`warmup\` that of \`rampImages\`, and \`network.outputs\` follows \`prediction\`, where the same place does not say both.

\`\`\`yaml
# yaml-language-server: $schema=node_modules/@tract/cli/schema/train.json
preset: mnist-tiny
images: 5000
emaHalfLife: 500
network:
  channels: 16
\`\`\`

Every run keeps its settings in \`RUN/config.json\`; as \`--config\` that file stands in the place of preset and file, and repeats the run. Files are read as YAML 1.2 without anchors, aliases and tags,
at most 16 KiB. A fault ends with exit code 2 before anything is written: \`digits.yaml:3: network.chanels is no setting of tract train; did you mean network.channels?\`
The schemas for editors are \`schema/train.json\` and \`schema/distill.json\`.
`;
