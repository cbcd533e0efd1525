import { type LeftOut, openBatches } from '@tract/data';
import { modelPart } from '@tract/model';
import { withCommas } from '@tract/report';
import type { DistillSettings, TeacherSettings } from '@tract/train';
import {
  type BatchSettings,
  hostBatch,
  imagesAtOnce,
  type PhasePlan,
  planDistillation,
  planTraining,
  requireFit,
  type TrainingPlan,
} from '@tract/train';
import type { NetworkConfig } from '@tract/unet';
import { dataError, exitCodes, usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { exitCodeOf } from '../library-errors.js';
import { knownTeacher, readTeacher } from '../models/known-teacher.js';
import { hasModel } from '../models/model-folder.js';
import { openSet } from '../options/data-sets.js';

/** One batch of the data as training would see it, or why there is none. */
type BatchReport =
  | {
      readonly read: true;
      readonly images: number;
      readonly shape: readonly number[];
      readonly range: readonly [number, number];
      readonly labels?: number[];
      /** Names of the classes by number, where they have names, and files that were left out. */
      readonly classNames?: readonly string[];
      readonly leftOut?: readonly LeftOut[];
    }
  | { readonly read: false; readonly reason: string; readonly isBad: boolean };

/** Where each setting came from, by its name. */
type Sources = Readonly<Record<string, string>>;

/** Print what a training would do. */
export async function dryRunTraining(io: Io, settings: TeacherSettings, sources: Sources, json: boolean): Promise<void> {
  const plan = planTraining(settings);
  const batch = await tryBatch(settings, settings.network);
  tell(io, json, { command: 'train', settings, sources, ...plan, batch });
}

/** Print what a distillation would do; a published teacher need not be there. */
export async function dryRunDistillation(io: Io, settings: DistillSettings, sources: Sources, json: boolean): Promise<void> {
  const { teacher: name } = settings;
  const known = hasModel(name) ? undefined : knownTeacher(name);
  const model = modelPart(known ?? readTeacher(name));
  const plan = planned(() => planDistillation(model, settings));
  const batch = await tryBatch(settings, model.network);
  tell(io, json, { command: 'distill', settings, sources, model, teacherIsThere: known === undefined, ...plan, batch });
}

function planned<T>(plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (error instanceof RangeError) throw usageError(error.message);
    throw error;
  }
}

async function tryBatch(settings: BatchSettings, network: NetworkConfig): Promise<BatchReport> {
  try {
    const set = await openSet(settings.data);
    requireFit(settings, set, network);
    const picked = await openBatches(set, { seed: settings.seed, batchSize: settings.batch }).pick(0);
    const { values, shape, labels } = hostBatch(picked, settings, network, 0);
    const range = values.reduce<[number, number]>(
      ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    const { classNames, leftOut = [] } = set;
    const found = { ...(classNames && { classNames }), ...(leftOut.length > 0 && { leftOut }) };
    return { read: true, images: set.count, shape, range, ...(labels && { labels: labels.slice(0, 8) }), ...found };
  } catch (error) {
    const code = exitCodeOf(error);
    if (code !== exitCodes.usage && code !== exitCodes.data) throw error;
    return { read: false, reason: (error as Error).message, isBad: code === exitCodes.data };
  }
}

type Value = TrainingPlan & {
  readonly command: string;
  readonly settings: TeacherSettings | DistillSettings;
  readonly sources: Sources;
  readonly model?: unknown;
  readonly teacherIsThere?: boolean;
  readonly batch: BatchReport;
};

function tell(io: Io, json: boolean, value: Value): void {
  const { settings, model, teacherIsThere, parameters, multiplyAdds, memory, updates, batch } = value;
  const { call, update, whole } = multiplyAdds;
  report(io, json, value, [
    JSON.stringify({ ...settings, ...(model !== undefined && { model }) }, null, 2),
    `parameters    ${withCommas(parameters)}`,
    `multiply-adds ${giga(call)} G a network call and image, ${giga(update)} G an update and image, ${whole.toExponential(2)} in all (FLOPs: twice as many)`,
    `memory        about ${gigabytes(memory.weights + memory.activations)}: ${memory.copies} copies of the parameters ${gigabytes(memory.weights)}, activations of ${withCommas(imagesAtOnce(settings))} images at once ${gigabytes(memory.activations)}`,
    `updates       ${withCommas(updates)} of ${settings.batch} images`,
    ...value.phases.map(phaseLine),
    ...(teacherIsThere === false
      ? [`teacher       ${(settings as DistillSettings).teacher} is not there; described from what was published`]
      : []),
    batch.read
      ? `data          ${settings.data}, ${withCommas(batch.images)} images; a batch [${batch.shape.join(', ')}] in [${batch.range.map((end) => end.toFixed(3)).join(', ')}]`
      : `data          not read: ${batch.reason}`,
    ...(batch.read ? foundLines(batch) : []),
    'dry run: nothing was written',
  ]);
  // A preset may say no place for its data; one that is said and cannot be read ends a training too.
  if (!batch.read && batch.isBad) throw dataError(batch.reason);
}

/** Most classes that are named. */
const NAMED_CLASSES = 10;

/** Lines on the classes of a set and on what lies among its images. */
function foundLines({ classNames, leftOut }: Extract<BatchReport, { read: true }>): string[] {
  const lines = (leftOut ?? []).map(({ kind, count, example }) => `left out      ${withCommas(count)} ${kind}, such as ${example}`);
  if (!classNames) return lines;
  const named = classNames.slice(0, NAMED_CLASSES).map((name, number) => `${number} ${name}`);
  return [`classes       ${classNames.length}: ${named.join(', ')}${classNames.length > NAMED_CLASSES ? ', …' : ''}`, ...lines];
}

const phaseLine = ({ steps, updates, emaMomentum }: PhasePlan): string =>
  `${steps ? `phase ${steps.join('->')}`.padEnd(13) : 'average      '} ${withCommas(updates)} updates, EMA momentum ${Number(emaMomentum.toPrecision(8))}`;

const giga = (count: number): string => (count / 1e9).toPrecision(4);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
