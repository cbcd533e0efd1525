import type { DistillSettings } from '../settings/distill-schema.js';
import type { TrainSettings } from '../settings/train-schema.js';

/** Settings that have a name. */
export type TrainPreset = TrainSettings;
export type DistillPreset = DistillSettings;
