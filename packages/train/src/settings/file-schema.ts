import { z } from 'zod';

/**
 * JSON Schema (2020-12) of what --config may hold besides RUN/config.json: some of the settings, over a preset. It tells an editor names,
 * types and ranges; what goes together only the command knows.
 */
export function fileSchema(command: string, settings: z.ZodObject, presets: readonly string[]): unknown {
  const file = z.strictObject({
    $schema: z.string().describe('this schema, for editors').optional(),
    preset: z.enum(presets).describe('the preset that is changed; --preset goes before').optional(),
    ...partial(settings).shape,
  });
  const { $schema, ...schema } = z.toJSONSchema(file);
  return { $schema, title: `Settings of tract ${command}`, ...schema };
}

/** Make all settings optional; null removes one that is optional by itself. */
const partial = (settings: z.ZodObject): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(settings.shape).map(([name, schema]) => [name, given(schema as z.ZodType).optional()])));

function given(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return given(schema.unwrap() as z.ZodType).nullable();
  if (schema instanceof z.ZodObject) return partial(schema);
  return schema instanceof z.ZodDiscriminatedUnion ? partial(ofAnyKind(schema.options as z.ZodObject[])) : schema;
}

/** A mapping whose kind the preset may say: of all settings of all kinds. */
function ofAnyKind(options: readonly z.ZodObject[]): z.ZodObject {
  const kinds = options.flatMap(({ shape }) => (shape.kind instanceof z.ZodLiteral ? [String(shape.kind.value)] : []));
  const shapes = options.map(({ shape: { kind: _, ...rest } }) => rest);
  return z.strictObject({ kind: z.enum(kinds).optional(), ...Object.assign({}, ...shapes.reverse()) });
}
