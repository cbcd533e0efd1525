import { power } from '@tract/schedules';
import { randomNormals, randomUniforms } from '@tract/tensor';
import { streams } from '../streams.js';
import { type Affine, product, rotation, scaling, translation } from './affine.js';
import type { ImageShape } from './resample-image.js';

/** Augmentation of one image. */
export type Augmentation = {
  readonly flipX: boolean;
  readonly flipY: boolean;
  /** Map from places of the augmented image to places of the flipped one, as `resampleImage` takes it. */
  readonly source: Affine;
  /** Conditioning of the network, of length `augmentLabels`; zeros for what was not done. */
  readonly label: readonly number[];
};

/** Numbers of a label: left-right flip, up-down flip, scale, rotation (2), anisotropic scale (2), translation (2). */
export const augmentLabels = 9;

/** Standard deviations: of scales in powers of two, and of translations as part of the image's side. */
const spread = { scale: 0.2, aniso: 0.2, translation: 0.125 };

/**
 * Draw an augmentation: left-right flip in half of all cases, and with `probability` each an up-down flip (half of the time), a scale, a rotation, a scale
 * along an axis (half of the time a slanted one) against the one across, and a translation. A function of the key. Source: Karras et al. 2022, Appendix F.2.
 *
 * @throws RangeError when probability is not in [0, 1].
 */
export function drawAugmentation(
  probability: number,
  { width, height }: ImageShape,
  key: { readonly seed: number; readonly step?: number; readonly sample?: number },
): Augmentation {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`drawAugmentation: probability must be in [0, 1], got ${probability}`);
  const [left, up, wantUp, wantScale, turn, wantTurn, slant, wantSlant, wantAniso, wantMove] = randomUniforms(
    { ...key, stream: streams.augment },
    10,
  );
  const [scale, aniso, moveX, moveY] = randomNormals({ ...key, stream: streams.augmentNormal }, 4);
  const where = (draw: number, value: number): number => (draw < probability ? value : 0);
  const flip = { x: left < 0.5 ? 1 : 0, y: where(wantUp, up < 0.5 ? 1 : 0) };
  const size = where(wantScale, scale);
  const angle = where(wantTurn, (2 * turn - 1) * Math.PI);
  const stretch = where(wantAniso, aniso);
  const axis = stretch !== 0 && wantSlant < 0.5 ? (2 * slant - 1) * Math.PI : 0;
  const [x, y] = [where(wantMove, moveX), where(wantMove, moveY)];
  const [larger, longer] = [power(2, spread.scale * size), power(2, spread.aniso * stretch)];
  const steps: Affine[] = [
    ...(size === 0 ? [] : [scaling(1 / larger, 1 / larger)]),
    ...(angle === 0 ? [] : [rotation(angle)]),
    ...(stretch === 0 ? [] : [rotation(-axis), scaling(1 / longer, longer), rotation(axis)]),
    ...(x === 0 && y === 0 ? [] : [translation(-x * spread.translation * width, -y * spread.translation * height)]),
  ];
  const told = [flip.x, flip.y, size, Math.cos(angle) - 1, Math.sin(angle), stretch * Math.cos(axis), stretch * Math.sin(axis), x, y];
  return { flipX: flip.x === 1, flipY: flip.y === 1, source: product(...steps), label: told };
}
