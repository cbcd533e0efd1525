import type { Shader } from '../shader.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { logisticFunctions } from './elementwise.js';
import { summing, workgroupTotal } from './sums.js';

type Options = { readonly groups: number; readonly eps: number; readonly silu: boolean };

const threads = 64;
const shape = ['positions: u32', 'channels: u32', 'groups: u32'];

/** u = (xhat·gamma + beta)·(1 + scale) + shift for the element of `sample`, `channel` and normalised value xhat. */
const affine = (scaleShift: boolean): string => `
fn factor(sample: u32, channel: u32) -> f32 { return ${scaleShift ? '1.0 + scaleShift[sample * 2u * n.channels + channel]' : '1.0'}; }
fn affine(xhat: f32, sample: u32, channel: u32) -> f32 {
  let plain = xhat * gamma[channel] + beta[channel];
  return ${scaleShift ? 'plain * factor(sample, channel) + scaleShift[(sample * 2u + 1u) * n.channels + channel]' : 'plain'};
}`;

/** One workgroup for a group of channels of a sample: mean, then the spread around it, then the values. */
const forward = (scaleShift: boolean, silu: boolean): Shader => ({
  name: 'group-norm',
  inputs: ['x', 'gamma', 'beta', ...(scaleShift ? ['scaleShift'] : [])],
  outputs: ['y', 'mean', 'rstd'],
  numbers: [...shape, 'eps: f32'],
  workgroup: [summing],
  declarations: workgroupTotal + logisticFunctions + affine(scaleShift),
  code: `let sample = group.y;
  let wide = n.channels / n.groups;
  let size = n.positions * wide;
  let first = sample * n.positions * n.channels + group.x * wide;
  var sum = 0.0;
  for (var i = local; i < size; i += ${summing}u) { sum += x[first + i / wide * n.channels + i % wide]; }
  let center = total(sum, local) / f32(size);
  var squares = 0.0;
  for (var i = local; i < size; i += ${summing}u) {
    let off = x[first + i / wide * n.channels + i % wide] - center;
    squares += off * off;
  }
  let unit = 1.0 / sqrt(total(squares, local) / f32(size) + n.eps);
  for (var i = local; i < size; i += ${summing}u) {
    let at = first + i / wide * n.channels + i % wide;
    let u = affine((x[at] - center) * unit, sample, group.x * wide + i % wide);
    y[at] = ${silu ? 'u * logistic(u)' : 'u'};
  }
  if (local == 0u) {
    mean[sample * n.groups + group.x] = center;
    rstd[sample * n.groups + group.x] = unit;
  }`,
});

const variants = (make: (scaleShift: boolean, silu: boolean) => Shader): Shader[] =>
  [0, 1, 2, 3].map((which) => make((which & 1) > 0, (which & 2) > 0));
const variantOf = (shaders: readonly Shader[], scaleShift: unknown, silu: boolean): Shader =>
  shaders[(scaleShift === undefined ? 0 : 1) + (silu ? 2 : 0)];

const forwards = variants(forward);

export const groupNorm: WebGpuKernel<Options> = (backend, { x, gamma, beta, scaleShift }, { groups, eps, silu }) => {
  const samples = x.shape[0];
  const channels = gamma.shape[0];
  const positions = sizeOf(x.shape) / (samples * channels);
  const outputs = [result(backend, x.shape), result(backend, [samples, groups]), result(backend, [samples, groups])];
  backend.dispatch(variantOf(forwards, scaleShift, silu), {
    inputs: scaleShift === undefined ? [x, gamma, beta] : [x, gamma, beta, scaleShift],
    outputs,
    numbers: [positions, channels, groups, eps],
    groups: [groups, samples],
  });
  return outputs;
};

/** xhat and the gradient by u of an element. */
const slopes = (silu: boolean): string => `
fn normalised(at: u32, sample: u32, channel: u32) -> f32 {
  let which = sample * n.groups + channel / (n.channels / n.groups);
  return (x[at] - mean[which]) * rstd[which];
}
fn slope(at: u32, sample: u32, channel: u32) -> f32 {
  return dy[at]${silu ? ' * siluSlope(affine(normalised(at, sample, channel), sample, channel))' : ''};
}`;

const gradientInputs = (scaleShift: boolean): string[] => [
  'dy',
  'x',
  'gamma',
  'beta',
  'mean',
  'rstd',
  ...(scaleShift ? ['scaleShift'] : []),
];

/** One workgroup for a channel of a sample: the sums of du and of du·xhat, from which all other sums are made. */
const channelSums = (scaleShift: boolean, silu: boolean): Shader => ({
  name: 'group-norm-sums',
  inputs: gradientInputs(scaleShift),
  outputs: ['sums'],
  numbers: shape,
  workgroup: [summing],
  declarations: workgroupTotal + logisticFunctions + affine(scaleShift) + slopes(silu),
  code: `let channel = group.x;
  let sample = group.y;
  var plain = 0.0;
  var weighted = 0.0;
  for (var i = local; i < n.positions; i += ${summing}u) {
    let at = (sample * n.positions + i) * n.channels + channel;
    let du = slope(at, sample, channel);
    plain += du;
    weighted += du * normalised(at, sample, channel);
  }
  let all = total(plain, local);
  let allWeighted = total(weighted, local);
  if (local == 0u) {
    sums[(sample * n.channels + channel) * 2u] = all;
    sums[(sample * n.channels + channel) * 2u + 1u] = allWeighted;
  }`,
});

/** dx = rstd·(dxhat − mean(dxhat) − xhat·mean(dxhat·xhat)), dxhat = du·factor·gamma; means over the group. */
const inputGradient = (scaleShift: boolean, silu: boolean): Shader => ({
  name: 'group-norm-input-gradient',
  inputs: [...gradientInputs(scaleShift), 'sums'],
  outputs: ['dx'],
  numbers: [...shape, 'count: u32'],
  workgroup: [threads],
  declarations: logisticFunctions + affine(scaleShift) + slopes(silu),
  code: `if (index >= n.count) { return; }
  let channel = index % n.channels;
  let sample = index / n.channels / n.positions;
  let wide = n.channels / n.groups;
  var plain = 0.0;
  var weighted = 0.0;
  for (var c = channel / wide * wide; c < channel / wide * wide + wide; c++) {
    let weight = factor(sample, c) * gamma[c];
    plain += weight * sums[(sample * n.channels + c) * 2u];
    weighted += weight * sums[(sample * n.channels + c) * 2u + 1u];
  }
  let dxhat = slope(index, sample, channel) * factor(sample, channel) * gamma[channel];
  let size = f32(n.positions * wide);
  let unit = rstd[sample * n.groups + channel / wide];
  dx[index] = unit * (dxhat - plain / size - normalised(index, sample, channel) * weighted / size);`,
});

/** One thread for a channel: dgamma and dbeta over the samples. */
const weightGradient = (scaleShift: boolean): Shader => ({
  name: 'group-norm-weight-gradient',
  inputs: ['sums', ...(scaleShift ? ['scaleShift'] : [])],
  outputs: ['dgamma', 'dbeta'],
  numbers: ['channels: u32', 'samples: u32'],
  workgroup: [threads],
  code: `if (index >= n.channels) { return; }
  var dg = 0.0;
  var db = 0.0;
  for (var sample = 0u; sample < n.samples; sample++) {
    let factor = ${scaleShift ? '1.0 + scaleShift[sample * 2u * n.channels + index]' : '1.0'};
    db += factor * sums[(sample * n.channels + index) * 2u];
    dg += factor * sums[(sample * n.channels + index) * 2u + 1u];
  }
  dgamma[index] = dg;
  dbeta[index] = db;`,
});

/** One thread for a channel of a sample. */
const scaleShiftGradient: Shader = {
  name: 'group-norm-scale-shift-gradient',
  inputs: ['sums', 'gamma', 'beta'],
  outputs: ['dScaleShift'],
  numbers: ['channels: u32', 'count: u32'],
  workgroup: [threads],
  code: `if (index >= n.count) { return; }
  let sample = index / n.channels;
  let channel = index % n.channels;
  dScaleShift[sample * 2u * n.channels + channel] = gamma[channel] * sums[index * 2u + 1u] + beta[channel] * sums[index * 2u];
  dScaleShift[(sample * 2u + 1u) * n.channels + channel] = sums[index * 2u];`,
};

const [allSums, inputGradients] = [variants(channelSums), variants(inputGradient)];
const weightGradients = [weightGradient(false), weightGradient(true)];

/** Arrays that the longest of the kernels above binds; not every device can. */
const mostArrays = 9;

export const groupNormGrad: WebGpuKernel<Options> = (backend, inputs, { groups, silu }) => {
  if (backend.device.limits.maxStorageBuffersPerShaderStage < mostArrays) return undefined;
  const { x, gamma, beta, scaleShift } = inputs;
  const samples = x.shape[0];
  const channels = gamma.shape[0];
  const positions = sizeOf(x.shape) / (samples * channels);
  const numbers = [positions, channels, groups];
  const pick = (shader: Shader) => shader.inputs.map((name) => (name === 'sums' ? sums : inputs[name]));
  const sums = result(backend, [samples, channels, 2]);
  const [dx, dgamma, dbeta] = [result(backend, x.shape), result(backend, [channels]), result(backend, [channels])];

  const summed = variantOf(allSums, scaleShift, silu);
  backend.dispatch(summed, { inputs: pick(summed), outputs: [sums], numbers, groups: [channels, samples] });
  const byInput = variantOf(inputGradients, scaleShift, silu);
  const count = sizeOf(x.shape);
  backend.dispatch(byInput, { inputs: pick(byInput), outputs: [dx], numbers: [...numbers, count], groups: Math.ceil(count / threads) });
  const byWeight = weightGradients[scaleShift === undefined ? 0 : 1];
  const perChannel = { numbers: [channels, samples], groups: Math.ceil(channels / threads) };
  backend.dispatch(byWeight, { inputs: pick(byWeight), outputs: [dgamma, dbeta], ...perChannel });
  const gradients = [dx, dgamma, dbeta];
  if (scaleShift !== undefined) {
    const dScaleShift = result(backend, scaleShift.shape);
    const perSample = { numbers: [channels, samples * channels], groups: Math.ceil((samples * channels) / threads) };
    backend.dispatch(scaleShiftGradient, { inputs: [sums, gamma, beta], outputs: [dScaleShift], ...perSample });
    gradients.push(dScaleShift);
  }
  backend.disposeData(sums.dataId);
  return gradients;
};
