import {
  backend_util,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type FusedConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { activate, canActivate } from '../activation.js';
import type { NativeBackend } from '../backend.js';
import { expectRank, expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

type Shape4 = [number, number, number, number];

/** What the addon's three convolution kernels take: N,H,W,Ci, kh,kw,Co, stride, padTop, padLeft, Ho,Wo; the forward one then whether it may keep the filter. */
type ConvPlan = { readonly numbers: number[]; readonly outputShape: Shape4 };

function plan(input: Shape4, filter: Shape4, stride: number, padTop: number, padLeft: number, [height, width]: [number, number]): ConvPlan {
  const [kh, kw, , co] = filter;
  return { numbers: [...input, kh, kw, co, stride, padTop, padLeft, height, width], outputShape: [input[0], height, width, co] };
}

/** Undefined for what the addon does not do: channels first, dilation, groups of channels, different strides. */
function stockPlan(
  input: readonly number[],
  filter: readonly number[],
  attributes: Omit<Conv2DAttrs, 'dilations'> & { dilations?: unknown },
) {
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
  const { padInfo, strideHeight, outHeight, outWidth } = info;
  return plan(input as Shape4, filter as Shape4, strideHeight, padInfo.top, padInfo.left, [outHeight, outWidth]);
}

function convolve(backend: NativeBackend, x: TensorInfo, filter: TensorInfo, attributes: Conv2DAttrs, bias?: TensorInfo) {
  const p = stockPlan(x.shape, filter.shape, attributes);
  if (p === undefined || (bias !== undefined && !(bias.shape.length === 1 && bias.shape[0] === p.outputShape[3]))) return undefined;
  return backend.launchOne('conv2d', [x, filter, bias, undefined], p.outputShape, [...p.numbers, backend.keepsFilter(filter)]);
}

const conv2d: NativeKernel<Conv2DAttrs> = (backend, { x, filter }, attributes) => convolve(backend, x, filter, attributes);

const fusedConv2d: NativeKernel<FusedConv2DAttrs> = (backend, { x, filter, bias }, { activation, ...attributes }) => {
  if (!canActivate(activation)) return undefined;
  const y = convolve(backend, x, filter, attributes, bias ?? undefined);
  return y === undefined ? undefined : activate(backend, y, activation);
};

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((length, i) => length === b[i]);

const conv2dInputGrad: NativeKernel<Conv2DBackpropInputAttrs> = (backend, { dy, filter }, { inputShape, ...attributes }) => {
  const p = stockPlan(inputShape, filter.shape, attributes);
  if (p === undefined || inputShape.includes(0) || !sameShape(dy.shape, p.outputShape)) return undefined;
  return backend.launchOne('conv2dInputGrad', [dy, filter], inputShape, p.numbers);
};

const conv2dFilterGrad: NativeKernel<Conv2DBackpropFilterAttrs> = (backend, { x, dy }, { filterShape, ...attributes }) => {
  const p = stockPlan(x.shape, filterShape, attributes);
  if (p === undefined || filterShape.includes(0) || !sameShape(dy.shape, p.outputShape)) return undefined;
  return backend.launch('conv2dFilterGrad', [x, dy], [filterShape, undefined], p.numbers)[0];
};

type TractAttributes = { readonly stride: number; readonly pad: number | readonly [vertical: number, horizontal: number] };

/** The fused kernels' convolution: `pad` zeros on all four sides, or above and below and then at the sides. @throws RangeError when the shapes do not fit. */
function tractPlan(kernel: string, input: readonly number[], filter: readonly number[], { stride, pad }: TractAttributes): ConvPlan {
  const pads = typeof pad === 'number' ? [pad, pad] : pad;
  const [height, width] = pads.map((zeros, i) => Math.floor((input[1 + i] + 2 * zeros - filter[i]) / stride) + 1);
  if (input.length !== 4 || filter.length !== 4 || input[3] !== filter[2] || !(height >= 1 && width >= 1)) {
    throw new RangeError(
      `${kernel}: expected x [N,H,W,Ci] and a filter [kh,kw,Ci,Co] no larger than the padded image, got [${input.join(',')}] and [${filter.join(',')}] with pad ${pad}`,
    );
  }
  return plan(input as Shape4, filter as Shape4, stride, pads[0], pads[1], [height, width]);
}

const tractConv2d =
  (tractName: string, kernel: string): NativeKernel<TractAttributes> =>
  (backend, { x, filter, bias, residual }, attributes) => {
    const { numbers, outputShape } = tractPlan(tractName, x.shape, filter.shape, attributes);
    if (bias !== undefined) expectShape(tractName, 'bias', bias, [outputShape[3]]);
    if (residual !== undefined) expectShape(tractName, 'residual', residual, outputShape);
    return backend.launchOne(kernel, [x, filter, bias, residual], outputShape, [...numbers, backend.keepsFilter(filter)]);
  };

const tractInputGrad: NativeKernel<TractAttributes & { inputShape: number[] }> = (
  backend,
  { dy, filter },
  { inputShape, ...attributes },
) => {
  expectRank('TractConv2DInputGrad', 'dy', dy, 4);
  const { numbers, outputShape } = tractPlan('TractConv2DInputGrad', inputShape, filter.shape, attributes);
  expectShape('TractConv2DInputGrad', 'dy', dy, outputShape);
  return backend.launchOne('conv2dInputGrad', [dy, filter], inputShape, numbers);
};

const tractFilterGrad: NativeKernel<TractAttributes & { filterShape: number[] }> = (backend, { x, dy }, { filterShape, ...attributes }) => {
  const { numbers, outputShape } = tractPlan('TractConv2DFilterGrad', x.shape, filterShape, attributes);
  expectShape('TractConv2DFilterGrad', 'dy', dy, outputShape);
  return backend.launch('conv2dFilterGrad', [x, dy], [filterShape, [outputShape[3]]], numbers);
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
