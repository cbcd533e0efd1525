import type { Shader } from '../shader.js';
import { result, type WebGpuKernel } from '../webgpu-kernel.js';
import { summing, workgroupHighest, workgroupTotal } from './sums.js';

type Heads = { readonly heads: number };

/** Positions whose weights fit the memory of a workgroup, twice. */
const mostPositions = 1024;
const numbers = ['positions: u32', 'heads: u32', 'size: u32', 'factor: f32'];

/** Offsets of part 0 (query), 1 (key) or 2 (value) of a position in qkv [N,T,3C], and of a position in out [N,T,C]. */
const places = `
fn part(which: u32, position: u32, head: u32, sample: u32) -> u32 {
  return ((sample * n.positions + position) * n.heads + head) * 3u * n.size + which * n.size;
}
fn place(position: u32, head: u32, sample: u32) -> u32 { return ((sample * n.positions + position) * n.heads + head) * n.size; }
fn logit(i: u32, j: u32, head: u32, sample: u32) -> f32 {
  let q = part(0u, i, head, sample);
  let k = part(1u, j, head, sample);
  var sum = 0.0;
  for (var c = 0u; c < n.size; c++) { sum += qkv[q + c] * qkv[k + c]; }
  return sum * n.factor;
}`;

/** One workgroup for a query of a head of a sample. */
const forward: Shader = {
  name: 'attention',
  inputs: ['qkv'],
  outputs: ['out', 'lse'],
  numbers,
  workgroup: [summing],
  declarations: `${places}${workgroupTotal}${workgroupHighest}
var<workgroup> weights: array<f32, ${mostPositions}>;`,
  code: `let i = group.x;
  var best = -3e38;
  for (var j = local; j < n.positions; j += ${summing}u) {
    weights[j] = logit(i, j, group.y, group.z);
    best = max(best, weights[j]);
  }
  let top = highest(best, local);
  var sum = 0.0;
  for (var j = local; j < n.positions; j += ${summing}u) {
    weights[j] = exp(weights[j] - top);
    sum += weights[j];
  }
  let all = total(sum, local);
  for (var c = local; c < n.size; c += ${summing}u) {
    var mixed = 0.0;
    for (var j = 0u; j < n.positions; j++) { mixed += weights[j] * qkv[part(2u, j, group.y, group.z) + c]; }
    out[place(i, group.y, group.z) + c] = mixed / all;
  }
  if (local == 0u) { lse[(group.z * n.heads + group.y) * n.positions + i] = top + log(all); }`,
};

/**
 * With weights p_ij = exp(logit_ij − lse_i): the slope of logit_ij is p_ij·(dy_i·v_j − dy_i·out_i)·factor, that of q_i its sum with the k_j, of k_j with
 * the q_i, of v_j that of p_ij with dy_i. Source of the form: Dao et al. 2022, Appendix B.
 */
const slopes = `${places}
fn weight(i: u32, j: u32, head: u32, sample: u32) -> f32 {
  return exp(logit(i, j, head, sample) - lse[(sample * n.heads + head) * n.positions + i]);
}
fn logitSlope(i: u32, j: u32, head: u32, sample: u32) -> f32 {
  let at = place(i, head, sample);
  let v = part(2u, j, head, sample);
  var sum = 0.0;
  for (var c = 0u; c < n.size; c++) { sum += dy[at + c] * (qkv[v + c] - out[at + c]); }
  return sum * n.factor;
}`;

const gradient = (name: string, memory: string, code: string): Shader => ({
  name: `attention-${name}-gradient`,
  inputs: ['dy', 'qkv', 'out', 'lse'],
  outputs: ['dqkv'],
  numbers,
  workgroup: [summing],
  declarations: `${slopes}${memory}`,
  code,
});

/** One workgroup for a query. */
const queryGradient = gradient(
  'query',
  `var<workgroup> slopes: array<f32, ${mostPositions}>;`,
  `let i = group.x;
  for (var j = local; j < n.positions; j += ${summing}u) {
    slopes[j] = weight(i, j, group.y, group.z) * logitSlope(i, j, group.y, group.z);
  }
  workgroupBarrier();
  for (var c = local; c < n.size; c += ${summing}u) {
    var dq = 0.0;
    for (var j = 0u; j < n.positions; j++) { dq += slopes[j] * qkv[part(1u, j, group.y, group.z) + c]; }
    dqkv[part(0u, i, group.y, group.z) + c] = dq;
  }`,
);

/** One workgroup for a key and its value. */
const keyGradient = gradient(
  'key',
  `var<workgroup> slopes: array<f32, ${mostPositions}>;
var<workgroup> weights: array<f32, ${mostPositions}>;`,
  `let j = group.x;
  for (var i = local; i < n.positions; i += ${summing}u) {
    weights[i] = weight(i, j, group.y, group.z);
    slopes[i] = weights[i] * logitSlope(i, j, group.y, group.z);
  }
  workgroupBarrier();
  for (var c = local; c < n.size; c += ${summing}u) {
    var dk = 0.0;
    var dv = 0.0;
    for (var i = 0u; i < n.positions; i++) {
      dk += slopes[i] * qkv[part(0u, i, group.y, group.z) + c];
      dv += weights[i] * dy[place(i, group.y, group.z) + c];
    }
    dqkv[part(1u, j, group.y, group.z) + c] = dk;
    dqkv[part(2u, j, group.y, group.z) + c] = dv;
  }`,
);

function runOf([samples, positions, channels]: readonly number[], heads: number) {
  const size = channels / (3 * heads);
  const groups: [number, number, number] = [positions, heads, samples];
  return { numbers: [positions, heads, size, 1 / Math.sqrt(size)], groups };
}

export const attention: WebGpuKernel<Heads> = (backend, { qkv }, { heads }) => {
  const [samples, positions, channels] = qkv.shape;
  if (positions > mostPositions) return undefined;
  const outputs = [result(backend, [samples, positions, channels / 3]), result(backend, [samples, heads, positions])];
  backend.dispatch(forward, { inputs: [qkv], outputs, ...runOf(qkv.shape, heads) });
  return outputs;
};

export const attentionGrad: WebGpuKernel<Heads> = (backend, { dy, qkv, out, lse }, { heads }) => {
  if (qkv.shape[1] > mostPositions) return undefined;
  const dqkv = result(backend, qkv.shape);
  for (const shader of [queryGradient, keyGradient])
    backend.dispatch(shader, { inputs: [dy, qkv, out, lse], outputs: [dqkv], ...runOf(qkv.shape, heads) });
  return dqkv;
};
