import type { Conv2DAttrs, Conv2DBackpropFilterAttrs, Conv2DBackpropInputAttrs, FusedConv2DAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { backend_util } from '@tract/tensor/core';
import { activate, canActivate } from '../activation.js';
import type { NativeBackend } from '../backend.js';
import type { KernelsWith, StructArgs } from '../kernel-args.js';
import { expectRank, expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Shape4 = [number, number, number, number];

type ConvSizes = StructArgs<'ConvSizes'>;

function sizesOf(
  [N, H, Wd, Ci]: readonly number[],
  [kh, kw, , Co]: readonly number[],
  rest: Pick<ConvSizes, 'stride' | 'padTop' | 'padLeft' | 'Ho' | 'Wo'>,
): ConvSizes {
  return { N, H, Wd, Ci, kh, kw, Co, ...rest };
}

const outputShape = ({ N, Ho, Wo, Co }: ConvSizes): Shape4 => [N, Ho, Wo, Co];

/** Work out the sizes of a stock convolution. Undefined for what the addon does not do: channels first, dilation, groups of channels, different strides. */
function stockSizes(
  input: readonly number[],
  filter: readonly number[],
  attributes: Omit<Conv2DAttrs, 'dilations'> & { dilations?: unknown },
): ConvSizes | undefined {
  const { strides, pad, dataFormat, dimRoundingMode, dilations = 1 } = attributes;
  const format = backend_util.convertConv2DDataFormat(dataFormat ?? 'NHWC');
  const info = backend_util.computeConv2DInfo(
    input as Shape4,
    filter as Shape4,
    strides,
    dilations as number,
    pad,
    dimRoundingMode,
    false,
    format,
  );
  const plain = info.dilationHeight === 1 && info.dilationWidth === 1 && info.strideHeight === info.strideWidth;
  if (format !== 'channelsLast' || !plain || input[3] !== filter[2] || info.outHeight < 1 || info.outWidth < 1) return undefined;
  const { padInfo, outHeight: Ho, outWidth: Wo } = info;
  return sizesOf(input, filter, { stride: info.strideHeight, padTop: padInfo.top, padLeft: padInfo.left, Ho, Wo });
}

function convolve(backend: NativeBackend, x: TensorInfo, filter: TensorInfo, attributes: Conv2DAttrs, bias?: TensorInfo) {
  const sizes = stockSizes(x.shape, filter.shape, attributes);
  if (sizes === undefined || (bias !== undefined && !(bias.shape.length === 1 && bias.shape[0] === sizes.Co))) return undefined;
  return backend.launchOne('conv2d', { x, filter, bias, residual: undefined, y: outputShape(sizes), sizes });
}

const conv2d: NativeKernel<Conv2DAttrs> = (backend, { x, filter }, attributes) => convolve(backend, x, filter, attributes);

const fusedConv2d: NativeKernel<FusedConv2DAttrs> = (backend, { x, filter, bias }, { activation, ...attributes }) => {
  if (!canActivate(activation)) return undefined;
  const y = convolve(backend, x, filter, attributes, bias ?? undefined);
  return y === undefined ? undefined : activate(backend, y, activation);
};

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((length, i) => length === b[i]);

const conv2dInputGrad: NativeKernel<Conv2DBackpropInputAttrs> = (backend, { dy, filter }, { inputShape, ...attributes }) => {
  const sizes = stockSizes(inputShape, filter.shape, attributes);
  if (sizes === undefined || inputShape.includes(0) || !sameShape(dy.shape, outputShape(sizes))) return undefined;
  return backend.launchOne('conv2dInputGrad', { dy, filter, dx: inputShape, sizes });
};

const conv2dFilterGrad: NativeKernel<Conv2DBackpropFilterAttrs> = (backend, { x, dy }, { filterShape, ...attributes }) => {
  const sizes = stockSizes(x.shape, filterShape, attributes);
  if (sizes === undefined || filterShape.includes(0) || !sameShape(dy.shape, outputShape(sizes))) return undefined;
  return backend.launchOne('conv2dFilterGrad', { x, dy, dFilter: filterShape, dBias: undefined, sizes });
};

type TractAttributes = { readonly stride: number; readonly pad: number | readonly [vertical: number, horizontal: number] };

/**
 * Work out the sizes of a fused kernel's convolution: `pad` zeros on all four sides, or above and below and then at the sides.
 * @throws RangeError when the shapes do not fit.
 */
function tractSizes(kernel: string, input: readonly number[], filter: readonly number[], { stride, pad }: TractAttributes): ConvSizes {
  const pads = typeof pad === 'number' ? [pad, pad] : pad;
  const [Ho, Wo] = pads.map((zeros, i) => Math.floor((input[1 + i] + 2 * zeros - filter[i]) / stride) + 1);
  if (input.length !== 4 || filter.length !== 4 || input[3] !== filter[2] || !(Ho >= 1 && Wo >= 1)) {
    throw new RangeError(
      `${kernel}: expected x [N,H,W,Ci] and a filter [kh,kw,Ci,Co] no larger than the padded image, got [${input.join(',')}] and [${filter.join(',')}] with pad ${pad}`,
    );
  }
  return sizesOf(input, filter, { stride, padTop: pads[0], padLeft: pads[1], Ho, Wo });
}

const tractConv2d =
  (tractName: string, kernel: KernelsWith<'ConvArgs'>): NativeKernel<TractAttributes> =>
  (backend, { x, filter, bias, residual }, attributes) => {
    const sizes = tractSizes(tractName, x.shape, filter.shape, attributes);
    const y = outputShape(sizes);
    if (bias !== undefined) expectShape(tractName, 'bias', bias, [sizes.Co]);
    if (residual !== undefined) expectShape(tractName, 'residual', residual, y);
    return backend.launchOne(kernel, { x, filter, bias, residual, y, sizes });
  };

const tractInputGrad: NativeKernel<TractAttributes & { inputShape: number[] }> = (
  backend,
  { dy, filter },
  { inputShape, ...attributes },
) => {
  expectRank('TractConv2DInputGrad', 'dy', dy, 4);
  const sizes = tractSizes('TractConv2DInputGrad', inputShape, filter.shape, attributes);
  expectShape('TractConv2DInputGrad', 'dy', dy, outputShape(sizes));
  return backend.launchOne('conv2dInputGrad', { dy, filter, dx: inputShape, sizes });
};

const tractFilterGrad: NativeKernel<TractAttributes & { filterShape: number[] }> = (backend, { x, dy }, { filterShape, ...attributes }) => {
  const sizes = tractSizes('TractConv2DFilterGrad', x.shape, filterShape, attributes);
  expectShape('TractConv2DFilterGrad', 'dy', dy, outputShape(sizes));
  return backend.launch('conv2dFilterGrad', { x, dy, dFilter: filterShape, dBias: [sizes.Co], sizes });
};

export const convKernels: NativeKernels = {
  Conv2D: conv2d,
  FusedConv2D: fusedConv2d,
  Conv2DBackpropInput: conv2dInputGrad,
  Conv2DBackpropFilter: conv2dFilterGrad,
  TractConv2D: tractConv2d('TractConv2D', 'conv2d'),
  TractConv2DRelu: tractConv2d('TractConv2DRelu', 'conv2dRelu'),
  TractConv2DInputGrad: tractInputGrad,
  TractConv2DFilterGrad: tractFilterGrad,
};
