import { type ModelDescription, processOf } from '@tract/model';
import type { NoiseLevel } from '@tract/schedules';
import { processLevels } from '@tract/schedules/training';
import { naming } from '../convert-error.js';
import type { Settings } from '../foreign-checkpoint.js';
import { isVariancePreserving } from '../onnx/denoiser-scales.js';
import { modelGraph } from '../onnx/model-graph.js';
import { onnxFiles } from '../onnx/onnx-files.js';
import type { OnnxGraph } from '../onnx/onnx-model.js';
import { toScheduler } from '../settings/scheduler.js';
import { type Destination, type DestinationOptions, type HostModel, jsonFile, type PlannedModel, textFile } from './destination.js';

/** A graph for onnxruntime in one file, its weights in a second one if it is larger than 2 GB. */
export const onnx: Destination = {
  name: 'onnx',
  isFile: true,
  plan: (model, options) => planOnnx(model, options, options.fileName ?? 'model.onnx'),
};

/** The folder of a model on the Hub: onnx/model.onnx (or model_fp16.onnx), config.json, scheduler_config.json where diffusers has one, README.md. */
export const onnxFolder: Destination = {
  name: 'onnx-folder',
  isFile: false,
  plan: (model, options) => {
    const { description } = model;
    const { mapped, files } = planOnnx(model, options, `onnx/model${options.onnx?.type === 'float16' ? '_fp16' : ''}.onnx`);
    const external = files.length > 1;
    const isOneStep = options.onnx?.oneStep === true; // there is nothing to schedule
    const scheduler = isOneStep ? undefined : schedulerOf(description);
    return {
      mapped,
      notes: scheduler || isOneStep ? [] : [noScheduler],
      files: [
        ...files,
        jsonFile('config.json', configOf(description, external)),
        ...(scheduler ? [jsonFile('scheduler_config.json', scheduler)] : []),
        textFile('README.md', cardOf(description, options)),
      ],
    };
  },
};

function planOnnx(model: HostModel, { onnx: graphOptions, onnxFileLimit }: DestinationOptions, name: string): PlannedModel {
  const graph = naming(model.name, () => modelGraph(model, graphOptions));
  const { network, prediction, preconditioning, process } = model.description;
  const metadata = { 'tract.model': JSON.stringify({ network, prediction, preconditioning, process }) };
  return { mapped: mappedOf(graph, model), files: onnxFiles(graph, { name, metadata, limit: onnxFileLimit }) };
}

/** Parameters by the names of the constants that they became; those that sampling does not need are not among them. */
function mappedOf({ initializers }: OnnxGraph, { tensors }: HostModel): PlannedModel['mapped'] {
  const dims = new Map(initializers.map(({ name, dims }) => [name, dims]));
  return [...tensors.keys()].filter((leaf) => dims.has(leaf)).map((leaf) => ({ from: [leaf], to: leaf, shape: dims.get(leaf)! }));
}

/** config.json: ours, and what transformers.js looks for. */
const configOf = (description: ModelDescription, external: boolean) => ({
  model_type: 'tract',
  images: isVariancePreserving(description) ? 'alpha x0 + sigma eps, alpha^2 + sigma^2 = 1' : 'x0 + sigma eps',
  ...description,
  ...(external && { 'transformers.js_config': { use_external_data_format: true } }),
});

/** Steps of the scheduler for models on the cosine schedule: a power of two, so that every student's grid is a part of it. */
const cosineSteps = 1024;

/** Schedulers of diffusers (58eb52c) with levels of sigma scale the image that a network is shown, or do not take x0 for its answer. */
const noScheduler =
  "no scheduler_config.json: diffusers has no scheduler for a graph that takes x0 + sigma eps and gives x0; README.md names the model's levels";

/**
 * Return the scheduler_config.json of the levels that a model is made for, its output x0 ('sample'). Undefined for images of x0 + sigma eps, for which
 * diffusers has none.
 */
function schedulerOf(description: ModelDescription): Settings | undefined {
  const { preconditioning } = description;
  if (!isVariancePreserving(description)) return undefined;
  if (preconditioning?.kind === 'ddpm') return { ...toScheduler({ preconditioning }), prediction_type: 'sample' };
  return {
    ...{ _class_name: 'DDIMScheduler', num_train_timesteps: cosineSteps, prediction_type: 'sample', timestep_spacing: 'trailing' },
    ...{ clip_sample: true, clip_sample_range: 1, set_alpha_to_one: true, steps_offset: 0, rescale_betas_zero_snr: false },
    trained_betas: betasOf(processLevels(processOf(description), cosineSteps)),
  };
}

/** Return the variances whose products are alpha² of these levels, noisy to clean, but for the last, clean one. */
function betasOf(levels: readonly NoiseLevel[]): number[] {
  const kept = levels.slice(0, -1).map(({ alpha }) => alpha ** 2);
  return kept.map((own, i) => 1 - own / (kept[i + 1] ?? 1)).reverse();
}

function cardOf(description: ModelDescription, { onnx: { oneStep = false } = {} }: DestinationOptions): string {
  const { imageSize, inChannels, classes } = description.network;
  const shape = `[batch, ${inChannels}, ${imageSize}, ${imageSize}]`;
  const labels = classes > 1 ? `, \`labels\` [batch] (int64, 0 to ${classes - 1})` : '';
  const images = isVariancePreserving(description)
    ? 'alpha x0 + sigma eps with alpha² + sigma² = 1'
    : `x0 + sigma eps${rangeOf(description)}`;
  const use = oneStep
    ? `Inputs \`noise\` ${shape}, standard normal${labels}; output \`image\`, in [-1, 1], in one call.`
    : `Inputs \`xt\` ${shape}, ${images}, and \`logSNR\` [batch], ln(alpha² / sigma²)${labels}; output \`x0\`, the clean image, not clipped.`;
  return `# Diffusion model for onnxruntime\n\nWritten by \`tract convert\`. ${use}\n`;
}

/** Name the levels of a model on EDM's. */
function rangeOf(description: ModelDescription): string {
  const process = processOf(description);
  if (process.kind !== 'edm') return '';
  const { sigmaMin = 0.002, sigmaMax = 80, rho = 7, timesteps } = process;
  return ` (sigma from ${sigmaMax} to ${sigmaMin}, even in sigma^(1/${rho})${timesteps === undefined ? '' : `, ${timesteps} steps`})`;
}
