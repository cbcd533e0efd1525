import type { UNetConfig } from './config.js';

/** What `applyUNet` asks of its inputs, checked before any work. */
export function checkInputs(config: UNetConfig, shape: readonly number[], logSNR: readonly number[], labels?: readonly number[]): void {
  const step = 2 ** (config.channelMult.length - 1);
  const [batch, height, width, channels] = shape;
  if (shape.length !== 4 || channels !== config.inChannels || height % step !== 0 || width % step !== 0) {
    throw new RangeError(
      `applyUNet: xt must be [N, H, W, ${config.inChannels}] with H and W divisible by ${step}, got [${shape}]; images are channels last here`,
    );
  }
  if (logSNR.length !== batch) throw new RangeError(`applyUNet: logSNR must have one value per image, ${batch}, got ${logSNR.length}`);
  const nan = logSNR.findIndex((value) => Number.isNaN(value));
  if (nan >= 0) throw new RangeError(`applyUNet: logSNR must be numbers, got NaN for image ${nan}`);
  checkLabels(config.classes, batch, labels);
}

function checkLabels(classes: number, batch: number, labels?: readonly number[]): void {
  if (classes === 1) {
    if (labels) throw new RangeError('applyUNet: this network is unconditional (classes 1), but labels were given; leave them out');
    return;
  }
  if (!labels) throw new TypeError(`applyUNet: this network has ${classes} classes and needs labels, one per image`);
  if (labels.length !== batch) throw new RangeError(`applyUNet: labels must have one value per image, ${batch}, got ${labels.length}`);
  for (const label of labels) {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`applyUNet: a label must be an integer in [0, ${classes}), got ${label}`);
    }
  }
}

type Lists = Readonly<Record<'down' | 'mid' | 'up', readonly unknown[]>>;

/** Catches parameters that were made for another configuration, as far as their lists tell; the ops check the shapes. */
export function checkLists(plan: Lists, params: Lists): void {
  for (const list of ['down', 'mid', 'up'] as const) {
    if (params[list].length !== plan[list].length) {
      throw new RangeError(
        `applyUNet: the configuration has ${plan[list].length} stages in '${list}' but the parameters have ${params[list].length}; they belong to another network`,
      );
    }
  }
}
