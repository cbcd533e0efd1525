import { avgPool, concat, conv2d, dispose, linear, matmul, maxPool, mean, reshape, scope, slice, type Tensor } from '@tract/tensor';
import { inceptionConvolutions } from './inception-layers.js';

/** `kernel` [kh, kw, in, out], or [in, out] of the dense layer; `bias` [out]. Batch normalisation is folded into both. */
export type InceptionLayer = { readonly kernel: Tensor; readonly bias: Tensor };

/** Convolutions by their names in `inceptionConvolutions`, and `fc`, the scores of classes. */
export type InceptionParams = { readonly [name: string]: InceptionLayer };

/**
 * Outputs of the network: the mean over pixels of each of the four blocks ('64' … '2048', by their number), the scores of classes, those without
 * the layer's bias (what the Inception Score is made of), and the 7 · 17 · 17 spatial features of sFID.
 */
export type InceptionOutput = '64' | '192' | '768' | '2048' | 'logits' | 'unbiased-logits' | 'spatial';

/** Channels of `Mixed_6d.branch1x1` that are sFID's features. Source: Nash et al. 2021; as OpenAI's evaluator takes them. */
const spatialChannels = 7;

/**
 * The network by which FID is defined, on images [n, 299, 299, 3] that are already resized and scaled. It differs from torchvision's in its weights,
 * in average pools that do not count what lies outside the image, and in the last block's pool, which takes the maximum.
 * The caller owns the results, [n, d] each. Nothing beyond the deepest output is computed.
 * @throws RangeError for images that are not [n, h, w, 3] of at least 75 pixels a side.
 */
export function applyInception<O extends InceptionOutput>(
  params: InceptionParams,
  images: Tensor,
  outputs: readonly O[],
): Readonly<Record<O, Tensor>> {
  if (images.rank !== 4 || images.shape[3] !== 3 || Math.min(...images.shape.slice(1, 3)) < 75) {
    throw new RangeError(`applyInception: expected images [n, 299, 299, 3], got [${images.shape}]`);
  }
  const taken = new Map<string, Tensor>();
  const wants = (output: InceptionOutput) => (outputs as readonly string[]).includes(output) && !taken.has(output);
  const take = (output: InceptionOutput, make: () => Tensor) => {
    if (wants(output)) taken.set(output, scope(make));
  };
  let x = images;
  for (const stage of stages) {
    const next = scope(() => stage.apply(params, x));
    if (stage.spatial && wants('spatial')) taken.set('spatial', spatialFeatures(params, x));
    if (x !== images) x.dispose();
    x = next;
    if (stage.output) take(stage.output, () => mean(x, [1, 2]));
    if (outputs.every((output) => taken.has(output))) break;
  }
  const { kernel, bias } = params.fc;
  take('logits', () => linear(mean(x, [1, 2]), kernel, bias));
  take('unbiased-logits', () => matmul(mean(x, [1, 2]), kernel));
  dispose(x);
  return Object.fromEntries(taken) as Record<O, Tensor>;
}

/** A part of the network after which what went before is not needed again. */
type Stage = {
  readonly apply: (params: InceptionParams, x: Tensor) => Tensor;
  /** The block that ends here. */
  readonly output?: InceptionOutput;
  /** sFID's features are taken inside. */
  readonly spatial?: boolean;
};

const convolution =
  (name: string): Stage['apply'] =>
  (params, x) => {
    const { kernel, bias } = params[name];
    const { stride, pad } = inceptionConvolutions[name];
    return conv2d(x, kernel, { bias, relu: true, stride, pad });
  };
const smaller = (x: Tensor): Tensor => maxPool(x, { size: 3, stride: 2 });
const averaged = (x: Tensor): Tensor => avgPool(x, { size: 3, stride: 1, pad: 1 });
const largest = (x: Tensor): Tensor => maxPool(x, { size: 3, stride: 1, pad: 1 });

/** Convolutions one after the other; what lies between is freed on the way. */
function chain(params: InceptionParams, block: string, x: Tensor, names: readonly string[]): Tensor {
  let y = x;
  for (const name of names) {
    const next = convolution(`${block}.${name}`)(params, y);
    if (y !== x) y.dispose();
    y = next;
  }
  return y;
}

const mixed5 =
  (block: string): Stage['apply'] =>
  (params, x) =>
    concat(
      [
        chain(params, block, x, ['branch1x1']),
        chain(params, block, x, ['branch5x5_1', 'branch5x5_2']),
        chain(params, block, x, ['branch3x3dbl_1', 'branch3x3dbl_2', 'branch3x3dbl_3']),
        chain(params, block, averaged(x), ['branch_pool']),
      ],
      3,
    );

const mixed6a: Stage['apply'] = (params, x) =>
  concat(
    [
      chain(params, 'Mixed_6a', x, ['branch3x3']),
      chain(params, 'Mixed_6a', x, ['branch3x3dbl_1', 'branch3x3dbl_2', 'branch3x3dbl_3']),
      smaller(x),
    ],
    3,
  );

const mixed6 =
  (block: string): Stage['apply'] =>
  (params, x) =>
    concat(
      [
        chain(params, block, x, ['branch1x1']),
        chain(params, block, x, ['branch7x7_1', 'branch7x7_2', 'branch7x7_3']),
        chain(params, block, x, ['branch7x7dbl_1', 'branch7x7dbl_2', 'branch7x7dbl_3', 'branch7x7dbl_4', 'branch7x7dbl_5']),
        chain(params, block, averaged(x), ['branch_pool']),
      ],
      3,
    );

const mixed7a: Stage['apply'] = (params, x) =>
  concat(
    [
      chain(params, 'Mixed_7a', x, ['branch3x3_1', 'branch3x3_2']),
      chain(params, 'Mixed_7a', x, ['branch7x7x3_1', 'branch7x7x3_2', 'branch7x7x3_3', 'branch7x7x3_4']),
      smaller(x),
    ],
    3,
  );

const mixed7 =
  (block: string, pool: (x: Tensor) => Tensor): Stage['apply'] =>
  (params, x) => {
    const single = chain(params, block, x, ['branch3x3_1']);
    const double = chain(params, block, x, ['branch3x3dbl_1', 'branch3x3dbl_2']);
    return concat(
      [
        chain(params, block, x, ['branch1x1']),
        chain(params, block, single, ['branch3x3_2a']),
        chain(params, block, single, ['branch3x3_2b']),
        chain(params, block, double, ['branch3x3dbl_3a']),
        chain(params, block, double, ['branch3x3dbl_3b']),
        chain(params, block, pool(x), ['branch_pool']),
      ],
      3,
    );
  };

const stages: readonly Stage[] = [
  { apply: convolution('Conv2d_1a_3x3') },
  { apply: convolution('Conv2d_2a_3x3') },
  { apply: convolution('Conv2d_2b_3x3') },
  { apply: (_, x) => smaller(x), output: '64' },
  { apply: convolution('Conv2d_3b_1x1') },
  { apply: convolution('Conv2d_4a_3x3') },
  { apply: (_, x) => smaller(x), output: '192' },
  { apply: mixed5('Mixed_5b') },
  { apply: mixed5('Mixed_5c') },
  { apply: mixed5('Mixed_5d') },
  { apply: mixed6a },
  { apply: mixed6('Mixed_6b') },
  { apply: mixed6('Mixed_6c') },
  { apply: mixed6('Mixed_6d'), spatial: true },
  { apply: mixed6('Mixed_6e'), output: '768' },
  { apply: mixed7a },
  { apply: mixed7('Mixed_7b', averaged) },
  { apply: mixed7('Mixed_7c', largest), output: '2048' },
];

/** The first channels of the 1 × 1 branch of Mixed_6d, from the block's input; rows, then columns, then channels. */
function spatialFeatures(params: InceptionParams, x: Tensor): Tensor {
  return scope(() => {
    const branch = chain(params, 'Mixed_6d', x, ['branch1x1']);
    const [count, height, width] = branch.shape;
    const first = slice(branch, [0, 0, 0, 0], [count, height, width, spatialChannels]);
    return reshape(first, [count, height * width * spatialChannels]);
  });
}
