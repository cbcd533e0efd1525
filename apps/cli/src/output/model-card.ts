import { withoutPlace } from '@tract/data';
import { describeAveraging } from '@tract/distill';
import { type ModelDescription, modelPart, processOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import type { Score } from '@tract/scores';
import type { DistillSettings, TeacherSettings } from '@tract/train';
import { distillSchema, teacherSchema, upgradeSettings } from '@tract/train/settings';
import { scoresOf } from '../measuring/kept-scores.js';
import { distillPresets, trainPresets } from '../presets/presets.js';
import type { PlainMap } from '../settings/yaml-value.js';
import { commandOf } from './card-command.js';

type Row = readonly [name: string, value: string];

/** How a model came about, in words. */
type Story = { readonly title: string; readonly sentence: string; readonly rows: readonly Row[]; readonly command?: string };

/**
 * README.md beside a model's weights: what its config.json says, in words.
 * @param path of the model, for errors.
 * @param seconds of work, which config.json does not keep: equal runs have equal files.
 * @throws CliError (bad data) for scores that are none.
 */
export function modelCard(model: ModelDescription, path: string, seconds?: number): string {
  const { title, sentence, rows, command } = storyOf(model);
  const scores = scoresOf({ path, scores: model.scores });
  return `${[
    `# ${title}`,
    sentence,
    table(['', ''], [...rows, ...costRow(model, seconds), ...(command === undefined ? [] : [['command', `\`${command}\``] as const])]),
    ...(scores.length === 0 ? [] : ['## Scores', scoreTable(scores)]),
    '## Use',
    `\`\`\`sh\n${useOf(model).join('\n')}\n\`\`\``,
  ].join('\n\n')}\n`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`).join('\n');

/** A recipe that is not of this program, or is of another version of it, is shown as it is. */
function storyOf(model: ModelDescription): Story {
  const { imagesSeen: _, ...recipe } = upgradeSettings((model.recipe ?? {}) as PlainMap);
  const data = recipe.data ?? model.data;
  const student = distillSchema.safeParse({ ...recipe, data });
  if (student.success) return studentStory(model, student.data);
  const teacher = teacherSchema.safeParse({ ...modelPart(model), ...recipe, data });
  return teacher.success ? teacherStory(teacher.data) : otherStory(model, recipe);
}

function teacherStory(settings: TeacherSettings): Story {
  const { learningRate, rampImages, warmup = 0, decay = 'cosine', batch, augment } = settings;
  const rise = rampImages === undefined ? `${100 * warmup}% of the images` : `${rampImages} images`;
  const fall = decay === 'cosine' ? 'cosine decay to 0' : 'then constant';
  const isEdm = processOf(settings).kind === 'edm';
  const what = isEdm
    ? "A U-Net under EDM's preconditioning, for its noise levels"
    : `A U-Net that predicts ${settings.prediction} on the variance preserving cosine process`;
  return {
    title: `Diffusion model of ${isDigits(settings.data) ? 'handwritten digits' : withoutPlace(settings.data)}`,
    sentence: `${what}; the weights are the sampling average (EMA).`,
    rows: [
      dataRow(settings),
      networkRow(settings),
      [
        'recipe',
        `Adam at ${learningRate}, warm-up over ${rise}, ${fall}, ${clipping(settings)}, batch ${batch}, ${describeAveraging(settings)}${augment ? `, augmentation ${augment}` : ''}`,
      ],
      ['seed', String(settings.seed)],
    ],
    command: commandOf('train', trainPresets, { ...settings, data: withoutPlace(settings.data) }),
  };
}

function studentStory({ samplingSteps: [steps] }: ModelDescription, settings: DistillSettings): Story {
  const {
    schedule,
    phaseWeights,
    highNoiseFraction,
    huberWidth,
    huberOver,
    clipStudent,
    lossWeight,
    learningRate,
    decay,
    batch,
    selfEma,
    reinitStudent,
  } = settings;
  const shares = phaseWeights ? ` with ${phaseWeights.join(' : ')} of the images` : '';
  const loss = `${huberWidth > 0 ? `pseudo-Huber loss of width ${huberWidth}${huberOver === 'samples' ? ' over whole images' : ''}` : 'squared error'}${clipStudent ? ' of the clipped prediction' : ''}`;
  const noisier =
    highNoiseFraction === undefined ? '' : `, a fraction of ${highNoiseFraction} of the images from the noisier half of all start points`;
  return {
    title: `${isDigits(settings.data) ? 'Handwritten digits' : withoutPlace(settings.data)} in ${steps === 1 ? 'one step' : inSteps(steps)}`,
    sentence: `A student of ${steps} sampling step${steps === 1 ? '' : 's'}, distilled by the rule ${settings.method} from \`${settings.teacher}\`; the weights are the sampling average (EMA).`,
    rows: [
      dataRow(settings),
      ['teacher', `\`${settings.teacher}\``],
      ['schedule', `${schedule.join(' -> ')} steps${shares}${reinitStudent ? ', each phase started from its teacher' : ''}`],
      [
        'recipe',
        `${loss}, weighed by ${lossWeight}, Adam at ${learningRate} (${decay} within each phase), ${clipping(settings)}, batch ${batch}, self-teacher momentum ${selfEma}, ${describeAveraging(settings)} per phase${noisier}`,
      ],
      ['seed', String(settings.seed)],
    ],
    command: commandOf('distill', distillPresets, { ...settings, data: withoutPlace(settings.data) }),
  };
}

function otherStory(model: ModelDescription, recipe: Readonly<Record<string, unknown>>): Story {
  const { convertedFrom } = recipe;
  const origin = convertedFrom === undefined ? '' : `Converted from \`${convertedFrom}\` by \`tract convert\`; `;
  return {
    title: 'Diffusion model',
    sentence: `${origin}predicts ${model.prediction}, trained on ${model.data}.`,
    rows: [
      networkRow(model),
      ...Object.entries(recipe).map(([name, value]) => [name, typeof value === 'string' ? value : `\`${JSON.stringify(value)}\``] as const),
    ],
  };
}

const isDigits = (data: string): boolean => data === 'mnist' || data === 'mnist:train';

const dataRow = ({ data, flip }: { readonly data: string; readonly flip?: boolean }): Row => [
  'data',
  `${isDigits(data) ? 'MNIST, 60,000 training images of 28x28 grey pixels' : withoutPlace(data)}, scaled to [-1, 1]${flip ? ', half of them mirrored left to right' : isDigits(data) ? ', no augmentation' : ''}`,
];

const networkRow = ({ network }: Pick<ModelDescription, 'network'>): Row => ['network', `\`${JSON.stringify(network)}\``];

const clipping = ({ clipNorm }: { readonly clipNorm: number }): string =>
  clipNorm > 0 ? `gradients clipped at norm ${clipNorm}` : 'gradients not clipped';

/** Images that the weights have seen: fewer than the recipe's while a run goes on. */
function costRow({ recipe = {} }: ModelDescription, seconds: number | undefined): Row[] {
  const images = recipe.imagesSeen ?? recipe.images;
  if (typeof images !== 'number') return [];
  const isPart = typeof recipe.images === 'number' && images < recipe.images;
  const clock = seconds === undefined ? '' : `, ${withCommas(seconds)} seconds of wall clock`;
  return [['cost', `${withCommas(images)} images${isPart ? ' so far' : ''}${clock}`]];
}

const scoreTable = (scores: readonly Score[]): string =>
  table(
    ['steps', 'score', 'samples', 'seed', 'reference', 'measured by'],
    scores.map(({ values, steps, samples, seed, reference, extractor, ...more }) => [
      inSteps(steps),
      Object.entries(values)
        .map(([name, value]) => `${name.replaceAll('_', ' ')} ${[value].flat().map(rounded).join(', ')}`)
        .join('; '),
      withCommas(samples),
      String(seed),
      reference,
      [extractor, ...Object.entries(more).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)].join(', '),
    ]),
  );

const rounded = (value: number): string => String(Number(value.toPrecision(5)));

function useOf({ samplingSteps: [steps = 64], data }: ModelDescription): string[] {
  const measure = isDigits(data)
    ? `tract evaluate --samples MODEL --steps ${steps} --count 10K --record`
    : `tract fid MODEL REFERENCE --weights inception.pth --steps ${steps} --count 50K --record`;
  return [`tract sample MODEL --steps ${steps} --count 64 --out samples.png`, measure, 'tract card MODEL --out MODEL/README.md'];
}
