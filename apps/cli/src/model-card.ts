import type { DistillPreset, TrainPreset } from './presets.js';
import { withCommas } from './quantity.js';
import type { RunState } from './run-folder.js';

const list = (rows: readonly (readonly [string, string])[]): string => rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n');

const dataRow = ['data', 'MNIST, 60,000 training images of 28x28 grey pixels, scaled to [-1, 1], no augmentation'] as const;

function card(title: string, sentence: string, rows: readonly (readonly [string, string])[], use: string): string {
  return `# ${title}\n\n${sentence}\n\n| | |\n| --- | --- |\n${list(rows)}\n\n## Use\n\n\`\`\`sh\n${use}\n\`\`\`\n`;
}

const costRow = ({ images, seconds }: RunState) =>
  ['cost', `${withCommas(images)} images, ${withCommas(seconds)} seconds of wall clock`] as const;

/** README.md beside a teacher's weights. */
export const teacherCard = (settings: TrainPreset, state: RunState): string =>
  card(
    'Diffusion model of handwritten digits',
    `A U-Net that predicts ${settings.prediction} on the variance preserving cosine process; the weights are the sampling average (EMA).`,
    [
      dataRow,
      ['network', `\`${JSON.stringify(settings.network)}\``],
      [
        'recipe',
        `Adam at ${settings.learningRate}, warm-up over ${100 * settings.warmup}% of the images, cosine decay to 0, gradients clipped at norm ${settings.clipNorm}, batch ${settings.batch}, EMA residual ${settings.emaResidual}`,
      ],
      ['seed', String(settings.seed)],
      costRow(state),
      [
        'command',
        `\`tract train --out RUN --images ${settings.images} --batch ${settings.batch} --seed ${settings.seed} --lr ${settings.learningRate} --prediction ${settings.prediction}\``,
      ],
    ],
    'tract sample MODEL --steps 64 --count 64 --out digits.png',
  );

/** README.md beside a student's weights. */
export const distillCard = (settings: DistillPreset, state: RunState, steps: number): string =>
  card(
    `Handwritten digits in ${steps === 1 ? 'one step' : `${steps} steps`}`,
    `A student of ${steps} sampling step${steps === 1 ? '' : 's'}, distilled by the rule ${settings.method} from \`${settings.teacher}\`; the weights are the sampling average (EMA).`,
    [
      dataRow,
      [
        'recipe',
        `schedule ${settings.schedule.join(' -> ')}${settings.phaseWeights ? ` with ${settings.phaseWeights.join(' : ')} of the images` : ''}, ${settings.huberWidth > 0 ? `pseudo-Huber loss of width ${settings.huberWidth}` : 'squared error'}${settings.clipStudent ? ' of the clipped prediction' : ''}, weighed by ${settings.lossWeight}, Adam at ${settings.learningRate} (${settings.decay} within each phase), gradients clipped at norm ${settings.clipNorm}, batch ${settings.batch}, self-teacher momentum ${settings.selfEma}, EMA residual ${settings.emaResidual} per phase`,
      ],
      ['seed', String(settings.seed)],
      costRow(state),
      [
        'command',
        `\`tract distill --teacher ${settings.teacher} --out RUN --method ${settings.method} --schedule ${settings.schedule.join(',')}${settings.phaseWeights ? ` --phase-weights ${settings.phaseWeights.join(',')}` : ''} --loss-weight ${settings.lossWeight} --huber-width ${settings.huberWidth} --${settings.clipStudent ? '' : 'no-'}clip-student --images ${settings.images} --batch ${settings.batch} --seed ${settings.seed} --lr ${settings.learningRate}\``,
      ],
    ],
    `tract sample MODEL --steps ${steps} --count 64 --out digits.png`,
  );
