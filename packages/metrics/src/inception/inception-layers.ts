/** A convolution of the network with its shape, step and zeros around the image; followed by batch normalisation and max(x, 0). */
export type ConvSpec = {
  readonly size: readonly [height: number, width: number];
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly pad: readonly [vertical: number, horizontal: number];
};

/** Side of the images that the network was trained on and FID is defined with. */
export const INCEPTION_SIZE = 299;
/** Classes of the published weights, of which eight have no name. */
export const INCEPTION_CLASSES = 1008;
/** Features of the last block, and of those before it. */
export const INCEPTION_FEATURES = 2048;

/** A convolution that keeps the size: zeros for half the filter on each side. */
const same = (height: number, width: number, inputs: number, outputs: number): ConvSpec => ({
  size: [height, width],
  inputs,
  outputs,
  stride: 1,
  pad: [(height - 1) / 2, (width - 1) / 2],
});
const point = (inputs: number, outputs: number) => same(1, 1, inputs, outputs);
const valid = (size: number, inputs: number, outputs: number, stride = 1): ConvSpec => ({
  size: [size, size],
  inputs,
  outputs,
  stride,
  pad: [0, 0],
});

type Specs = Readonly<Record<string, ConvSpec>>;

const stem: Specs = {
  Conv2d_1a_3x3: valid(3, 3, 32, 2),
  Conv2d_2a_3x3: valid(3, 32, 32),
  Conv2d_2b_3x3: same(3, 3, 32, 64),
  Conv2d_3b_1x1: point(64, 80),
  Conv2d_4a_3x3: valid(3, 80, 192),
};

const mixed5 = (inputs: number, pooled: number): Specs => ({
  branch1x1: point(inputs, 64),
  branch5x5_1: point(inputs, 48),
  branch5x5_2: same(5, 5, 48, 64),
  branch3x3dbl_1: point(inputs, 64),
  branch3x3dbl_2: same(3, 3, 64, 96),
  branch3x3dbl_3: same(3, 3, 96, 96),
  branch_pool: point(inputs, pooled),
});

const mixed6a: Specs = {
  branch3x3: valid(3, 288, 384, 2),
  branch3x3dbl_1: point(288, 64),
  branch3x3dbl_2: same(3, 3, 64, 96),
  branch3x3dbl_3: valid(3, 96, 96, 2),
};

const mixed6 = (inner: number): Specs => ({
  branch1x1: point(768, 192),
  branch7x7_1: point(768, inner),
  branch7x7_2: same(1, 7, inner, inner),
  branch7x7_3: same(7, 1, inner, 192),
  branch7x7dbl_1: point(768, inner),
  branch7x7dbl_2: same(7, 1, inner, inner),
  branch7x7dbl_3: same(1, 7, inner, inner),
  branch7x7dbl_4: same(7, 1, inner, inner),
  branch7x7dbl_5: same(1, 7, inner, 192),
  branch_pool: point(768, 192),
});

const mixed7a: Specs = {
  branch3x3_1: point(768, 192),
  branch3x3_2: valid(3, 192, 320, 2),
  branch7x7x3_1: point(768, 192),
  branch7x7x3_2: same(1, 7, 192, 192),
  branch7x7x3_3: same(7, 1, 192, 192),
  branch7x7x3_4: valid(3, 192, 192, 2),
};

const mixed7 = (inputs: number): Specs => ({
  branch1x1: point(inputs, 320),
  branch3x3_1: point(inputs, 384),
  branch3x3_2a: same(1, 3, 384, 384),
  branch3x3_2b: same(3, 1, 384, 384),
  branch3x3dbl_1: point(inputs, 448),
  branch3x3dbl_2: same(3, 3, 448, 384),
  branch3x3dbl_3a: same(1, 3, 384, 384),
  branch3x3dbl_3b: same(3, 1, 384, 384),
  branch_pool: point(inputs, 192),
});

const blocks: Readonly<Record<string, Specs>> = {
  Mixed_5b: mixed5(192, 32),
  Mixed_5c: mixed5(256, 64),
  Mixed_5d: mixed5(288, 64),
  Mixed_6a: mixed6a,
  Mixed_6b: mixed6(128),
  Mixed_6c: mixed6(160),
  Mixed_6d: mixed6(160),
  Mixed_6e: mixed6(192),
  Mixed_7a: mixed7a,
  Mixed_7b: mixed7(1280),
  Mixed_7c: mixed7(2048),
};

/**
 * The 94 convolutions of the FID InceptionV3 by the names that torchvision and pytorch-fid give them, in the order of their files.
 * Source: Szegedy et al. 2015, "Rethinking the Inception architecture"; shapes as in the file of 2015-12-05.
 */
export const inceptionConvolutions: Specs = {
  ...stem,
  ...Object.fromEntries(
    Object.entries(blocks).flatMap(([block, specs]) => Object.entries(specs).map(([name, spec]) => [`${block}.${name}`, spec])),
  ),
};
