/** Settings of a distillation that a row changes, by their names; null takes one away. */
export type Overrides = Readonly<Record<string, number | string | boolean | readonly number[] | null>>;

/** One training that a table compares, run once for each seed. */
export type Row = {
  /** What the row is, in a table's first column. */
  readonly label: string;
  /** Network calls of its student for one image: where its schedule ends. */
  readonly calls: number;
  /** Preset that it starts from. */
  readonly preset: string;
  /** Part of the scale's images that it is trained with. Default: 1. */
  readonly share?: number;
  /** What differs from the preset, for a training of so many images. */
  readonly settings: (images: number) => Overrides;
};

/** Images of an update in every row. */
export const batch = 32;

const halvings = (from: number, to: number): number[] => (from === to ? [to] : [from, ...halvings(from / 2, to)]);

/**
 * What all rows share beside the preset, so that they differ in what their table asks alone: phases of equal length and the self-teacher's momentum as in
 * the paper, and the loss, its weights, draws and clips of the preset under every method, none of which a method may bring along.
 */
const recipe = {
  batch,
  phaseWeights: null,
  selfEma: 0.5,
  clip: 'both',
  lossWeight: 'root-truncated-snr',
  huberWidth: 0.1,
  huberOver: 'samples',
  clipStudent: true,
  highNoiseFraction: 0.9,
} as const;

const vp = (label: string, schedule: readonly number[], changes: Overrides = {}, share?: number): Row => ({
  ...{ label, preset: 'mnist-tract', calls: schedule[schedule.length - 1], share },
  settings: () => ({ ...recipe, schedule, ...changes }),
});

/** One row of EDM's levels; its recipe is the preset's, as published. */
const edm = (label: string, schedule: readonly number[], changes: Overrides = {}): Row => ({
  ...{ label, preset: 'mnist-tract-edm', calls: schedule[schedule.length - 1] },
  settings: () => ({ batch, schedule, ...changes }),
});

/** Share of the start that is left in the sampling average after a phase. */
const residual = 0.05;

/** Momentum that leaves the residual after each of two phases of a training of so many images. */
const momentumFor = (images: number): number => residual ** (1 / (images / batch / 2));

const usual = [1024, 32, 1];

/** A row whose sampling average has the momentum that fits a training twice as long as the shortest, however long its own is. */
const fixedAverage = (label: string, share: number): Row => ({
  ...vp(label, usual, {}, share),
  settings: (images) => ({ ...recipe, schedule: usual, emaResidual: null, emaMomentum: momentumFor(images / share / 2) }),
});

/** Every row of every table; tables share some. */
export const rows = {
  'tract-1-phase': vp('1024 → 1', [1024, 1]),
  'tract-2-phases': vp('1024 → 32 → 1', usual),
  'tract-3-phases': vp('4096 → 256 → 16 → 1', [4096, 256, 16, 1]),
  'tract-4-phases': vp('4096 → 512 → 64 → 8 → 1', [4096, 512, 64, 8, 1]),
  'btd-halvings': vp('1024 → 512 → … → 1, BTD', halvings(1024, 1), { method: 'btd' }),
  'tract-halvings': vp('1024 → 512 → … → 1, TRACT', halvings(1024, 1)),
  'self-ema-0': vp('momentum 0', usual, { selfEma: 0 }),
  'self-ema-0.9': vp('momentum 0.9', usual, { selfEma: 0.9 }),
  'self-ema-0.99': vp('momentum 0.99', usual, { selfEma: 0.99 }),
  'residual-quarter': vp('residual, a quarter of the images', usual, {}, 1 / 4),
  'residual-half': vp('residual, half of them', usual, {}, 1 / 2),
  'momentum-quarter': fixedAverage('fixed, a quarter of the images', 1 / 4),
  'momentum-whole': fixedAverage('fixed, all of them', 1),
  'tract-to-2': vp('TRACT 1024 → 32 → 2', [1024, 32, 2]),
  'tract-to-4': vp('TRACT 1024 → 32 → 4', [1024, 32, 4]),
  'tract-to-8': vp('TRACT 1024 → 32 → 8', [1024, 32, 8]),
  'btd-to-2': vp('BTD 1024 → 512 → … → 2', halvings(1024, 2), { method: 'btd' }),
  'btd-to-4': vp('BTD 1024 → 512 → … → 4', halvings(1024, 4), { method: 'btd' }),
  'btd-published': {
    ...{ label: 'BTD 1024 → 512 → … → 1, its own recipe', preset: 'mnist-btd', calls: 1 },
    settings: () => ({ batch }),
  },
  // Later methods, each with its own preset.
  shortcut: { label: 'shortcut models', preset: 'mnist-shortcut', calls: 1, settings: () => ({ batch }) },
  'split-mean-flow': { label: 'split mean flows', preset: 'mnist-split-mean-flow', calls: 1, settings: () => ({ batch }) },
  'edm-heun-1': edm('TRACT-EDM 40 → 1, Heun', [40, 1]),
  'edm-heun-2': edm('TRACT-EDM 40 → 2, Heun', [40, 2]),
  'edm-ddim-1': edm('TRACT-EDM 40 → 1, DDIM', [40, 1], { teacherStep: 'ddim' }),
  'edm-ddim-2': edm('TRACT-EDM 40 → 2, DDIM', [40, 2], { teacherStep: 'ddim' }),
} as const satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
