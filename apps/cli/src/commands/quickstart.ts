import { join } from 'node:path';
import { dispose } from '@tract/tensor';
import type { Command } from 'commander';
import { writeFileAtomically } from '../atomic.js';
import { startBackend } from '../backend.js';
import { type ComputeOptions, computeCommand } from '../common-options.js';
import { loadSet } from '../digits.js';
import { distillWork } from '../distill-run.js';
import { evaluateImages, type FrechetReport } from '../frechet.js';
import type { Images } from '../images.js';
import { type Io, report } from '../io.js';
import { readModel, type StoredModel } from '../model-folder.js';
import { choosePreset, type DistillPreset, distillPresets } from '../presets.js';
import { startProgress } from '../progress.js';
import { quantity, withCommas } from '../quantity.js';
import { pictureColumns, quickstartPicture } from '../quickstart-picture.js';
import { beginRun, findRun, modelPath, openRun, type RunConfig } from '../run-folder.js';
import { drawImages, loadSampler } from '../sample-run.js';
import { runWork } from '../trainer.js';

type Options = ComputeOptions & {
  readonly out: string;
  readonly images?: number;
  readonly samples: number;
  readonly teacher?: string;
  readonly json?: boolean;
};

const manySteps = 64;
const seed = 0;
const batch = 128;

export const quickstartCommand = (io: Io): Command =>
  computeCommand('quickstart', 'Distils the shipped teacher into a one-step student, draws with both and measures them.')
    .option('--out <run>', 'folder of the run', 'runs/quickstart')
    .option('--images <n>', 'training images', quantity)
    .option('--samples <n>', 'images that the distance is measured over', quantity, 5000)
    .option('--teacher <model>', "MODEL to distil; default: the preset's own")
    .option('--json', 'print one JSON value at the end')
    .action((options: Options) => quickstart(io, options));

async function quickstart(io: Io, options: Options): Promise<void> {
  const preset = choosePreset(distillPresets, 'mnist-quickstart');
  const settings: DistillPreset = { ...preset, images: options.images ?? preset.images, teacher: options.teacher ?? preset.teacher };
  const teacher = readModel(settings.teacher);
  const config: RunConfig = { format: 'tract-run', version: 1, command: 'distill', settings };
  const known = findRun(options.out);
  const backend = await startBackend(io, options);
  if (!options.silent) io.err(`computing on ${backend.name}${backend.instructions ? ` (${backend.instructions})` : ''} with ${backend.threads} threads\n`);
  if (known !== 'finished') await distil(io, options, config, settings, teacher, known === 'unfinished');
  await show(io, options, teacher);
}

/** Distils from the start, or from where an earlier call was stopped. */
async function distil(io: Io, options: Options, config: RunConfig, settings: DistillPreset, teacher: StoredModel, resume: boolean): Promise<void> {
  const from = openRun(options.out, resume, config);
  const images = await loadSet(`${settings.data}:train`);
  beginRun(options.out, config, from);
  const work = distillWork({ run: options.out, settings, teacher, images, from });
  try {
    await runWork(io, work, from?.state, { silent: options.silent === true });
  } finally {
    work.dispose();
  }
}

/** Draws the picture, measures the student and tells what came out. */
async function show(io: Io, options: Options, teacher: StoredModel): Promise<void> {
  const student = readModel(modelPath(options.out));
  const draw = async (stored: StoredModel, steps: number, count: number): Promise<Images> => {
    const progress = startProgress(io, { unit: 'images', silent: options.silent });
    const sampler = loadSampler(stored);
    const phase = `drawing with ${stored === teacher ? 'the teacher' : 'the student'}, ${steps} step${steps === 1 ? '' : 's'}`;
    try {
      return await drawImages(sampler, { steps, count, seed, batch }, (done) => progress.tick({ done, total: count, phase }));
    } finally {
      dispose(sampler.params);
      progress.end();
    }
  };
  const shown = 2 * pictureColumns;
  const parts = { manySteps, teacherMany: await draw(teacher, manySteps, shown), teacherOne: await draw(teacher, 1, shown), student: await draw(student, 1, shown) };
  const picture = join(options.out, 'samples.png');
  writeFileAtomically(picture, quickstartPicture(parts));
  const score = await evaluateImages(io, await draw(student, 1, options.samples), 'mnist:test', options);
  tell(io, options, teacher, score, picture);
}

function tell(io: Io, options: Options, teacher: StoredModel, score: FrechetReport, picture: string): void {
  const scores = teacher.scores?.frechetDistance ?? {};
  const distances = { student1: score.frechet_distance, teacher64: scores[manySteps] ?? null, teacher1: scores[1] ?? null };
  const value = { model: modelPath(options.out), picture, samples: score.samples, reference: score.reference, extractor: score.extractor, frechet_distance: distances };
  writeFileAtomically(join(options.out, 'result.json'), `${JSON.stringify(value, null, 2)}\n`);
  const row = (name: string, distance: number | null, count: number | undefined): string =>
    `  ${name.padEnd(20)} ${(distance === null ? 'not measured' : distance.toFixed(2)).padStart(12)}   ${count === undefined ? '' : `over ${withCommas(count)} samples`}`;
  report(io, options.json === true, value, [
    '',
    `Frechet distance to ${score.reference} (lower is better)`,
    row('teacher, 64 steps', distances.teacher64, teacher.scores?.count),
    row('teacher, 1 step', distances.teacher1, teacher.scores?.count),
    row('student, 1 step', distances.student1, score.samples),
    '',
    `Pictures: ${picture}`,
    `Student:  ${modelPath(options.out)}`,
    '',
    'Next:',
    `  npx tract sample ${modelPath(options.out)} --steps 1 --count 100 --seed 7 --out digits.png`,
    `  npx tract evaluate --samples ${modelPath(options.out)} --steps 1 --count 10K --reference mnist:test`,
    '  npx tract distill --preset mnist-tract --out runs/student     (the full recipe, longer and better)',
    '  npx tract --help',
  ]);
}
