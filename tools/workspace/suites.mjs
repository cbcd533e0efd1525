import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Test files of `npm test` that `npm run test:quick` leaves out, by what they need. */
export const slowSuites = {
  browsers: [
    'apps/web/src/app.test.ts',
    'packages/{backend-wasm,backend-webgpu,train}/src/*.chromium.test.ts',
    'tools/bench/test/webgpu-page.test.mjs',
    'tools/conformance/test/*',
    'tools/workspace/test/{examples,packed}.test.ts',
  ],
  drivers: [
    'packages/{backend-webgpu,samplers}/**/*.node.test.ts',
    'packages/backend-tensorflow/**',
    'apps/cli/**/{webgpu,tensorflow}.test.ts',
  ],
  'kills and long runs': [
    'apps/cli/**/{random-kills,kill-while-writing,supervise,accumulation}.test.ts',
    'packages/train/**/{random-kills,kill-while-writing,supervise,tiny-run}.test.ts',
    'packages/checkpoint/src/fuzz.test.ts',
    'tools/soak/**',
  ],
  'kernels at every edge': ['packages/backend-native/src/{filter-gradient,fused-kernels}.test.ts'],
  'command lines': [
    'apps/cli/**/{completion,config,convert*,data-sets,distill,edm,evaluate,fid,inspect,quickstart,read-ahead,report,reports,sample,train,older-runs}.test.ts',
    'apps/cli/**/bad-input.test.ts',
    'tools/workspace/test/{readme,from-npm}.test.ts',
  ],
};

const isInstalled = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const swiftShader = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib64/chromium-browser/vk_swiftshader_icd.json'];

/**
 * Suites of `npm run test:full` besides `npm test`: those that need an emulator, a second browser, a site or another program, or minutes
 * for little. `lacking` returns the reason to skip one; `command` and `env` run it from the root folder.
 */
export const fullSuites = [
  {
    name: 'trainings and scores on WebGPU',
    lacking: () => (swiftShader.some(existsSync) ? undefined : 'no software driver; apt-get install chromium'),
    command: ['vitest', 'run', 'apps/cli', '-t', 'WebGPU'],
    env: { TRACT_WEBGPU_SUITE: '1' },
  },
  {
    name: 'conformance of WebGPU in Chromium',
    lacking: () => (isInstalled('chromium', '--version') ? undefined : 'no chromium; apt-get install chromium'),
    command: ['vitest', 'run', 'packages/backend-webgpu/src/conformance.chromium.test.ts'],
    env: { TRACT_BROWSER_SUITE: '1' },
  },
];
