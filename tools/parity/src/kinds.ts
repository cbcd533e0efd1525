import { edmKinds } from './edm.js';
import { tractEdmStep } from './edm-step.js';
import type { GoldenFile } from './golden-file.js';
import { inception } from './inception.js';
import type { Kind } from './kind.js';
import { metrics } from './metrics.js';
import { resize } from './resize.js';
import { samplers } from './samplers.js';
import { schedules } from './schedules.js';
import { unet } from './unet.js';
import { btdVp, tractVp } from './vp-step.js';

/** Every kind there is; one file each. */
const kinds: readonly Kind[] = [schedules, samplers, unet, ...edmKinds, tractVp, btdVp, tractEdmStep, metrics, resize, inception];

export const kindOf = (file: GoldenFile): Kind | undefined => kinds.find((kind) => kind.recognises(file));
