import { engine, type Tensor, util } from '@tensorflow/tfjs-core';

const channels = 33;
const ones = (shape: number[]): Tensor => engine().makeTensor(new Float32Array(util.sizeFromShape(shape)).fill(1), shape, 'float32');

/**
 * Check that the active backend's gradient of a convolution by its input is right for a number of channels that is no multiple of 16, where oneDNN
 * in TensorFlow 2.21 leaves out half of the sum on AVX-512. All factors are 1, so that each of its elements is the number of channels, exactly.
 */
export async function inputGradientIsRight(): Promise<boolean> {
  const dy = ones([1, 1, 1, channels]);
  const filter = ones([1, 1, channels, channels]);
  const attributes = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dilations: [1, 1], inputShape: [1, 1, 1, channels] };
  const dx = engine().runKernel<Tensor>('Conv2DBackpropInput', { dy, filter }, attributes);
  const values = (await engine().read(dx.dataId)) as Float32Array;
  for (const made of [dy, filter, dx]) made.dispose();
  return values.length === channels && values.every((value) => value === channels);
}
