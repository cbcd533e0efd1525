import { safetensorsPieces } from '@tract/checkpoint';
import { type ModelDescription, saveModel } from '@tract/model';
import { type Destination, type HostModel, type PlannedFile, sameNames, textFile } from './destination.js';

const configText = (description: ModelDescription): string => new TextDecoder().decode(saveModel(description, [])['config.json']);

/** model.safetensors, with a copy of config.json in its metadata. */
const weights = ({ description, tensors }: Omit<HostModel, 'name'>): PlannedFile => ({
  name: 'model.safetensors',
  content: () => safetensorsPieces(tensors, { 'tract.config': JSON.stringify(JSON.parse(configText(description))) }),
});

/** A model folder: config.json, model.safetensors and, if asked for, README.md. */
export const folder: Destination = {
  name: 'folder',
  isFile: false,
  plan: ({ description, tensors }, { card }) => ({
    mapped: sameNames(tensors),
    files: [
      textFile('config.json', configText(description)),
      weights({ description, tensors }),
      ...(card ? [textFile('README.md', card(description))] : []),
    ],
  }),
};

/** The weights of a model folder alone, with the configuration among the metadata. */
export const safetensors: Destination = {
  name: 'safetensors',
  isFile: true,
  plan: ({ description, tensors }) => ({ mapped: sameNames(tensors), files: [weights({ description, tensors })] }),
};
