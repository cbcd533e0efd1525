import { withoutPlace } from '@tract/data';
import { describeAveraging } from '@tract/distill';
import { type ModelDescription, processOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { noiseProcesses } from '@tract/schedules/training';
import type { DistillSettings, TeacherSettings } from './task-settings.js';

/** A measurement of a model: values by name, and everything that they depend on. */
export type CardScore = {
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  readonly steps: number;
  readonly samples: number;
  readonly seed: number;
  readonly reference: string;
  readonly extractor: string;
  readonly [circumstance: string]: unknown;
};

/** Training of a model: the settings of its run. */
export type Recipe =
  | { readonly command: 'train'; readonly settings: TeacherSettings }
  | { readonly command: 'distill'; readonly settings: DistillSettings };

/** Content of a card besides the model's description. */
export type CardFacts = {
  /** Default: none that is known; what the description holds is shown as it is. */
  readonly recipe?: Recipe;
  /** Command line that repeats the training. Default: none. */
  readonly command?: string;
  /** Seconds of work. Default: not shown. */
  readonly seconds?: number;
  readonly scores: readonly CardScore[];
  /** Command lines that use the model. */
  readonly use: readonly string[];
};

type Row = readonly [name: string, value: string];

/** Origin of a model, in words. */
type Story = { readonly title: string; readonly sentence: string; readonly rows: readonly Row[] };

/** Write the card of a model, the README.md beside its weights: its description, training, scores and use, as Markdown. */
export function modelCard(model: ModelDescription, { recipe, command, seconds, scores, use }: CardFacts): string {
  const { title, sentence, rows } = storyOf(model, recipe);
  const more: Row[] = [
    ...classRow(model),
    ...costRow(model, seconds),
    ...(command === undefined ? [] : [['command', `\`${command}\``] as const]),
  ];
  return `${[
    `# ${title}`,
    sentence,
    table(['', ''], [...rows, ...more]),
    ...(scores.length === 0 ? [] : ['## Scores', scoreTable(scores)]),
    '## Use',
    `\`\`\`sh\n${use.join('\n')}\n\`\`\``,
  ].join('\n\n')}\n`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`).join('\n');

function storyOf(model: ModelDescription, recipe: Recipe | undefined): Story {
  if (recipe === undefined) return otherStory(model);
  return recipe.command === 'train' ? teacherStory(recipe.settings) : studentStory(model, recipe.settings);
}

function teacherStory(settings: TeacherSettings): Story {
  const { learningRate, rampImages, warmup = 0, decay = 'cosine', batch, augment } = settings;
  const rise = rampImages === undefined ? `${100 * warmup}% of the images` : `${rampImages} images`;
  const fall = decay === 'cosine' ? 'cosine decay to 0' : 'then constant';
  const { title: levels } = noiseProcesses[processOf(settings).kind];
  const what = settings.preconditioning
    ? `A U-Net under the preconditioning ${settings.preconditioning.kind}, on ${levels}`
    : `A U-Net that predicts ${settings.prediction} on ${levels}`;
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
  };
}

function otherStory(model: ModelDescription): Story {
  const { imagesSeen: _, ...recipe } = model.recipe ?? {};
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

/** True for the name of MNIST's training images. */
export const isDigits = (data: string): boolean => data === 'mnist' || data === 'mnist:train';

const dataRow = ({ data, flip }: { readonly data: string; readonly flip?: boolean }): Row => [
  'data',
  `${isDigits(data) ? 'MNIST, 60,000 training images of 28x28 grey pixels' : withoutPlace(data)}, scaled to [-1, 1]${flip ? ', half of them mirrored left to right' : isDigits(data) ? ', no augmentation' : ''}`,
];

const networkRow = ({ network }: Pick<ModelDescription, 'network'>): Row => ['network', `\`${JSON.stringify(network)}\``];

const clipping = ({ clipNorm }: { readonly clipNorm: number }): string =>
  clipNorm > 0 ? `gradients clipped at norm ${clipNorm}` : 'gradients not clipped';

/** Row of the classes by number, of which every one has its name. */
const classRow = ({ classNames }: ModelDescription): Row[] =>
  classNames === undefined ? [] : [['classes', classNames.map((name, number) => `${number} ${name}`).join(', ')]];

/** Row of the images that the weights have seen: fewer than the recipe's while a run goes on. */
function costRow({ recipe = {} }: ModelDescription, seconds: number | undefined): Row[] {
  const images = recipe.imagesSeen ?? recipe.images;
  if (typeof images !== 'number') return [];
  const isPart = typeof recipe.images === 'number' && images < recipe.images;
  const clock = seconds === undefined ? '' : `, ${withCommas(seconds)} seconds of wall clock`;
  return [['cost', `${withCommas(images)} images${isPart ? ' so far' : ''}${clock}`]];
}

const scoreTable = (scores: readonly CardScore[]): string =>
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
