import { engine, type KernelBackend, type KernelFunc, type NamedAttrMap, registerKernel, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { composedKernel } from '@tract/tensor';

type PoolAttributes = { readonly size: number; readonly stride: number; readonly pad: number };
type OperationRunner = KernelBackend & { executeSingleInput(operation: string, input: Tensor): Tensor };

const stock = (kernel: string, x: Tensor, attrs: NamedAttrMap): Tensor => engine().runKernel<Tensor>(kernel, { x }, attrs);

const surround = (x: Tensor, pad: number, constantValue: number): Tensor => {
  const edges = [pad, pad];
  return pad === 0 ? x : stock('PadV2', x, { paddings: [[0, 0], edges, edges, [0, 0]], constantValue });
};

const pooled = (kernel: string, x: Tensor, { size, stride }: PoolAttributes): Tensor =>
  stock(kernel, x, { filterSize: [size, size], strides: [stride, stride], pad: 'valid', dimRoundingMode: 'floor' });

/** Make a kernel of stock ones, whose intermediate tensors are freed. */
const composed =
  <A>(fn: (x: Tensor, attrs: A) => Tensor): KernelFunc =>
  ({ inputs, attrs }) =>
    tidy(() => fn(inputs.x as Tensor, attrs as A));

// The stock pools take no padding in numbers.
const maxPool = composed((x, attrs: PoolAttributes) => pooled('MaxPool', surround(x, attrs.pad, Number.NEGATIVE_INFINITY), attrs));

/** Average pooling that leaves out pixels outside the image: the mean with zeros there, divided by the fraction of each window that lies inside. */
const avgPool = composed((x, attrs: PoolAttributes) => {
  const mean = pooled('AvgPool', surround(x, attrs.pad, 0), attrs);
  if (attrs.pad === 0) return mean;
  const [, height, width] = x.shape;
  const ones = engine().runKernel<Tensor>('Fill', {}, { shape: [1, height, width, 1], value: 1, dtype: 'float32' });
  const inside = pooled('AvgPool', surround(ones, attrs.pad, 0), attrs);
  return engine().runKernel<Tensor>('RealDiv', { a: mean, b: inside });
});

/** A product by 1 would make denormal numbers 0. TensorFlow's Identity is a tensor of its own over the same memory, which nothing changes in place. */
const scale: KernelFunc = (call) => {
  const { factor, offset } = call.attrs as { factor: number; offset: number };
  if (factor !== 1 || offset !== 0) return composedKernel('TractScale')(call);
  return (call.backend as OperationRunner).executeSingleInput('Identity', call.inputs.x as Tensor);
};

const kernels: Readonly<Record<string, KernelFunc>> = { TractAvgPool: avgPool, TractMaxPool: maxPool, TractScale: scale };

/** Register our kernels where the composed ones need what the addon lacks; all others are composed of its own. */
export function registerTensorFlowKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
}
