import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../workspace/steps.mjs';
import { deviceCheck, exitCodeOf } from '../device-check.mjs';
import { deviceTable } from '../device-table.mjs';

const figures = { forward: 900, train: 300, tract: 200, peakRssMB: 400, peakDeviceMB: 1000 };
const good = {
  device: { device: 'nvidia H200' },
  conformance: { passed: 259, failed: [] },
  steps: { steps: 20, losses: [], apart: 2e-6 },
  parity: { code: 0, lines: ['11 ok, 0 missed, 0 broken, 0 not known'] },
  bench: figures,
};

/** A machine whose programs answer at once: `answers` by the part or the program; a text is an error, undefined a part that the time did not suffice for. */
function machineOf(answers) {
  const asked = [];
  const run = async (program, args, env = {}) => {
    asked.push([program, ...args, ...Object.keys(env)].join(' '));
    const answer = answers({ program, part: args[0], backend: args[1], args, env });
    if (answer === undefined) return { code: 1, out: '', err: '', late: true, seconds: 0 };
    if (typeof answer === 'string') return { code: 1, out: '', err: `Traceback\n${answer}\n`, late: false, seconds: 1 };
    return { code: 0, out: `a warning\n${JSON.stringify(answer)}\n`, err: '', late: false, seconds: 1, cardMB: 1200 };
  };
  return { run, asked };
}
const machine = { processor: 'A processor', cores: 16, memoryGB: 128, system: 'Linux x64', node: '20.20.2', card: 'NVIDIA H200, 570.1' };
const check = (run, more) => deviceCheck({ run, rehearsal: false, drivers: [{}], hasParity: true, ...more });
const page = (rows) => deviceTable({ rehearsal: false, machine, minutes: 5, rows });

test('a card with everything: three networks on WebGPU, CUDA and four kinds of PyTorch, as shares of the eager one', async () => {
  const { run, asked } = machineOf(({ program, part, backend }) => {
    if (program === 'python') return { torch: '2.13.0', card: 'NVIDIA H200' };
    if (program === 'torch') return { ...figures, forward: 1800, tract: 1000 };
    return part === 'device' && backend === 'tensorflow' ? { device: 'a GPU, by TensorFlow 2.9.1' } : good[part];
  });
  const rows = await check(run);
  expect(exitCodeOf(rows)).toBe(0);
  expect(rows.filter(({ result }) => result === 'measured')).toHaveLength(3 + 4 * 3 + 3);
  expect(asked.filter((line) => /torch .*--tf32/.test(line))).toHaveLength(6);
  expect(asked.filter((line) => /--device cuda/.test(line))).toHaveLength(12);
  const text = page(rows);
  expect(text).toContain('| digits | 64 | WebGPU | 900 | 300 | 200 | 0.50 | 0.20 | 1000 | 1200 | 400 |');
  expect(text).toContain('Nothing fell short.');
});

test('what is missing is told: no card for WebGPU, no Python, no TensorFlow; the code is 4', async () => {
  const { run } = machineOf(({ program, backend }) =>
    program === 'python' ? 'spawn python3 ENOENT' : `${backend}: the reason of ${backend}`,
  );
  const rows = await check(run, { drivers: [{}, { VK_ICD_FILENAMES: 'a.json' }] });
  expect(exitCodeOf(rows)).toBe(4);
  expect(page(rows)).toContain('No speed was measured.');
  expect(page(rows).split('What fell short:\n\n')[1].trim().split('\n')).toEqual([
    '- WebGPU, device: not run, webgpu: the reason of webgpu',
    '- CUDA, device: not run, tensorflow: the reason of tensorflow',
    '- PyTorch, speed: not run, a python3 with torch is missing (spawn python3 ENOENT); --python names another',
  ]);
});

test('a card that only the second driver finds is used with it; a processor in its place is none, but in a rehearsal', async () => {
  const software = { device: 'google swiftshader, on the processor' };
  const { run, asked } = machineOf(({ program, part, backend, env }) => {
    if (program !== 'work' || backend !== 'webgpu') return 'not here';
    return part === 'device' && !env.VK_ICD_FILENAMES ? software : good[part];
  });
  const rows = await check(run, { drivers: [{}, { VK_ICD_FILENAMES: 'a.json' }] });
  expect(asked).toContain('work conformance webgpu VK_ICD_FILENAMES');
  expect(rows[0]).toMatchObject({ part: 'device', result: 'passed', detail: 'nvidia H200' });
  const rehearsed = await check(machineOf(({ part, program }) => (program === 'work' && part === 'device' ? software : 'not here')).run, {
    rehearsal: true,
  });
  expect(rehearsed[0]).toMatchObject({ result: 'passed', detail: software.device });
});

test('ours that fails makes code 1 and names the tests; a peer that fails and time that is over are told and fail nothing', async () => {
  const failed = [{ name: 'conv2d', error: 'off by 1e-3' }];
  const answers = ({ program, part, backend }) => {
    if (program === 'python') return { torch: '2.13.0', card: 'NVIDIA H200' };
    if (program === 'torch') return 'CUDA out of memory';
    if (backend !== 'webgpu' || part === 'bench') return undefined;
    return part === 'conformance' ? { passed: 258, failed } : good[part];
  };
  const rows = await check(machineOf(answers).run, { hasParity: false });
  expect(exitCodeOf(rows)).toBe(1);
  expect(exitCodeOf(rows.filter(({ part }) => part !== 'conformance'))).toBe(0);
  const text = page(rows);
  expect(text).toContain('- WebGPU, conformance: failed, 258 passed, 1 failed; conv2d: off by 1e-3');
  expect(text).toContain('- WebGPU, speed of digits: not run, the time was over');
  expect(text).toContain('- PyTorch compiled, speed of digits: not run, CUDA out of memory');
  expect(text).toContain('- WebGPU, parity files: not run, none came along');
});

test('the script says how it is used, and refuses what it does not know with code 2', () => {
  const script = join(root, 'tools/device-check.sh');
  expect(execFileSync(script, ['--help'], { encoding: 'utf8' })).toMatch(
    /^Checks a machine with a graphics card.*\n[\s\S]*usage: tools\/device-check.sh/,
  );
  const { status, stderr } = spawnSync(script, ['--card', '1'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^error: Unknown option '--card'.*see --help\n$/) });
});
