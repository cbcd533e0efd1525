import { describeAveraging } from './averaging.js';
import { commandOf } from './card-command.js';
import { withoutPlace } from './data-sets.js';
import { processOf } from './diffusion-model.js';
import { type DistillPreset, distillPresets, type TrainPreset, trainPresets } from './presets.js';
import { withCommas } from './quantity.js';
import type { RunState } from './run-folder.js';

type Row = readonly [name: string, value: string];

const list = (rows: readonly Row[]): string => rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n');

const isDigits = (data: string): boolean => data === 'mnist' || data === 'mnist:train';

const dataRow = ({ data, flip }: { readonly data: string; readonly flip?: boolean }): Row => [
  'data',
  `${isDigits(data) ? 'MNIST, 60,000 training images of 28x28 grey pixels' : withoutPlace(data)}, scaled to [-1, 1]${flip ? ', half of them mirrored left to right' : isDigits(data) ? ', no augmentation' : ''}`,
];

function card(title: string, sentence: string, rows: readonly Row[], use: string): string {
  return `# ${title}\n\n${sentence}\n\n| | |\n| --- | --- |\n${list(rows)}\n\n## Use\n\n\`\`\`sh\n${use}\n\`\`\`\n`;
}

const costRow = ({ images, seconds }: RunState): Row => [
  'cost',
  `${withCommas(images)} images, ${withCommas(seconds)} seconds of wall clock`,
];

const commandRow = (command: string | undefined): Row[] => (command === undefined ? [] : [['command', `\`${command}\``]]);

const clipping = ({ clipNorm }: { readonly clipNorm: number }): string =>
  clipNorm > 0 ? `gradients clipped at norm ${clipNorm}` : 'gradients not clipped';

/** README.md beside a teacher's weights. */
export function teacherCard(settings: TrainPreset, state: RunState, steps: number): string {
  const { learningRate, rampImages, warmup = 0, decay = 'cosine', batch, augment } = settings;
  const rise = rampImages === undefined ? `${100 * warmup}% of the images` : `${rampImages} images`;
  const fall = decay === 'cosine' ? 'cosine decay to 0' : 'then constant';
  const isEdm = processOf(settings).kind === 'edm';
  const what = isEdm
    ? "A U-Net under EDM's preconditioning, for its noise levels"
    : `A U-Net that predicts ${settings.prediction} on the variance preserving cosine process`;
  return card(
    `Diffusion model of ${isDigits(settings.data) ? 'handwritten digits' : withoutPlace(settings.data)}`,
    `${what}; the weights are the sampling average (EMA).`,
    [
      dataRow(settings),
      ['network', `\`${JSON.stringify(settings.network)}\``],
      [
        'recipe',
        `Adam at ${learningRate}, warm-up over ${rise}, ${fall}, ${clipping(settings)}, batch ${batch}, ${describeAveraging(settings)}${augment ? `, augmentation ${augment}` : ''}`,
      ],
      ['seed', String(settings.seed)],
      costRow(state),
      ...commandRow(commandOf('train', trainPresets, { ...settings, data: withoutPlace(settings.data) })),
    ],
    `tract sample MODEL --steps ${steps} --count 64 --out samples.png`,
  );
}

/** README.md beside a student's weights. */
export function distillCard(settings: DistillPreset, state: RunState, steps: number): string {
  const { schedule, phaseWeights, huberWidth, clipStudent, lossWeight, learningRate, decay, batch, selfEma, restart } = settings;
  const inSteps = steps === 1 ? 'one step' : `${steps} steps`;
  const shares = phaseWeights ? ` with ${phaseWeights.join(' : ')} of the images` : '';
  const loss = `${huberWidth > 0 ? `pseudo-Huber loss of width ${huberWidth}` : 'squared error'}${clipStudent ? ' of the clipped prediction' : ''}`;
  return card(
    `${isDigits(settings.data) ? 'Handwritten digits' : withoutPlace(settings.data)} in ${inSteps}`,
    `A student of ${steps} sampling step${steps === 1 ? '' : 's'}, distilled by the rule ${settings.method} from \`${settings.teacher}\`; the weights are the sampling average (EMA).`,
    [
      dataRow(settings),
      [
        'recipe',
        `schedule ${schedule.join(' -> ')}${shares}${restart === 'teacher' ? ', each phase started from its teacher' : ''}, ${loss}, weighed by ${lossWeight}, Adam at ${learningRate} (${decay} within each phase), ${clipping(settings)}, batch ${batch}, self-teacher momentum ${selfEma}, ${describeAveraging(settings)} per phase`,
      ],
      ['seed', String(settings.seed)],
      costRow(state),
      ...commandRow(commandOf('distill', distillPresets, { ...settings, data: withoutPlace(settings.data) })),
    ],
    `tract sample MODEL --steps ${steps} --count 64 --out samples.png`,
  );
}
