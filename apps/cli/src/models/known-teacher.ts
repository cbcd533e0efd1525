import { type DiffusionModel, modelPart } from '@tract/model';
import { dataError } from '../errors.js';
import { publishedTeachers, trainPresets } from '../presets/presets.js';
import { hasModel, readModel, type StoredModel } from './model-folder.js';

/** A teacher that presets name, whether or not it is there: one of the published ones, or what a preset of train makes. */
export function knownTeacher(name: string): DiffusionModel | undefined {
  if (Object.hasOwn(publishedTeachers, name)) return publishedTeachers[name];
  return Object.hasOwn(trainPresets, name) ? modelPart(trainPresets[name]) : undefined;
}

/** Read a teacher. @throws CliError (bad data); for one that presets name and that is not there it says how to come by it. */
export function readTeacher(name: string): StoredModel {
  if (hasModel(name) || knownTeacher(name) === undefined) return readModel(name);
  const how = Object.hasOwn(publishedTeachers, name)
    ? `convert its published file with tract convert FILE ${name}`
    : `train it with tract train --preset ${name} --out RUN and give --teacher RUN/model`;
  throw dataError(`the teacher '${name}' is not there; ${how}`);
}
