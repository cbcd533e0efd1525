/** A scheduler_config.json that cannot be followed: another class, or a setting with a value that is not known. */
export class SchedulerConfigError extends RangeError {
  override readonly name = 'SchedulerConfigError';
}

/** The settings of one scheduler_config.json, read with diffusers' defaults; what was asked for is remembered. */
export type SchedulerSettings = {
  readonly className: string;
  /** @throws SchedulerConfigError when the value is not one of these. */
  oneOf<V extends string | number | boolean>(name: string, fallback: V, known: readonly V[]): V;
  number(name: string, fallback: number): number;
  /** A number, or undefined where it is null or not given. */
  optional(name: string): number | undefined;
  numbers(name: string): readonly number[] | undefined;
  /** Names in the file that nothing asked for. */
  ignored(): string[];
};

/** Words of Python for numbers that JSON does not have, such as lambda_min_clipped. */
const bareNumber = /(?<=[:,[]\s*)(?:-?Infinity|NaN)(?=\s*[,\]}])/g;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(bareNumber, '"$&"'));
  } catch (error) {
    throw new SchedulerConfigError(`fromSchedulerConfig: the text is no JSON: ${(error as Error).message}`);
  }
}

export function schedulerSettings(json: unknown): SchedulerSettings {
  const given = (typeof json === 'string' ? parsed(json) : json) as Readonly<Record<string, unknown>>;
  const className = given?._class_name;
  if (typeof className !== 'string')
    throw new SchedulerConfigError("fromSchedulerConfig: needs the object of a scheduler_config.json, whose _class_name is a scheduler's");
  const asked = new Set<string>();
  const value = (name: string): unknown => {
    asked.add(name);
    return given[name] ?? undefined;
  };
  const refuse = (name: string, wanted: string): never => {
    throw new SchedulerConfigError(
      `fromSchedulerConfig: ${className} with ${name} ${JSON.stringify(given[name])} is not known here; known: ${wanted}`,
    );
  };
  const optional = (name: string): number | undefined => {
    const found = value(name);
    return found === undefined || (typeof found === 'number' && Number.isFinite(found)) ? found : refuse(name, 'numbers');
  };
  return {
    className,
    optional,
    oneOf: (name, fallback, known) => {
      const found = value(name) ?? fallback;
      return (known as readonly unknown[]).includes(found)
        ? (found as typeof fallback)
        : refuse(name, known.map((one) => JSON.stringify(one)).join(', '));
    },
    number: (name, fallback) => optional(name) ?? fallback,
    numbers: (name) => {
      const found = value(name);
      if (found === undefined || (Array.isArray(found) && found.every((one) => typeof one === 'number')))
        return found as readonly number[] | undefined;
      return refuse(name, 'lists of numbers');
    },
    ignored: () => Object.keys(given).filter((name) => !name.startsWith('_') && !asked.has(name)),
  };
}
