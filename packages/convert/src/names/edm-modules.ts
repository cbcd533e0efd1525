import type { BackbonePlan, EdmUNetConfig, StagePlan } from '@tract/unet';
import type { StageList } from './leaf-path.js';

/** The module in EDM's code of each entry of a plan. Readouts and `out` are followed by '_norm' or '_conv'. */
export type EdmModules = Readonly<Record<StageList | 'pyramid' | 'readouts', readonly string[]>> & { readonly out: string };

/** Name the modules of a network as EDM's code does: by half, resolution and place. */
export function edmModules({ kind, imageSize }: EdmUNetConfig, plan: BackbonePlan): EdmModules {
  let side = imageSize;
  let count = 0;
  const at = (half: 'enc' | 'dec', name: string, resolution = side): string => `${half}.${resolution}x${resolution}_${name}`;
  const moduleOfStage = (half: 'enc' | 'dec', stage: StagePlan): string => {
    if (stage.kind === 'conv') return at(half, 'conv');
    if (stage.resample === undefined) return at(half, `block${count++}`);
    side = stage.resample === 'down' ? side / 2 : side * 2;
    count = 0;
    return at(half, stage.resample);
  };
  const down = plan.down.map((stage) => moduleOfStage('enc', stage));
  const mid = plan.mid.map((_, i) => at('dec', `in${i}`));
  const coarsest = side;
  count = 0;
  const up = plan.up.map((stage) => moduleOfStage('dec', stage));
  return {
    ...{ down, mid, up },
    pyramid: plan.pyramid.map((level, i) => at('enc', `aux_${level.kind}`, imageSize / 2 ** (i + 1))),
    readouts: plan.readouts.map((_, i) => at('dec', 'aux', coarsest * 2 ** i)),
    out: kind === 'song' ? at('dec', 'aux', imageSize) : 'out',
  };
}
