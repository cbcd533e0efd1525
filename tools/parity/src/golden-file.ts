import { readFileSync } from 'node:fs';
import { type NamedArray, readSafetensors } from '@tract/checkpoint';
import { channelsLast } from './layout.js';

/** A file that is of a known kind but cannot be used. The message is a clause: what is wrong. */
export class BrokenFile extends Error {
  override readonly name = 'BrokenFile';
}

/** The tensors and settings of one golden file. Asking for what is not there, or is of another form, throws `BrokenFile`. */
export class GoldenFile {
  readonly #tensors: Map<string, NamedArray>;
  readonly #metadata: Map<string, string>;

  /** @throws CheckpointError when the bytes are not a sound safetensors file. */
  constructor(path: string) {
    // As plain bytes: a Buffer's slice would be a view where the reader copies for alignment.
    const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(path)), { source: 'file' });
    this.#tensors = tensors;
    this.#metadata = metadata;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Names that begin with `prefix`, without it. */
  under(prefix: string): string[] {
    return this.names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  hasSetting(key: string): boolean {
    return this.#metadata.has(key);
  }

  /** A setting, parsed as JSON. */
  setting(key: string): unknown {
    const text = this.#metadata.get(key);
    if (text === undefined) throw new BrokenFile(`its metadata lacks '${key}'`);
    try {
      return JSON.parse(text);
    } catch {
      throw new BrokenFile(`its metadata '${key}' is not JSON: ${text.slice(0, 80)}`);
    }
  }

  number(key: string): number {
    const value = this.setting(key);
    if (typeof value !== 'number') throw new BrokenFile(`its metadata '${key}' must be a number, got ${JSON.stringify(value)}`);
    return value;
  }

  numbers(key: string): number[] {
    const value = this.setting(key);
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'number')) {
      throw new BrokenFile(`its metadata '${key}' must be a list of numbers, got ${JSON.stringify(value)}`);
    }
    return value;
  }

  /** Text of a setting that need not be there and need not be JSON. */
  text(key: string): string {
    return this.#metadata.get(key) ?? '';
  }

  #array(name: string): NamedArray {
    const array = this.#tensors.get(name);
    if (!array) throw new BrokenFile(`tensor '${name}' is missing`);
    return array;
  }

  shape(name: string): readonly number[] {
    return this.#array(name).shape;
  }

  /** A float tensor's values in the precision and order of the file. */
  floats(name: string): Float32Array | Float64Array {
    const { dtype, data } = this.#array(name);
    if (dtype !== 'F32' && dtype !== 'F64') throw new BrokenFile(`tensor '${name}' must be F32 or F64, got ${dtype}`);
    return data;
  }

  float32(name: string): Float32Array {
    return Float32Array.from(this.floats(name));
  }

  bytes(name: string): Uint8Array {
    const { dtype, data } = this.#array(name);
    if (dtype !== 'U8') throw new BrokenFile(`tensor '${name}' must be U8, got ${dtype}`);
    return data;
  }

  integers(name: string): number[] {
    const { dtype, data } = this.#array(name);
    if (dtype !== 'I64' && dtype !== 'I32') throw new BrokenFile(`tensor '${name}' must be I64 or I32, got ${dtype}`);
    return Array.from<number | bigint, number>(data, Number);
  }

  /** A float tensor of one element. */
  scalar(name: string): number {
    const values = this.floats(name);
    if (values.length !== 1) throw new BrokenFile(`tensor '${name}' must have one element, got shape [${this.shape(name)}]`);
    return values[0];
  }

  /** Images [N,C,H,W] of the file as [N,H,W,C]. */
  images(name: string): { readonly shape: [number, number, number, number]; readonly values: Float64Array } {
    const shape = this.shape(name);
    if (shape.length !== 4) throw new BrokenFile(`tensor '${name}' must be images [N,C,H,W], got shape [${shape}]`);
    return channelsLast(this.floats(name), shape);
  }
}
