import type { Pieces } from '@tract/checkpoint';
import type { ModelDescription } from '@tract/model';
import type { Tensors } from '../foreign-checkpoint.js';
import type { NameTable } from '../name-table.js';
import type { GraphOptions } from '../onnx/graph-options.js';

/** A model: its description, and its parameters by leaf path. */
export type HostModel = {
  /** Name of the file or folder that it comes from, for messages. */
  readonly name: string;
  readonly description: ModelDescription;
  readonly tensors: Tensors;
};

/** A file that a conversion writes. `content` makes its bytes, one tensor at a time, and reads the source as they are gone through. */
export type PlannedFile = { readonly name: string; readonly content: () => Pieces };

export type DestinationOptions = {
  /** Make README.md of a model folder. Default: none is written. */
  readonly card?: (description: ModelDescription) => string;
  /** Name of the file that is written, which files beside it begin with. Default: one of the form's own. */
  readonly fileName?: string;
  /** Form of an ONNX graph. */
  readonly onnx?: GraphOptions;
  /** Bytes from which the weights of an ONNX graph go to a file of their own. Default: 2 GiB. */
  readonly onnxFileLimit?: number;
};

/** Files that a model becomes, and their names for its parameters. */
export type PlannedModel = {
  readonly mapped: NameTable['mapped'];
  readonly files: readonly PlannedFile[];
  /** Settings of the network there. Default: ours. */
  readonly network?: unknown;
  /** Sentences about what the form does not have. Default: none. */
  readonly notes?: readonly string[];
};

/** A form that a model is written in. */
export type Destination = {
  readonly name: string;
  /** True for one file, false for a folder of files. */
  readonly isFile: boolean;
  /** @throws ConvertError that names the part of the model which this form does not have. */
  readonly plan: (model: HostModel, options: DestinationOptions) => PlannedModel;
};

const encoder = new TextEncoder();

export function textFile(name: string, text: string): PlannedFile {
  const bytes = encoder.encode(text);
  return { name, content: () => ({ size: bytes.length, pieces: [bytes] }) };
}

export const jsonFile = (name: string, value: unknown): PlannedFile => textFile(name, `${JSON.stringify(value, null, 2)}\n`);

/** Say that every parameter keeps its name. */
export const sameNames = (tensors: Tensors): NameTable['mapped'] =>
  Array.from(tensors, ([name, { shape }]) => ({ from: [name], to: name, shape }));
