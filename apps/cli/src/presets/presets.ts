import type { DistillSettings, TeacherSettings } from '@tract/train';
import { mnistStudents, mnistTeachers, paperStudents, paperTeachers } from '@tract/train/presets';
import { usageError } from '../errors.js';
import { didYouMean } from '../options/near-miss.js';
import { shortCount } from '../options/quantity.js';

export { publishedTeachers } from '@tract/train/presets';

export const trainPresets: Readonly<Record<string, TeacherSettings>> = { ...mnistTeachers, ...paperTeachers };

export const distillPresets: Readonly<Record<string, DistillSettings>> = { ...mnistStudents, ...paperStudents };

/** Default presets. */
export const usualTeacher = 'mnist-teacher';
export const usualStudent = 'mnist-tract';

/** The preset of that name. @throws CliError (usage) that names the nearest one. */
export function choosePreset<P>(presets: Readonly<Record<string, P>>, name: string): P {
  if (Object.hasOwn(presets, name)) return presets[name];
  const known = Object.keys(presets);
  throw usageError(`unknown preset '${name}': expected ${known.join(', ')}${didYouMean(name, known)}`);
}

/** The presets as a help text of 80 columns shows them, two lines each or three. */
export function presetHelp<P extends TeacherSettings | DistillSettings>(
  presets: Readonly<Record<string, P>>,
  describe: (preset: P) => string,
): string {
  const lines = Object.entries(presets).flatMap(([name, preset]) => {
    const { images, batch, learningRate, seed, checkpointEvery } = preset;
    const numbers = `${shortCount(images)} images, batch ${batch}, lr ${learningRate}, seed ${seed}, saved every ${shortCount(checkpointEvery)}`;
    const line = `  ${name}: ${describe(preset)}`;
    return [...(line.length < 80 ? [line] : [`  ${name}:`, `    ${describe(preset)}`]), `    ${numbers}`];
  });
  return `\nPresets:\n${lines.join('\n')}`;
}
