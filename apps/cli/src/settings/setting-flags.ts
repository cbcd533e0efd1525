/** Options of train and distill by the settings that they change; a flag that is on or off has two names. */
export const settingFlags: Readonly<Record<string, string>> = {
  teacher: 'teacher',
  method: 'method',
  teacherStep: 'teacher-step',
  schedule: 'schedule',
  phaseWeights: 'phase-weights',
  prediction: 'prediction',
  timesteps: 'timesteps',
  images: 'images',
  batch: 'batch',
  accumulate: 'accumulate',
  seed: 'seed',
  learningRate: 'lr',
  rampImages: 'lr-ramp',
  highNoiseFraction: 'high-noise-fraction',
  decay: 'decay',
  lossWeight: 'loss-weight',
  huberWidth: 'huber-width',
  huberOver: 'huber-over',
  clip: 'clip',
  clipNorm: 'clip-norm',
  clipStudent: 'clip-student',
  selfEma: 'self-ema',
  reinitStudent: 'reinit-student',
  augment: 'augment',
  data: 'data',
  flip: 'flip',
  emaResidual: 'ema-residual',
  emaMomentum: 'ema-momentum',
  emaHalfLife: 'ema-half-life',
  emaRampUp: 'ema-ramp-up',
  checkpointEvery: 'checkpoint-every',
};

/** The settings among the options of a command line, as commander has read and checked them. */
export function settingsAmong(options: object): Readonly<Record<string, unknown>> {
  const values = Object.entries(settingFlags).map(([name, flag]) => [name, options[attributeOf(flag) as keyof typeof options]] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The name under which commander keeps an option. */
const attributeOf = (flag: string): string => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
