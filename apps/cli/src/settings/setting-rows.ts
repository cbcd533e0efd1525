import { z } from 'zod';
import { expectationOf } from './expecting.js';

/** A setting as a schema has it. */
export type SettingRow = {
  /** Such as `network.channels`. */
  readonly path: string;
  /** Of a mapping that comes in kinds, the one that has it. */
  readonly kind?: string;
  readonly description: string;
  readonly expects: string;
  readonly optional: boolean;
};

/** All settings of a schema but the mappings that hold others. */
export function settingRows(schema: z.ZodType, path = '', kind?: string): SettingRow[] {
  const optional = schema instanceof z.ZodOptional;
  const inner = optional ? (schema.unwrap() as z.ZodType) : schema;
  if (inner instanceof z.ZodObject) return rowsOfShape(inner.shape, path, kind);
  if (inner instanceof z.ZodDiscriminatedUnion)
    return (inner.options as z.ZodObject[]).flatMap((option) => rowsOfShape(option.shape, path, kindOfShape(option.shape)));
  return [{ path, kind, description: inner.description ?? '', expects: expectationOf(inner), optional }];
}

/** The beginnings of assignments, such as `images=`. */
export const assignmentStarts = (schema: z.ZodType): string[] => [...new Set(settingRows(schema).map(({ path }) => `${path}=`))];

const rowsOfShape = (shape: z.ZodRawShape, path: string, kind: string | undefined): SettingRow[] =>
  Object.entries(shape).flatMap(([name, schema]) => settingRows(schema as z.ZodType, path === '' ? name : `${path}.${name}`, kind));

function kindOfShape({ kind }: z.ZodRawShape): string | undefined {
  return kind instanceof z.ZodLiteral ? String(kind.value) : undefined;
}
