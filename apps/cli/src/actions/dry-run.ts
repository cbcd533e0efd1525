import type { ImageSet } from '@tract/data';
import { modelPart } from '@tract/model';
import { withCommas } from '@tract/report';
import {
  type BatchSettings,
  type DistillSettings,
  type FirstBatch,
  firstBatch,
  imagesAtOnce,
  type PhasePlan,
  planDistillation,
  planTraining,
  type TeacherSettings,
  type TrainingPlan,
} from '@tract/train';
import type { NetworkConfig } from '@tract/unet';
import { asUsage, dataError, exitCodes } from '../errors.js';
import { type Io, report } from '../io.js';
import { exitCodeOf } from '../library-errors.js';
import { knownTeacher, readTeacher } from '../models/known-teacher.js';
import { hasModel } from '../models/model-folder.js';
import { openSet } from '../options/data-sets.js';
import { setLines } from '../output/set-lines.js';

/** One batch of the data as training would see it, with what was found in the set, or why there is none. */
type BatchReport =
  | ({ readonly read: true; readonly images: number } & FirstBatch & Pick<ImageSet, 'classNames' | 'leftOut'>)
  | { readonly read: false; readonly reason: string; readonly isBad: boolean };

/** Report of a batch, and its lines for a person. */
type Tried = { readonly batch: BatchReport; readonly lines: readonly string[] };

type DryRunOptions = { readonly json?: boolean; readonly fewerClasses?: boolean };

/** Origin of each setting, by its name. */
type Sources = Readonly<Record<string, string>>;

/** Print what a training would do. */
export async function dryRunTraining(io: Io, settings: TeacherSettings, sources: Sources, options: DryRunOptions): Promise<void> {
  const plan = planTraining(settings);
  const { batch, lines } = await tryBatch(settings, settings.network, options);
  tell(io, options.json === true, { command: 'train', settings, sources, ...plan, batch }, lines);
}

/** Print what a distillation would do; a published teacher need not be there. */
export async function dryRunDistillation(io: Io, settings: DistillSettings, sources: Sources, options: DryRunOptions): Promise<void> {
  const { teacher: name } = settings;
  const known = hasModel(name) ? undefined : knownTeacher(name);
  const model = modelPart(known ?? readTeacher(name));
  const plan = asUsage(() => planDistillation(model, settings));
  const { batch, lines } = await tryBatch(settings, model.network, options);
  tell(
    io,
    options.json === true,
    { command: 'distill', settings, sources, model, teacherIsThere: known === undefined, ...plan, batch },
    lines,
  );
}

async function tryBatch(settings: BatchSettings, network: NetworkConfig, { fewerClasses }: DryRunOptions): Promise<Tried> {
  try {
    const set = await openSet(settings.data);
    const first = await firstBatch(set, settings, network, { fewerClasses });
    const { count: images, classNames, leftOut = [] } = set;
    const batch = { read: true as const, images, ...first, ...(classNames && { classNames }), ...(leftOut.length > 0 && { leftOut }) };
    const ends = first.range.map((end) => end.toFixed(3)).join(', ');
    const line = `data          ${settings.data}, ${withCommas(images)} images; a batch [${first.shape.join(', ')}] in [${ends}]`;
    return { batch, lines: [line, ...setLines(set)] };
  } catch (error) {
    const code = exitCodeOf(error);
    if (code !== exitCodes.usage && code !== exitCodes.data) throw error;
    const reason = (error as Error).message;
    return { batch: { read: false, reason, isBad: code === exitCodes.data }, lines: [`data          not read: ${reason}`] };
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

function tell(io: Io, json: boolean, value: Value, dataLines: readonly string[]): void {
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
    ...dataLines,
    'dry run: nothing was written',
  ]);
  // A preset may say no place for its data; one that is said and cannot be read ends a training too.
  if (!batch.read && batch.isBad) throw dataError(batch.reason);
}

const phaseLine = ({ steps, updates, emaMomentum }: PhasePlan): string =>
  `${steps ? `phase ${steps.join('->')}`.padEnd(13) : 'average      '} ${withCommas(updates)} updates, EMA momentum ${Number(emaMomentum.toPrecision(8))}`;

const giga = (count: number): string => (count / 1e9).toPrecision(4);
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
