import { type ModelDescription, modelPart } from '@tract/model';
import type { Recipe } from '../model-card.js';
import { distillSchema } from './distill-schema.js';
import { upgradeSettings } from './older-settings.js';
import { teacherSchema } from './teacher-schema.js';

/** Read the settings that a model was trained with, also by an older version; undefined for a recipe of another program. */
export function recipeOf(model: ModelDescription): Recipe | undefined {
  const { imagesSeen: _, ...recipe } = upgradeSettings(model.recipe ?? {});
  const data = recipe.data ?? model.data;
  const student = distillSchema.safeParse({ ...recipe, data });
  if (student.success) return { command: 'distill', settings: student.data };
  const teacher = teacherSchema.safeParse({ ...modelPart(model), ...recipe, data });
  return teacher.success ? { command: 'train', settings: teacher.data } : undefined;
}
