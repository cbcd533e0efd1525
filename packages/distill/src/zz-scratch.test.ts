import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { leaves, read, readScalar, tensor, transpose, treeFromLeaves, useBackend, mapTree, clone, memory, type Tensor } from '@tract/tensor';
import { applyUNet, fromMlTract, mlTractNames, unetSpec, type UNetConfig, type UNetParams, type ParamSpec } from '../../unet/src/index.js';
import { readSafetensors } from '../../checkpoint/src/index.js';
import { zerosLike } from '@tract/optim';
import { vpGrid } from '@tract/schedules';
import { ddim, drain } from '@tract/samplers';
import { tensorSpace } from '@tract/tensor';
import { beforeAll, test } from 'vitest';
import { advancePhase, btd, denoiserOf, distillSetup, distillStep, distillTarget, tract, type DistillState } from './index.js';

beforeAll(() => useBackend('cpu'));
const rel = (a: ArrayLike<number>, b: ArrayLike<number>) => { let m = 0, d = 0; for (let i = 0; i < b.length; i++) { m = Math.max(m, Math.abs(Number(b[i]))); d = Math.max(d, Math.abs(Number(a[i]) - Number(b[i]))); } return d / m; };
test.each(['tract-vp-phase1', 'tract-vp-cond'])('%s', async (name) => {
  const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(`/work/shared/golden/${name}.safetensors`)));
  const u = JSON.parse(metadata.get('unet')!);
  const config: UNetConfig = { imageSize: u.init_rez, inChannels: u.in_channel, channels: u.channel, embChannels: u.emb_channel, channelMult: u.channel_multiplier, blocks: u.n_res_blocks, attentionResolutions: u.attn_rezs, ...(u.attn_heads ? { heads: u.attn_heads } : { headDim: u.head_dim }), scaleShift: u.use_affine_time, resampleInBlocks: u.resample, outputs: u.num_output, classes: u.num_classes };
  const spec = unetSpec(config), names = mlTractNames(config);
  const load = (prefix: string) => treeFromLeaves<Tensor, unknown>(leaves<ParamSpec>(spec).map(([path]) => { const { name: n, layout } = names.get(path)!; const t = tensors.get(`${prefix}.${n}`)!; if (!t) throw new Error(`${prefix}.${n}`); const r = fromMlTract(layout, Float32Array.from(t.data as Float32Array), t.shape); return [path, tensor(r.values, r.shape)] as const; }), spec) as UNetParams;
  const nums = (k: string) => Array.from(tensors.get(k)!.data as Float64Array, Number);
  const image = (k: string) => { const t = tensors.get(k)!; return transpose(tensor(nums(k), t.shape as number[]), [0, 2, 3, 1]); };
  const nchw = async (t: Tensor) => read(transpose(t, [0, 3, 1, 2]));
  const isBtd = name.startsWith('btd');
  const schedule = JSON.parse(metadata.get('schedule')!), progress = Number(metadata.get('progress'));
  const setup = distillSetup<UNetParams>({ network: (p, xt, l, y) => applyUNet(config, p, xt, l, y), prediction: u.num_output === 2 ? 'x0+eps' : 'x0', phaseSteps: schedule, timesteps: Number(metadata.get('timesteps')), updates: 1000, rule: isBtd ? btd : tract, learningRate: Number(metadata.get('lr')), ema: { momentum: Number(metadata.get('evalMomentum')) }, selfTeacherMomentum: Number(metadata.get('selfTeacherMomentum')) });
  const student = load('student');
  const before = await Promise.all(leaves(student).map(([,l]) => read(l)));
  let state: DistillState<UNetParams> = { step: progress * 1000, phase: 0, updates: 0, student, moments: { m: zerosLike(student), v: zerosLike(student) }, studentEma: (() => { try { return load('eval'); } catch { return mapTree(student, clone); } })(), ...(!isBtd && { selfTeacher: load('selfTeacher') }), teacher: load('teacher') };
  state = advancePhase(setup, state);
  const semi = isBtd ? undefined : nums('draw.1');
  const batch = { x0: image('x'), noise: image('noise'), draws: nums('draw.0').map((group, i) => ({ group, semi: semi?.[i] ?? 0 })), labels: tensors.has('y') ? nums('y') : undefined };
  const goal = distillTarget(setup, state, batch);
  const out = [`xb ${rel(await nchw(goal.xb), nums('xt1'))}`, `target ${rel(await nchw(goal.target), nums('target'))}`];
  const t0 = Date.now();
  const r = distillStep(setup, state, batch);
  out.push(`ms ${Date.now() - t0}`);
  out.push(`loss ${rel([await readScalar(r.loss)], nums('loss'))}`, `gradNorm ${rel([await readScalar(r.gradNorm)], nums('gradNorm'))}`);
  for (const [prefix, tree] of [['after.student', r.state.student], ['after.selfTeacher', r.state.selfTeacher], ['after.eval', r.state.studentEma]] as const) {
    if (!tree) continue;
    let worst = 0, n = 0, at = '', worstMove = 0, worstClear = 0;
    let i = -1;
    for (const [path, leaf] of leaves(tree)) {
      i++;
      const { name: nm, layout } = names.get(path)!; const t = tensors.get(`${prefix}.${nm}`);
      if (!t) continue; n++;
      const want = fromMlTract(layout, Float32Array.from(t.data as Float32Array), t.shape).values, got = await read(leaf);
      const e = rel(got, want); if (e > worst) { worst = e; at = path; }
      if (prefix === 'after.student') { const b = before[i]; const lr = 2e-4; let wm = 0, share = 0, wg = 0, mg = 0; for (let k = 0; k < want.length; k++) { const mv = Math.abs(want[k] - b[k]); if (mv > 0.9 * lr) { share++; wm = Math.max(wm, Math.abs(want[k] - got[k])); } const gi = (w: number) => { const q = Math.min(Math.abs(w - b[k]) / lr, 0.999); return Math.sign(b[k] - w) * 1e-8 * q / (1 - q); }; wg = Math.max(wg, Math.abs(gi(want[k]) - gi(got[k]))); mg = Math.max(mg, Math.abs(gi(want[k]))); } worstClear = Math.max(worstClear, wm); out.push(`   ${path} rel ${e.toExponential(1)} clear moves ${(share / want.length).toFixed(2)} worst ${wm.toExponential(1)} implied g err ${wg.toExponential(1)} of ${mg.toExponential(1)}`); } let move = 0; for (let k = 0; k < want.length; k++) move = Math.max(move, Math.abs(want[k] - got[k])); worstMove = Math.max(worstMove, move);
    }
    out.push(`${prefix} ${n} ${worst} ${at} abs ${worstMove} clear ${worstClear}`);
  }
  if (tensors.has('sample.out')) {
    const steps = schedule[state.phase + 1];
    const xt = await drain(ddim(tensorSpace, denoiserOf(setup.model, r.state.studentEma, { labels: batch.labels }), image('sample.noise'), vpGrid(steps)));
    out.push(`sample ${rel(await nchw(xt), nums('sample.out'))}`);
  }
  console.log(name, out.join('\n  '));
});
