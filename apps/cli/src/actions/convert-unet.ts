import type { NamedArray } from '@tract/checkpoint';
import type { Prediction } from '@tract/distill';
import { leaves } from '@tract/tensor';
import { type ParamSpec, type UNetConfig, unetSpec } from '@tract/unet';
import { dataError } from '../errors.js';
import type { Facts, Shapes } from './convert-facts.js';
import { completeConfig, type Hints, type KnownModel } from './convert-hints.js';
import type { Marker } from './convert-part.js';
import { exactFloat32, faultOf, matchNames, type NameTable, type Place } from './convert-table.js';

/** A program that keeps the paper's U-Net under names and layouts of its own. */
export type UNetFamily = {
  readonly name: string;
  readonly marker: Marker;
  readonly facts: (file: Shapes) => Facts;
  /** What a network of so many outputs predicts, where that program leaves no choice. */
  readonly prediction: (outputs: number) => Prediction | undefined;
  /** Where each parameter of ours (by leaf path) is. */
  readonly places: (config: UNetConfig) => ReadonlyMap<string, Place>;
  /** Puts the values of one parameter into our order. */
  readonly values: (config: UNetConfig) => (path: string, arrays: readonly Float32Array[], shape: readonly number[]) => Float32Array;
};

export type ConvertedUNet = {
  readonly model: KnownModel;
  readonly table: NameTable;
  /** By leaf path; undefined when the table has a fault. */
  readonly tensors?: ReadonlyMap<string, NamedArray>;
};

/** The arrays of one network of a family as a model of ours. @throws CliError (bad data) when the network is not known or not determined. */
export function convertUNet(family: UNetFamily, file: Shapes, hints: Hints): ConvertedUNet {
  const facts = family.facts(file);
  const model = completeConfig(file.path, facts, family.prediction(facts.outputs), hints);
  const specs = specsOf(file.path, model.network);
  const places = placesOf(file.path, family, model.network);
  const table = matchNames(places, file.arrays);
  if (faultOf(table) !== undefined) return { model, table };
  const put = family.values(model.network);
  const tensors = specs.map(([path, { shape }]): [string, NamedArray] => {
    const place = places.get(path)!;
    const arrays = place.names.map((name) => exactFloat32(file.path, name, file.arrays.get(name)!));
    return [path, { dtype: 'F32', shape, data: put(path, arrays, place.shape) }];
  });
  return { model, table, tensors: new Map(tensors) };
}

function specsOf(path: string, network: UNetConfig): [string, ParamSpec][] {
  try {
    return leaves<ParamSpec>(unetSpec(network));
  } catch (error) {
    throw dataError(`${path}: no network can be built from ${JSON.stringify(network)}: ${(error as Error).message}`, error);
  }
}

function placesOf(path: string, family: UNetFamily, network: UNetConfig): ReadonlyMap<string, Place> {
  try {
    return family.places(network);
  } catch (error) {
    throw dataError(`${path}: ${(error as Error).message}`, error);
  }
}
