import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '@tract/train';
import { machine, readRunLog, writeFileAtomically } from '@tract/train/node';
import { batch, type Overrides, type Row, type RowName, rows } from './rows.js';
import type { Outcome, TableResult, TeacherOutcome } from './table-result.js';
import { type Table, type TableName, tables } from './tables.js';

/** Sizes of a reproduction. */
export type Scale = {
  /** Training images of a row. */
  readonly images: number;
  /** Images of each measurement. */
  readonly samples: number;
};

/** `tiny` shows that everything runs, `small` what can be told in hours, `full` in days. */
export const scales = {
  tiny: { images: 640, samples: 100 },
  small: { images: 64e3, samples: 5e3 },
  full: { images: 480e3, samples: 10e3 },
} as const satisfies Record<string, Scale>;

export type ScaleName = keyof typeof scales;

export type TableOptions = Scale & {
  readonly table: TableName;
  /** Number of seeds, from 0 on. */
  readonly seeds: number;
  /** Folder of all runs and scores; what is there already stays, for other tables too. */
  readonly out: string;
  /** MODEL that every row distils. */
  readonly teacher: string;
  /** Images to train with. Default: those of the row's preset. */
  readonly data?: string;
  readonly reference: string;
  readonly features: string;
  /** Start no training: measure and show those that are finished. Default: false. */
  readonly soFar?: boolean;
  /** Options of every command that computes, such as --threads 1. */
  readonly computing: readonly string[];
};

export type TableTools = {
  /** Run a command line of `tract` and return what it printed. Rejects when it ends with another code than 0. */
  readonly tract: (args: readonly string[]) => Promise<string>;
  /** Tell a person how it goes. */
  readonly say: (sentence: string) => void;
};

type Job = { readonly name: RowName; readonly row: Row; readonly seed: number; readonly images: number };

/**
 * List the trainings of a table, each seed's rows before the next seed's.
 *
 * @throws RangeError when a row's share of the images is no whole number of batches.
 */
export function tableJobs(options: TableOptions): Job[] {
  const { entries }: Table = tables[options.table];
  return Array.from({ length: options.seeds }, (_, seed) => entries.map(({ row }) => jobOf(row, seed, options))).flat();
}

/**
 * Run what is missing of a table, tell beforehand how many hours that takes, and return what came out. After a stop or a kill the same call goes on: runs
 * resume, and scores are kept.
 *
 * @throws RangeError as `tableJobs` does; RunError for scores of other settings in the same folder.
 * @param teacher what the teacher is, in words.
 */
export async function runTable(options: TableOptions, teacher: string, tools: TableTools): Promise<TableResult> {
  const { entries, teacherSteps = [] }: Table = tables[options.table];
  const jobs = tableJobs(options).filter((job) => !options.soFar || isFinished(job, options));
  mkdirSync(options.out, { recursive: true });
  if (!options.soFar) await tellHours(jobs, options, tools);
  const outcomes: [RowName, Outcome][] = [];
  for (const job of jobs) outcomes.push([job.name, await runJob(job, options, tools)]);
  const teacherOutcomes: TeacherOutcome[] = [];
  for (const steps of options.soFar ? [] : teacherSteps)
    for (let seed = 0; seed < options.seeds; seed++)
      teacherOutcomes.push({ steps, seed, frechetDistance: await scoreTeacher(steps, seed, options, tools) });
  const { table, seeds, images, samples, data, reference, features } = options;
  const { processor, cores } = machine();
  const ofRow = (name: RowName): Outcome[] => outcomes.filter(([row]) => row === name).map(([, outcome]) => outcome);
  return {
    ...{ table, teacher, seeds, images, samples, data, reference, features, machine: `${cores} cores of ${processor}` },
    rows: Object.fromEntries(entries.map(({ row }) => [row, ofRow(row)])),
    ...(teacherSteps.length > 0 && { teacherOutcomes }),
  };
}

function jobOf(name: RowName, seed: number, { images: whole }: Scale): Job {
  const row: Row = rows[name];
  const images = whole * (row.share ?? 1);
  if (images % batch !== 0)
    throw new RangeError(`${name} takes ${row.share ?? 1} of the images, got ${images}; choose --images that give multiples of ${batch}`);
  return { name, row, seed, images };
}

const runOf = ({ name, seed }: Job, { out }: TableOptions): string => join(out, name, `seed-${seed}`);

const isFinished = (job: Job, options: TableOptions): boolean => readRunLog(runOf(job, options)).at(-1)?.images === job.images;

/** Words of the command line for a value of a setting. */
const settingArgs = (settings: Overrides): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`]);

/** The command that trains a job into a folder; methods come first, for they bring settings of their own. */
function distillArgs({ row, seed, images }: Job, { teacher, data }: TableOptions, run: string, length = images): string[] {
  const { method, ...settings } = row.settings(images);
  return [
    ...['distill', '--preset', row.preset, ...(method === undefined ? [] : ['--method', String(method)]), ...settingArgs(settings)],
    ...['--images', String(length), '--checkpoint-every', String(images), '--seed', String(seed), '--samples', '0', '--teacher', teacher],
    ...(data === undefined ? [] : ['--data', data]),
    ...['--json', '--out', run, '--resume', 'latest'],
  ];
}

/** Updates by which the speed is measured; more than the phases of any row. */
const timedUpdates = 16;

/** Measure the speed by some updates of the first row that is not done, and tell what all the rest takes at that speed. */
async function tellHours(jobs: readonly Job[], options: TableOptions, { tract, say }: TableTools): Promise<void> {
  const open = jobs.filter((job) => !existsSync(scoreFile(runOf(job, options))));
  if (open.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'tract-reproduce-'));
  try {
    const run = join(folder, 'run');
    await tract([...distillArgs(open[0], options, run, timedUpdates * batch), ...options.computing, '--silent']);
    const speed = (timedUpdates * batch) / secondsOf(run);
    const images = open.reduce((sum, job) => sum + job.images, 0);
    const hours = images / speed / 3600;
    say(`${open.length} trainings of ${images} images in all, about ${hours.toFixed(2)} hours at ${speed.toFixed(0)} images/s`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const secondsOf = (run: string): number => readRunLog(run).at(-1)?.seconds ?? 0;

const scoreFile = (run: string): string => `${run}.json`;

async function runJob(job: Job, options: TableOptions, tools: TableTools): Promise<Outcome> {
  const run = runOf(job, options);
  const { calls } = job.row;
  const train = distillArgs(job, options, run);
  const frechetDistance = await scored(scoreFile(run), { train, ...measuredBy(options) }, async () => {
    tools.say(`${job.name}, seed ${job.seed}`);
    await tools.tract([...train, ...options.computing]);
    return measure(join(run, 'model'), calls, job.seed, options, tools);
  });
  return { seed: job.seed, frechetDistance, images: job.images, seconds: Math.round(secondsOf(run)) };
}

async function scoreTeacher(steps: number, seed: number, options: TableOptions, tools: TableTools): Promise<number> {
  const { teacher } = options;
  return scored(join(options.out, `teacher-${steps}-seed-${seed}.json`), { teacher, steps, ...measuredBy(options) }, () => {
    tools.say(`the teacher in ${steps} steps, seed ${seed}`);
    return measure(teacher, steps, seed, options, tools);
  });
}

const measuredBy = ({ samples, reference, features }: TableOptions) => ({ samples, reference, features });

async function measure(model: string, steps: number, seed: number, options: TableOptions, { tract }: TableTools): Promise<number> {
  const { samples, reference, features, computing } = options;
  const words = ['--samples', model, '--steps', String(steps), '--count', String(samples), '--seed', String(seed)];
  const said = await tract(['evaluate', ...words, '--reference', reference, '--features', features, '--json', ...computing]);
  return JSON.parse(said).frechet_distance;
}

/** Return a distance that is kept in a file with what it was made by, or make it. @throws RunError when the file is about something else. */
async function scored(path: string, by: object, make: () => Promise<number>): Promise<number> {
  const made = JSON.stringify(by);
  if (existsSync(path)) {
    const kept = JSON.parse(readFileSync(path, 'utf8'));
    if (JSON.stringify(kept.by) !== made) throw new RunError('fixed', `${path} was measured with other settings`, 'choose another folder');
    return kept.frechetDistance;
  }
  const frechetDistance = await make();
  writeFileAtomically(path, `${JSON.stringify({ by, frechetDistance }, null, 2)}\n`);
  return frechetDistance;
}
