import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gridPng, squareColumns } from '@tract/images';
import { drawImages, samplingOf } from '@tract/model';
import { readModel } from '@tract/model/node';
import { inSteps, type Picture, withCommas } from '@tract/report';
import { RunDamaged } from '../run-error.js';
import { writeFileAtomically } from './atomic.js';
import { makeFolder } from './make-folder.js';

/** A sample grid of the model after `step` updates: RUN/samples/step-00012000.png. */
export type Grid = { readonly step: number; readonly path: string };

const folderOf = (run: string): string => join(run, 'samples');

/** List the sample grids of a run, the earliest first. */
export function listGrids(run: string): Grid[] {
  const folder = folderOf(run);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => (/^step-\d+\.png$/.test(name) ? [{ step: Number(name.slice(5, -4)), path: join(folder, name) }] : []))
    .sort((a, b) => a.step - b.step);
}

/** Remove the grids of updates that will be done again. */
export function removeGridsAfter(run: string, step: number): void {
  for (const grid of listGrids(run).filter((other) => other.step > step)) rmSync(grid.path);
}

const pngStart = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Read a grid's bytes, size and time of writing. @throws RunDamaged for what is no PNG. */
export function readGrid({ path }: Grid): { readonly picture: Picture; readonly time: number } {
  const png = readFileSync(path);
  if (png.length < 26 || !png.subarray(0, 8).equals(pngStart)) throw new RunDamaged(`${path} is not a PNG`, 'remove it');
  const picture = { png, width: png.readUInt32BE(16), height: png.readUInt32BE(20), channels: png[25] === 0 ? 1 : 3 };
  return { picture, time: statSync(path).mtimeMs };
}

/** Seed of the grids' noise: the same for all steps and runs, so that their grids can be compared. */
const gridSeed = 0;

const mostImages = 64;

/** Network calls spent on a grid per training image: about 2% of the work between two checkpoints, as training an image costs several calls. */
const callsPerImage = 1 / 16;

/** Content of a grid and the moment it is drawn at. */
export type GridOptions = {
  readonly step: number;
  /** Training images seen so far, and between two checkpoints. */
  readonly images: number;
  readonly imagesBetween: number;
  /** Images of the grid. Default: as many as are cheap, at most 64. */
  readonly count?: number;
  /** Settings of the run, for the picture's text. */
  readonly config: unknown;
};

/**
 * Draw from RUN/model, which has just been saved, in its own number of steps.
 * @param pause called before each step; may throw to stop.
 * @returns undefined if no image is cheap enough.
 */
export async function drawGrid(run: string, options: GridOptions, pause: () => Promise<void>): Promise<Grid | undefined> {
  const { step, images: seen, imagesBetween, config } = options;
  if (options.count === 0) return undefined;
  const model = readModel(join(run, 'model'));
  const [steps] = model.samplingSteps;
  const { sampler, nfe } = samplingOf(model, steps);
  const { count = Math.min(mostImages, Math.floor((imagesBetween * callsPerImage) / nfe)) } = options;
  if (count === 0) return undefined;
  const images = await drawImages(model, { steps, count, seed: gridSeed, batch: count, onStep: pause });
  const path = join(folderOf(run), `step-${String(step).padStart(8, '0')}.png`);
  const text = {
    Software: 'tract',
    Description: `after ${withCommas(seen)} training images: ${inSteps(steps)} of ${sampler}, seed ${gridSeed}`,
    Settings: asciiJson({ step, images: seen, steps, sampler, seed: gridSeed, count, run: config }),
  };
  makeFolder(folderOf(run));
  writeFileAtomically(path, gridPng([{ images }], { columns: squareColumns(count), zoom: model.network.imageSize > 32 ? 1 : 2, text }));
  return { step, path };
}

/** Write JSON in ASCII: text of a PNG is Latin-1. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
