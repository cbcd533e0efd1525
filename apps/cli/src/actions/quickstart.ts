import { join } from 'node:path';
import { inSteps, withCommas } from '@tract/report';
import type { DigitDistance, DigitReference } from '@tract/scores';
import { runConfig } from '@tract/train';
import { writeFileAtomically } from '@tract/train/node';
import { backendWords, startBackend } from '../computing/backend.js';
import { interruptible, type Pause } from '../computing/interruptible.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { scoresOf } from '../measuring/kept-scores.js';
import { loadDigitReference, measureDigits } from '../measuring/measure-digits.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { readModel, type StoredModel } from '../models/model-folder.js';
import type { ComputeOptions } from '../options/common-options.js';
import { pictureCount, quickstartPicture } from '../output/quickstart-picture.js';
import { choosePreset, distillPresets } from '../presets/presets.js';
import { findRun, modelPath, storeOf } from '../training/run-folder.js';
import { runDistillation } from './distill.js';

export type QuickstartOptions = ComputeOptions & {
  readonly out: string;
  readonly images?: number;
  readonly samples?: number;
  readonly teacher: string;
  readonly json?: boolean;
};

const manySteps = 64;

/** Distil the shipped teacher into a student, draw its picture and measure it; parts that are done stay done when it is called again. */
export async function quickstart(io: Io, options: QuickstartOptions): Promise<void> {
  const preset = choosePreset(distillPresets, 'mnist-quickstart');
  const { out: run, images = preset.images, samples = 5000, teacher: name, backend, threads, instructionSet, silent } = options;
  if (samples < 2) throw usageError(`--samples ${samples} is too few for a distance; expected 2 or more, better 5K`);
  const settings = { ...preset, images, teacher: name };
  const teacher = readModel(name);
  const reference = await loadDigitReference('mnist:test');
  const known = await findRun(storeOf(run), runConfig('distill', settings), warnOn(io));
  const chosen = await startBackend(io, options);
  if (!silent) io.err(`computing on ${backendWords(chosen)}\n`);
  const again = 'the same command goes on from it';
  if (known !== 'finished')
    await runDistillation(io, { run, settings, resume: known === 'unfinished', again, backend, threads, instructionSet, silent });
  await interruptible('the student is kept; the same command goes on', (pause) =>
    show(io, { ...options, samples }, teacher, reference, pause),
  );
}

/** Draw the picture, measure the student and print the results. */
async function show(
  io: Io,
  options: QuickstartOptions & { readonly samples: number },
  teacher: StoredModel,
  reference: DigitReference,
  pause: Pause,
): Promise<void> {
  const student = readModel(modelPath(options.out));
  const { silent } = options;
  const draw = (model: StoredModel, steps: number, count: number) => {
    const phase = `drawing with the ${model === teacher ? 'teacher' : 'student'}, ${inSteps(steps)}`;
    return drawWithProgress(io, model, { steps, count, seed: 0, batch: 64, silent, phase }, pause);
  };
  const parts = {
    manySteps,
    teacherMany: await draw(teacher, manySteps, pictureCount),
    teacherOne: await draw(teacher, 1, pictureCount),
    student: await draw(student, 1, pictureCount),
  };
  const picture = join(options.out, 'samples.png');
  writeFileAtomically(picture, quickstartPicture(parts));
  const score = await measureDigits(io, await draw(student, 1, options.samples), reference, { silent, pause });
  tell(io, options, teacher, score, picture);
}

/** Return the same measurement of the teacher in its config.json, if there is one. */
function digitScoreOf(teacher: StoredModel, steps: number, { extractor, reference }: DigitDistance) {
  const found = scoresOf(teacher).find((row) => row.steps === steps && row.extractor === extractor && row.reference === reference);
  const distance = found?.values.frechet_distance;
  return found && typeof distance === 'number' ? { distance, samples: found.samples } : undefined;
}

function tell(io: Io, options: QuickstartOptions, teacher: StoredModel, score: DigitDistance, picture: string): void {
  const many = digitScoreOf(teacher, manySteps, score);
  const one = digitScoreOf(teacher, 1, score);
  const distances = { student1: score.frechet_distance, teacher64: many?.distance ?? null, teacher1: one?.distance ?? null };
  const value = {
    model: modelPath(options.out),
    picture,
    samples: score.samples,
    reference: score.reference,
    extractor: score.extractor,
    frechet_distance: distances,
  };
  writeFileAtomically(join(options.out, 'result.json'), `${JSON.stringify(value, null, 2)}\n`);
  const row = (name: string, distance: number | null, count: number | undefined): string =>
    `  ${name.padEnd(20)} ${(distance === null ? 'not measured' : distance.toFixed(2)).padStart(12)}   ${count === undefined ? '' : `over ${withCommas(count)} samples`}`;
  report(io, options.json === true, value, [
    '',
    `Frechet distance to ${score.reference} (lower is better)`,
    row('teacher, 64 steps', distances.teacher64, many?.samples),
    row('teacher, 1 step', distances.teacher1, one?.samples),
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
