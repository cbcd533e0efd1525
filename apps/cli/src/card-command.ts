/** Options of train and distill by the settings that they change; a flag that is on or off has two names. */
const flags: Readonly<Record<string, string>> = {
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
  decay: 'decay',
  lossWeight: 'loss-weight',
  huberWidth: 'huber-width',
  clip: 'clip',
  clipNorm: 'clip-norm',
  clipStudent: 'clip-student',
  selfEma: 'self-ema',
  restart: 'restart',
  augment: 'augment',
  dropout: 'dropout',
  data: 'data',
  flip: 'flip',
  emaResidual: 'ema-residual',
  emaMomentum: 'ema-momentum',
  emaHalfLife: 'ema-half-life',
  emaRampUp: 'ema-ramp-up',
  checkpointEvery: 'checkpoint-every',
};

/** Settings that go by themselves when another option is given. */
const follow = ['emaResidual', 'emaMomentum', 'emaHalfLife', 'emaRampUp', 'phaseWeights'];

type Settings = Readonly<Record<string, unknown>>;

/** A network has as many outputs as its prediction says, and its dropout is an option of its own. */
function comparable(settings: object): Settings {
  if (!('network' in settings)) return { ...settings };
  const network = settings.network as { readonly dropout?: number };
  return { ...settings, network: { ...network, outputs: undefined, dropout: undefined }, dropout: network.dropout };
}

/** The shortest command that gives these settings from one of the presets, or undefined where none does. */
export function commandOf(command: 'train' | 'distill', presets: Readonly<Record<string, object>>, settings: object): string | undefined {
  const candidates = Object.entries(presets).flatMap(([name, preset]) => {
    const options = optionsBetween(comparable(preset), comparable(settings));
    return options === undefined ? [] : [[`--preset ${name}`, ...options]];
  });
  const [shortest] = candidates.sort((a, b) => a.length - b.length);
  return shortest && `tract ${command} ${shortest.join(' ')} --out RUN`;
}

/** Options that turn one into the other, where there are. */
function optionsBetween(preset: Settings, settings: Settings): string[] | undefined {
  const differing = [...new Set([...Object.keys(preset), ...Object.keys(settings)])].filter(
    (key) => JSON.stringify(preset[key]) !== JSON.stringify(settings[key]) && !(settings[key] === undefined && follow.includes(key)),
  );
  if (differing.some((key) => !Object.hasOwn(flags, key) || settings[key] === undefined)) return undefined;
  return differing.map((key) => {
    const value = settings[key];
    if (typeof value === 'boolean') return `--${value ? '' : 'no-'}${flags[key]}`;
    return `--${flags[key]} ${Array.isArray(value) ? value.join(',') : value}`;
  });
}
