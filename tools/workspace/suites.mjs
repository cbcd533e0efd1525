import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Test files of `npm test` that `npm run test:quick` leaves out, by what they need. */
export const slowSuites = {
  browsers: [
    'apps/web/src/*/*.chromium.test.ts',
    'packages/{backend-wasm,backend-webgpu,train}/src/*.chromium.test.ts',
    'packages/convert/src/onnx/webgpu.chromium.test.ts',
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
    'apps/cli/**/{completion,config,convert*,data-sets,distill,edm,evaluate,fid,inspect,quickstart,read-ahead,report,reports,reproduce,sample,train,older-runs}.test.ts',
    'apps/cli/**/bad-input.test.ts',
    'tools/workspace/test/{readme,from-npm,release}.test.ts',
    'tools/docs/test/*',
  ],
};

const isInstalled = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const noChromium = () => (isInstalled('chromium', '--version') ? undefined : 'no chromium; apt-get install chromium');
const noFirefox = () =>
  process.env.FIREFOX_PATH || ['firefox-esr', 'firefox'].some((name) => isInstalled(name, '--version'))
    ? undefined
    : 'no firefox; apt-get install firefox-esr';

const swiftShader = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/lib64/chromium-browser/vk_swiftshader_icd.json'];

/**
 * Suites of `npm run test:full` besides `npm test`: those that need an emulator, a second browser, a site or another program, or minutes
 * for little. `lacking` returns the reason to skip one; `command` and `env` run it from the root folder.
 */
export const fullSuites = [
  {
    name: 'trainings and scores on WebGPU',
    lacking: () => (swiftShader.some(existsSync) ? undefined : 'no software driver; apt-get install chromium'),
    command: ['vitest', 'run', 'apps/cli', 'packages/backend-webgpu/src/tract-run.node.test.ts', '-t', 'WebGPU'],
    env: { TRACT_WEBGPU_SUITE: '1' },
  },
  {
    name: 'conformance of WebGPU in Chromium',
    lacking: noChromium,
    command: ['vitest', 'run', 'packages/backend-webgpu/src/conformance.chromium.test.ts'],
    env: { TRACT_BROWSER_SUITE: '1' },
  },
  ...[
    { mpi: 'open-mpi', name: 'Open MPI', needs: ['mpicc.openmpi', 'mpirun.openmpi'], packages: 'openmpi-bin libopenmpi-dev' },
    { mpi: 'mpich', name: 'MPICH', needs: ['mpicc.mpich', 'mpiexec.hydra'], packages: 'mpich libmpich-dev' },
  ].map(({ mpi, name, needs, packages }) => ({
    name: `trainings over ${name}`,
    lacking: () =>
      needs.every((program) => isInstalled('which', program)) ? undefined : `no ${needs.join(' and ')}; apt-get install ${packages}`,
    command: ['vitest', 'run', 'apps/cli/src/training/ranks'],
    env: { TRACT_MPI_SUITE: mpi },
  })),
  {
    name: 'jobs of Slurm, over Open MPI',
    lacking: () =>
      ['slurmctld', 'slurmd', 'munged', 'mpicc.openmpi'].every((program) => isInstalled('which', program))
        ? undefined
        : 'no slurmctld, slurmd, munged and mpicc.openmpi; apt-get install slurm-wlm openmpi-bin libopenmpi-dev',
    command: ['vitest', 'run', 'apps/cli/src/training/slurm.test.ts'],
    env: { TRACT_SLURM_SUITE: '1' },
  },
  {
    name: 'exported graphs on WebGPU in Chromium',
    lacking: noChromium,
    command: ['vitest', 'run', 'packages/convert/src/onnx/webgpu.chromium.test.ts'],
    env: { TRACT_BROWSER_SUITE: '1' },
  },
  {
    name: 'conformance of WebAssembly in Firefox',
    lacking: noFirefox,
    command: ['vitest', 'run', 'packages/backend-wasm/src/conformance.firefox.test.ts'],
    env: { TRACT_BROWSER_SUITE: '1' },
  },
  {
    name: 'installs from a registry of this machine, by npm, pnpm, Yarn, Bun and Deno',
    lacking: () => undefined,
    command: ['vitest', 'run', 'tools/workspace/test/registry.test.ts'],
    env: { TRACT_REGISTRY_SUITE: '1' },
  },
  {
    name: 'prebuilt binaries on other machines, some of them emulated',
    lacking: () => (existsSync('packages/backend-native/prebuilt') ? undefined : 'no binaries; npm run prebuild:native'),
    command: ['vitest', 'run', 'tools/platforms'],
    env: { TRACT_PLATFORM_SUITE: '1' },
  },
  {
    name: 'WebGPU on a device of the least limits',
    lacking: () => (swiftShader.some(existsSync) ? undefined : 'no software driver; apt-get install chromium'),
    command: [
      'vitest',
      'run',
      'packages/backend-webgpu/src/conformance.node.test.ts',
      'packages/backend-webgpu/src/tract-run.node.test.ts',
    ],
    env: { TRACT_WEBGPU_LIMITS: 'least', TRACT_WEBGPU_SUITE: '1' },
  },
  {
    name: 'the page in Firefox',
    lacking: noFirefox,
    command: ['vitest', 'run', 'apps/web/src/firefox.test.ts'],
    env: { TRACT_FIREFOX_SUITE: '1' },
  },
  {
    name: 'the documentation site, and the commands of its guides',
    lacking: () => undefined,
    command: ['vitest', 'run', 'tools/docs'],
    env: { TRACT_DOCS_SUITE: '1' },
  },
];
