import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { engine } from '@tensorflow/tfjs-core';
import type { WebGpuBackend } from '@tract/backend-webgpu';
import { softwareDriver } from '@tract/backend-webgpu/node';
import { readNpz } from '@tract/checkpoint';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { committedSteps } from '../testing/committed-steps.js';
import { expectSameRun } from '../testing/run-digests.js';
import { writeTinyDigits } from '../testing/tiny-digits.js';
import { scratchFolder, startTract, tract, until } from '../testing/tract.js';
import { tractHere } from '../testing/tract-here.js';

const scratch = scratchFolder();
afterAll(scratch.remove);
const folder = (name: string): string => join(scratch.path, name);
const env = { TRACT_MNIST: writeTinyDigits(folder('digits')), TRACT_WEBGPU_DRIVER: 'software' };
const webgpu = ['--backend', 'webgpu', '--silent'];

const noDriver = softwareDriver() === undefined ? 'no software driver here, apt-get install chromium' : undefined;
// Trainings take minutes on the processor; what they are made of is tested in backend-webgpu.
const unasked = process.env.TRACT_WEBGPU_SUITE === undefined ? 'set TRACT_WEBGPU_SUITE=1 to run them' : undefined;
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);
if (unasked !== undefined) console.warn(`trainings on WebGPU do not run: ${unasked}`);

test('where no card will do, the standard error stream has our sentence and nothing of a driver', async () => {
  const asked = ['sample', 'mnist-student', '--steps', '1', '--count', '1', '--seed', '1', '--out', folder('card.png'), ...webgpu];
  const { code, stderr } = await tract(asked, { TRACT_WEBGPU_DRIVER: '' });
  expect(stderr).toMatch(code === 0 ? /^$/ : /^error: webgpu: [^\n]+\n$/);
  const doctor = await tract(['doctor', '--threads', '1'], { TRACT_WEBGPU_DRIVER: '' });
  expect(doctor).toMatchObject({ code: 0, stderr: '' });
});

describe.skipIf(noDriver !== undefined)(`on WebGPU${because(noDriver)}`, () => {
  test('sample draws the images of the native backend', async () => {
    const draw = (out: string, ...more: string[]) =>
      tract(['sample', 'mnist-student', '--steps', '1', '--count', '2', '--seed', '1', '--json', '--out', folder(out), ...more], env);
    const ours = await draw('webgpu.npz', ...webgpu);
    expect(ours).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ours.stdout).backend).toEqual({ name: 'webgpu', device: expect.stringMatching(/swiftshader.*, on the processor/i) });
    expect(await draw('native.npz', '--silent')).toMatchObject({ code: 0 });
    const [here, there] = await Promise.all(
      ['webgpu.npz', 'native.npz'].map(async (name) => (await readNpz(readFileSync(folder(name)))).get('images')!.data as Uint8Array),
    );
    const apart = here.map((level, i) => Math.abs(level - there[i]));
    expect(here.length).toBe(2 * 784);
    expect(new Set(there).size).toBeGreaterThan(20);
    // float32 sums in another order move a pixel over the edge between two levels.
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  });

  test('doctor tells what it computes on', async () => {
    const { stdout } = await tract(['doctor', '--json', '--threads', '1'], env);
    const found = JSON.parse(stdout).backends.find(({ name }: { name: string }) => name === 'webgpu');
    expect(found).toEqual({ name: 'webgpu', available: true, detail: expect.stringMatching(/swiftshader/i) });
  });
});

describe.skipIf((noDriver ?? unasked) !== undefined)(`trainings and scores on WebGPU${because(noDriver ?? unasked)}`, () => {
  // Four updates, two between checkpoints.
  const length = ['--images', '4', '--batch', '1', '--checkpoint-every', '2', '--samples', '0'];
  /** Both ended alike; a run that was stopped or goes on in this process may have another checkpoint before the last, or its lock still. */
  const expectSameEnd = (run: string, whole: string): void => {
    for (const part of ['model', 'checkpoints/step-4']) expectSameRun(folder(`${run}/${part}`), folder(`${whole}/${part}`));
  };
  const train = (run: string, ...more: string[]) => [
    'train',
    '--preset',
    'mnist-tiny',
    '--out',
    folder(run),
    ...length,
    ...webgpu,
    ...more,
  ];

  test('a training that is killed goes on to the same bits', async () => {
    expect(await tract(train('whole'), env)).toMatchObject({ code: 0, stderr: '' });
    const killed = startTract(train('killed'), env);
    await until(killed, () => committedSteps(folder('killed')).length > 0);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await tract(train('killed', '--resume'), env)).toMatchObject({ code: 0, stderr: '' });
    expectSameRun(folder('killed'), folder('whole'));
    expect(JSON.parse(readFileSync(folder('whole/environment.json'), 'utf8')).backend).toBe('webgpu');
  });

  test('so does one that lost its device, which says how', async () => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const running = tractHere(...train('lost'));
    while (committedSteps(folder('lost')).length === 0) await sleep(3);
    (engine().findBackend('webgpu') as WebGpuBackend).device.destroy();
    const { code, err } = await running;
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: webgpu: the device was lost \(.*\); what was done since the last checkpoint is lost too, --resume goes on from it\n$/,
    );
    expect(await tractHere(...train('lost', '--resume'))).toMatchObject({ code: 0, err: '' });
    expectSameEnd('lost', 'whole');
  });

  test('a distillation runs, and goes on after Ctrl-C to the same bits', async () => {
    const distill = (run: string, ...more: string[]) => {
      const teacher = ['--teacher', folder('whole/model'), '--schedule', '4,2,1'];
      return startTract(['distill', '--preset', 'mnist-quickstart', '--out', folder(run), ...teacher, ...length, ...webgpu, ...more], env);
    };
    expect(await distill('student').ended).toMatchObject({ code: 0, stderr: '' });
    const stopped = distill('stopped');
    await until(stopped, () => committedSteps(folder('stopped')).length > 0);
    stopped.child.kill('SIGINT');
    await stopped.ended;
    expect(await distill('stopped', '--resume', 'latest').ended).toMatchObject({ code: 0, stderr: '' });
    expectSameEnd('stopped', 'student');
  });

  test('evaluate gives the distance that the native backend gives', async () => {
    const measure = async (...more: string[]) => {
      const { code, stdout, stderr } = await tract(['evaluate', '--samples', folder('webgpu.npz'), '--json', ...more], env);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout).frechet_distance as number;
    };
    const native = await measure('--silent');
    // float32 sums of the classifier in another order.
    expect(Math.abs((await measure(...webgpu)) / native - 1)).toBeLessThan(1e-3);
  });

  test('what the device has no room for is an error that says so', async () => {
    const big = ['--steps', '1', '--count', '11K', '--batch', '11K', '--out', folder('never.npz')];
    const { code, stderr } = await tract(['sample', 'mnist-student', ...big, ...webgpu], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: webgpu: a tensor .* takes at most \d+; choose a smaller --batch or model\n$/);
    expect(existsSync(folder('never.npz'))).toBe(false);
  });
});

describe('without a device', () => {
  const sample = (more: NodeJS.ProcessEnv) =>
    tract(['sample', 'mnist-student', '--steps', '1', '--out', folder('never.png'), ...webgpu], { ...env, ...more });
  /** On Linux alone does a variable hide the graphics card. */
  const noCard = { TRACT_WEBGPU_DRIVER: '', VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' };

  test.runIf(process.platform === 'linux')('no graphics card: code 4, and what computes without one', async () => {
    expect(await sample(noCard)).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/error: webgpu: no adapter was found; .*; TRACT_WEBGPU_DRIVER=software computes without a card\n$/),
    });
    const { code, stdout } = await tract(['doctor', '--json', '--threads', '1'], { ...env, ...noCard });
    const found = JSON.parse(stdout).backends.find(({ name }: { name: string }) => name === 'webgpu');
    expect({ code, found }).toMatchObject({ code: 0, found: { available: false, detail: expect.stringContaining('TRACT_WEBGPU_DRIVER') } });
  });

  test('no package: code 4, and the command that installs it', async () => {
    const hook = `export function resolve(name, context, next) {
      if (name === 'webgpu') throw new Error("Cannot find package 'webgpu'");
      return next(name, context);
    }`;
    const url = `data:text/javascript,${encodeURIComponent(hook)}`;
    writeFileSync(folder('hide.mjs'), `import { register } from 'node:module';\nregister(${JSON.stringify(url)});\n`);
    expect(await sample({ NODE_OPTIONS: `--import=file://${folder('hide.mjs')}` })).toEqual({
      code: 4,
      signal: null,
      stdout: '',
      stderr:
        "error: webgpu: the package 'webgpu', which brings WebGPU to Node, does not load (Cannot find package 'webgpu'); run: npm install webgpu\n",
    });
  });

  test('a driver that is none: code 2', async () => {
    expect(await sample({ TRACT_WEBGPU_DRIVER: 'hardware' })).toMatchObject({
      code: 2,
      stderr: 'error: TRACT_WEBGPU_DRIVER=hardware: expected software, or the description (*.json) of a Vulkan driver\n',
    });
  });
});
