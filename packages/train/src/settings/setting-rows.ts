import { z } from 'zod';
import { expectationOf } from './expecting.js';

/** A setting of a schema. */
export type SettingRow = {
  /** Names with dots between them, such as `network.channels`. */
  readonly path: string;
  /** Kind of the mapping that has it, if that comes in kinds. */
  readonly kind?: string;
  readonly description: string;
  /** Words that follow "must be". */
  readonly expects: string;
  readonly optional: boolean;
};

/** List the settings of a schema, but for the mappings that hold others. */
export function settingRows(schema: z.ZodType, path = '', kind?: string): SettingRow[] {
  const optional = schema instanceof z.ZodOptional;
  const inner = optional ? (schema.unwrap() as z.ZodType) : schema;
  if (inner instanceof z.ZodObject) return rowsOfShape(inner.shape, path, kind);
  if (inner instanceof z.ZodDiscriminatedUnion)
    return (inner.options as z.ZodObject[]).flatMap((option) => rowsOfShape(option.shape, path, kindOfShape(option.shape)));
  return [{ path, kind, description: inner.description ?? '', expects: expectationOf(inner), optional }];
}

const rowsOfShape = (shape: z.ZodRawShape, path: string, kind: string | undefined): SettingRow[] =>
  Object.entries(shape).flatMap(([name, schema]) => settingRows(schema as z.ZodType, path === '' ? name : `${path}.${name}`, kind));

function kindOfShape({ kind }: z.ZodRawShape): string | undefined {
  return kind instanceof z.ZodLiteral ? String(kind.value) : undefined;
}
