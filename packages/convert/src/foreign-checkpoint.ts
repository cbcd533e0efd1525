import type { NamedArray } from '@tract/checkpoint';

/** Tensors by name. Those of a file that is not in memory are read when their `data` is asked for. */
export type Tensors = ReadonlyMap<string, NamedArray>;

/** A JSON object whose fields have not been checked. */
export type Settings = Readonly<Record<string, unknown>>;

/** Class of a network's preconditioning in EDM's code, and the arguments that it was made with. */
export type EdmOrigin = { readonly className: string; readonly settings: Settings };

/** Tensors under the names of another program, and what came with them. */
export type ForeignCheckpoint = {
  /** Name of the file or folder, for messages. */
  readonly name: string;
  readonly tensors: Tensors;
  /** Present where the file tells how EDM made the network. */
  readonly edm?: EdmOrigin;
  /** JSON files beside the weights of diffusers: config.json and scheduler_config.json. */
  readonly diffusers?: { readonly config: Settings; readonly scheduler?: Settings };
};
