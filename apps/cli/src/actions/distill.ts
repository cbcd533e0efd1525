import { startBackend } from '../backend.js';
import type { ComputeOptions } from '../common-options.js';
import { loadSet } from '../digits.js';
import { distillWork, setupOf } from '../distill-run.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { readModel } from '../model-folder.js';
import { choosePreset, type DistillPreset, distillPresets } from '../presets.js';
import { withCommas } from '../quantity.js';
import { beginRun, modelPath, openRun, type RunConfig } from '../run-folder.js';
import { runWork } from '../trainer.js';

export type DistillOptions = ComputeOptions &
  Partial<Omit<DistillPreset, 'learningRate'>> & {
    readonly preset: string;
    readonly out: string;
    readonly lr?: number;
    readonly resume?: boolean;
    readonly json?: boolean;
  };

/** The preset with what the command line changes. */
function settingsOf(options: DistillOptions): DistillPreset {
  const preset = choosePreset(distillPresets, options.preset);
  const { teacher, method, schedule, images, batch, seed, selfEma, emaResidual, checkpointEvery, lr: learningRate } = options;
  const changes = { teacher, method, schedule, images, batch, seed, selfEma, emaResidual, checkpointEvery, learningRate };
  return { ...preset, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) };
}

/** Distils from the start, or from the last checkpoint with --resume. */
export async function distill(io: Io, options: DistillOptions): Promise<void> {
  const settings = settingsOf(options);
  const config: RunConfig = { format: 'tract-run', version: 1, command: 'distill', settings };
  const from = openRun(options.out, options.resume === true, config);
  const teacher = readModel(settings.teacher);
  try {
    setupOf(teacher, settings);
  } catch (error) {
    throw usageError((error as Error).message);
  }
  const images = await loadSet(`${settings.data}:train`);
  await startBackend(io, options);
  beginRun(options.out, config, from);
  const work = distillWork({ run: options.out, settings, teacher, images, from });
  try {
    const state = await runWork(io, work, from?.state, { silent: options.silent === true });
    const value = { run: options.out, model: modelPath(options.out), images: state.images, seconds: state.seconds };
    report(io, options.json === true, value, [
      `${modelPath(options.out)}: student after ${withCommas(state.images)} images in ${state.seconds} s`,
    ]);
  } finally {
    work.dispose();
  }
}
