import { join } from 'node:path';
import { gridPng, partOfImages, squareColumns } from '@tract/images';
import { processOf, samplingOf } from '@tract/model';
import { type Drawing, inSteps, type RunRecord, runReport } from '@tract/report';
import { knownSteps } from '@tract/schedules/training';
import type { DigitDistance, DigitReference } from '@tract/scores';
import { readRun, requireRoom, writeFileAtomically } from '@tract/train/node';
import { startBackend } from '../computing/backend.js';
import { interruptible, type Pause } from '../computing/interruptible.js';
import { CliError, exitCodes, usageError } from '../errors.js';
import { type Io, report as print } from '../io.js';
import { loadDigitReference, measureDigits } from '../measuring/measure-digits.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { readTeacher } from '../models/known-teacher.js';
import { readModel, type StoredModel } from '../models/model-folder.js';
import type { ComputeOptions } from '../options/common-options.js';
import { commandOf } from '../output/card-command.js';
import { distillPresets, trainPresets } from '../presets/presets.js';
import { modelPath } from '../training/run-folder.js';

export type ReportOptions = ComputeOptions & {
  readonly out?: string;
  readonly steps?: readonly number[];
  readonly count: number;
  readonly seed: number;
  /** Images that are measured; true where no number was given. */
  readonly scores?: number | true;
  readonly json?: boolean;
};

const usualSteps = [1, 2, 4];

/** A model that the report draws with, and in what numbers of steps. */
type Subject = { readonly name: Drawing['model']; readonly model: StoredModel; readonly steps: readonly number[] };

/** Draw with the models of a run, measure them if asked, and write the page. */
export async function report(io: Io, run: string, options: ReportOptions): Promise<void> {
  const { out = join(run, 'report.html'), seed, scores } = options;
  const record = readRun(run);
  requireRoom(out);
  const { models, notes } = modelsOf(run, record);
  const subjects = models.map(([name, model]) => ({ name, model, steps: stepsOf(model, options.steps) }));
  const reference = scores === undefined ? undefined : await digitReferenceFor(subjects);
  await startBackend(io, options);
  const drawings = await interruptible('nothing was written', (pause) => drawAll(io, subjects, reference, options, pause));
  const scored = drawings.find((drawing) => drawing.measured)?.measured;
  writeFileAtomically(out, runReport(record, { drawings, seed, scored, notes, repeat: repeatOf(record) }));
  const distances = drawings.map(({ model, steps, nfe, score }) => ({ model, steps, nfe, frechet_distance: score ?? null }));
  print(io, options.json === true, { run, out, drawings: distances, notes }, [...notes, `${out}: report on ${run}`]);
}

/** Return the command that repeats a run. */
const repeatOf = ({ command, settings }: RunRecord): string =>
  commandOf(command, command === 'train' ? trainPresets : distillPresets, settings);

/** Return the model of a run, and the teacher of a student; a teacher that is not there is left out, with a note. */
function modelsOf(run: string, { command, settings }: RunRecord) {
  const own = readModel(modelPath(run));
  if (command === 'train') return { models: [['teacher', own] as const], notes: [] };
  const student = ['student', own] as const;
  try {
    return { models: [['teacher', readTeacher(String(settings.teacher))] as const, student], notes: [] };
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCodes.data) throw error;
    return { models: [student], notes: [`The teacher is not shown: ${error.message}.`] };
  }
}

/** Numbers of steps, ascending: those asked for, or the usual ones that the model knows; and those that it is made for. */
function stepsOf(model: StoredModel, asked: readonly number[] | undefined): number[] {
  const timesteps = knownSteps(processOf(model));
  const chosen = asked ?? usualSteps.filter((steps) => timesteps === undefined || timesteps % steps === 0);
  for (const steps of chosen) samplingOf(model, steps);
  return [...new Set([...chosen, ...model.samplingSteps])].sort((a, b) => a - b);
}

/** @throws CliError (usage) for models that the digit classifier cannot measure. */
async function digitReferenceFor(subjects: readonly Subject[]): Promise<DigitReference> {
  const other = subjects.find(({ model: { network } }) => network.imageSize !== 28 || network.inChannels !== 1);
  if (other) throw usageError(`--scores measures digits of 28x28 grey pixels, the ${other.name} draws others; use tract fid`);
  return loadDigitReference('mnist:test');
}

type Measured = Drawing & { readonly measured?: DigitDistance };

async function drawAll(
  io: Io,
  subjects: readonly Subject[],
  reference: DigitReference | undefined,
  { count, seed, scores, silent }: ReportOptions,
  pause: Pause,
): Promise<Measured[]> {
  const measuredCount = typeof scores === 'number' ? scores : 5000;
  const drawings: Measured[] = [];
  for (const { name, model, steps: list } of subjects) {
    for (const steps of list) {
      const phase = `drawing with the ${name}, ${inSteps(steps)}`;
      const all = reference ? Math.max(count, measuredCount) : count;
      const images = await drawWithProgress(io, model, { steps, count: all, seed, batch: 64, silent, phase }, pause);
      const { sampler, nfe } = samplingOf(model, steps);
      const text = { Software: 'tract', Description: `${name}, ${inSteps(steps)} of ${sampler}, seed ${seed}` };
      const zoom = model.network.imageSize > 32 ? 1 : 2;
      const png = gridPng([{ images: partOfImages(images, 0, count) }], { columns: squareColumns(count), zoom, text });
      const measured = reference && (await measureDigits(io, partOfImages(images, 0, measuredCount), reference, { silent, pause }));
      drawings.push({ model: name, steps, nfe, png, score: measured?.frechet_distance, measured });
    }
  }
  return drawings;
}
