import type { ClipByValueAttrs, FillAttrs, StepAttrs } from '@tensorflow/tfjs-core';
import { planBroadcast } from '../broadcast-plan.js';
import type { KernelsWith } from '../kernel-args.js';
import { expectShape, type NativeKernel, type NativeKernels } from '../native-kernel.js';

const binary =
  (kernel: KernelsWith<'BinaryArgs'>): NativeKernel =>
  (backend, { a, b }) => {
    const plan = planBroadcast(a.shape, b.shape);
    return plan && backend.launchOne(kernel, { a, b, ...plan });
  };

const unary =
  (kernel: KernelsWith<'UnaryArgs'>): NativeKernel =>
  (backend, { x }) =>
    backend.launchOne(kernel, { x, y: x.shape });

const clip: NativeKernel<ClipByValueAttrs> = (backend, { x }, { clipValueMin, clipValueMax }) =>
  backend.launchOne('clip', { x, y: x.shape, low: clipValueMin, high: clipValueMax });

const step: NativeKernel<StepAttrs> = (backend, { x }, { alpha }) => backend.launchOne('step', { x, y: x.shape, alpha });

const fill: NativeKernel<FillAttrs> = (backend, _, { shape, value, dtype }) => {
  if (typeof value !== 'number' || (dtype ?? 'float32') !== 'float32') return undefined;
  return shape.includes(0) ? undefined : backend.launchOne('fill', { y: shape, value });
};

const scale: NativeKernel<{ factor: number; offset: number }> = (backend, { x }, { factor, offset }) =>
  backend.launchOne('scale', { x, y: x.shape, factor, offset });

const siluGrad: NativeKernel = (backend, { dy, x }) => {
  expectShape('TractSiluGrad', 'dy', dy, x.shape);
  return backend.launchOne('siluGrad', { dy, x, dx: x.shape });
};

export const elementwiseKernels: NativeKernels = {
  Add: binary('add'),
  Sub: binary('subtract'),
  Multiply: binary('multiply'),
  RealDiv: binary('divide'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Sigmoid: unary('sigmoid'),
  Exp: unary('exponential'),
  Log: unary('logarithm'),
  Sqrt: unary('squareRoot'),
  Rsqrt: unary('inverseSquareRoot'),
  Square: unary('square'),
  Tanh: unary('hyperbolicTangent'),
  Relu: unary('relu'),
  Neg: unary('negate'),
  ClipByValue: clip,
  Step: step,
  Fill: fill,
  TractSilu: unary('silu'),
  TractSiluGrad: siluGrad,
  TractScale: scale,
};
