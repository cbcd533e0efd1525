import { type Fail } from './checkpoint-error.js';
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | {
      readonly [key: string]: JsonValue;
    };
export type JsonLimits = {
  /** How deep objects and arrays may nest. */
  readonly depth: number;
  /** Whether every number must be an integer in [0, 2^53 - 1], written without sign, fraction or exponent. */
  readonly integersOnly: boolean;
};
/**
 * JSON.parse for files that we did not write. JSON.parse keeps the last of two equal keys, rounds big integers, passes lone
 * surrogates on and nests without limit, all in silence; here these are errors, found by a scan before. Grammar is left to JSON.parse.
 */
export declare function parseStrictJson(bytes: Uint8Array, limits: JsonLimits, fail: Fail): JsonValue;
export declare const isJsonObject: (value: JsonValue | undefined) => value is {
  readonly [key: string]: JsonValue;
};
//# sourceMappingURL=strict-json.d.ts.map
