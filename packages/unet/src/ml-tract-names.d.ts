import type { UNetConfig } from './config.js';
/**
 * How ml-tract lays a parameter out: 'conv' is [cOut, cIn, kh, kw] where ours is [kh, kw, cIn, cOut], 'linear' is [cOut, cIn] where ours
 * is [cIn, cOut], 'plain' is the same.
 */
export type MlTractLayout = 'conv' | 'linear' | 'plain';
export type MlTractName = {
  readonly name: string;
  readonly layout: MlTractLayout;
};
/** Where each of our parameters (by leaf path, in leaf order) is in a state dict of ml-tract's U-Net. */
export declare function mlTractNames(config: UNetConfig): Map<string, MlTractName>;
/**
 * Values in ml-tract's order ('conv' [cOut, cIn, kh, kw], 'linear' [cOut, cIn]) put into ours; `shape` is the shape they have there.
 * Returns the values and their shape here; 'plain' ones are returned as they are.
 */
export declare function fromMlTract(
  layout: MlTractLayout,
  values: Float32Array,
  shape: readonly number[],
): {
  values: Float32Array;
  shape: number[];
};
//# sourceMappingURL=ml-tract-names.d.ts.map
