import type { ModelDescription } from '@tract/model';
import type { NetworkConfig } from '@tract/unet';
import type { Marker } from '../choose-part.js';
import type { ForeignCheckpoint } from '../foreign-checkpoint.js';
import type { HintName, Hints } from '../hints.js';
import type { Places } from '../names/place.js';

/** A network of another program, recognised: its configuration, where its parameters are, and the model that it becomes. */
export type RecognisedNetwork = {
  readonly network: NetworkConfig;
  readonly places: Places;
  /** Arrays that are stored beside the parameters and follow from the configuration. */
  readonly constants?: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
  /** The model, or a ConvertError that says why the checkpoint makes none. */
  readonly model: () => ModelDescription;
};

/** Another program's way to keep a network. */
export type SourceFormat = {
  readonly name: string;
  readonly marker: Marker;
  /** Prefix of a network's names; others are not the network's. Default: empty. */
  readonly scope?: string;
  /** Hints that a network of this format may need; others are refused. */
  readonly hints: readonly HintName[];
  /**
   * Find out which network the tensors of `checkpoint`, one network's, are the weights of.
   * @throws ConvertError that names what is not known or not determined.
   */
  readonly recognise: (checkpoint: ForeignCheckpoint, hints: Hints) => RecognisedNetwork;
  /** Files that it may become. 'network': a .safetensors of the network alone under our names; 'own': a file under the names it came with. */
  readonly files: { readonly pt: boolean; readonly withoutModel?: 'network' | 'own' };
  /** Metadata of a file under the names it came with. */
  readonly metadata?: (checkpoint: ForeignCheckpoint) => Readonly<Record<string, string>>;
};
