// Who may import whom: imports point down the list, never sideways, and across packages only through a package's front door.
const below = {
  plot: [],
  images: [],
  report: ['plot', 'checkpoint'],
  schedules: [],
  samplers: ['schedules'],
  tensor: [],
  optim: ['schedules', 'tensor'],
  unet: ['schedules', 'tensor'],
  distill: ['schedules', 'samplers', 'tensor', 'optim'],
  metrics: ['images', 'tensor'],
  checkpoint: [],
  distributed: [],
  model: ['images', 'schedules', 'samplers', 'tensor', 'optim', 'unet', 'distill', 'checkpoint'],
  convert: ['schedules', 'samplers', 'tensor', 'unet', 'checkpoint', 'model'],
  data: ['images', 'checkpoint'],
  scores: ['images', 'tensor', 'metrics', 'checkpoint', 'data'],
  train: ['images', 'schedules', 'tensor', 'optim', 'unet', 'distill', 'checkpoint', 'model', 'data', 'report', 'distributed'],
  reproduce: ['plot', 'report', 'train'],
  'backend-native': ['tensor'],
  'backend-webgpu': ['tensor'],
  'backend-tensorflow': ['tensor'],
  'backend-wasm': ['tensor', 'backend-native'],
  benchmarks: ['tensor', 'unet', 'distill', 'backend-native'],
};

const tests = '\\.test\\.ts$|/test/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', comment: 'Files form no circle.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment:
        'Every import must resolve; what examples need, their users install, the stub of an addon stands where it resolves, and the bundler of the page makes some.',
      severity: 'error',
      from: { pathNot: '/examples/|/testing/stub-addon\\.cjs$' },
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    ...Object.entries(below).map(([name, allowed]) => ({
      name: `${name}-imports-down`,
      comment: `${name}, its tests apart, may import ${allowed.join(', ') || 'no other package'}.`,
      severity: 'error',
      from: { path: `^packages/${name}/`, pathNot: [tests, '/src/testing/'] },
      to: { path: '^(packages|apps|tools)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
    })),
    {
      name: 'front-door',
      comment:
        'Across packages only through index.ts (or testing/index.ts). The C++ sources have two builds, which write the same header, and their binaries a tool that tries them on each platform.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/([^/]+)/' },
      to: {
        path: '^packages/',
        pathNot: [
          '^$1/$2/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/[^/]+/src/(testing|conformance|core|node|portable|settings|presets|diffusers|editing|noise|sde|spaces|training)/index\\.ts$',
          '^packages/backend-native/(kernel-header|platforms)\\.mjs$',
        ],
      },
    },
    {
      name: 'testing-stays-in-tests',
      comment:
        'What ships does not import test helpers. Tools that are not published check and measure devices and browsers as the tests do.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/', pathNot: [tests, '/src/(testing|conformance)/', '^tools/(bench|conformance|device)/'] },
      to: { path: '/src/testing/' },
    },
    {
      name: 'one-door-to-tfjs',
      comment: 'Only tensor and the backends know TensorFlow.js.',
      severity: 'error',
      from: {
        path: '^(packages|apps|tools)/',
        pathNot: [
          '^packages/(tensor|backend-[a-z]+)/',
          '^apps/(cli/src/computing|web/src)/backend\\.ts$',
          '^tools/parity/src/backend',
          tests,
        ],
      },
      to: { path: 'node_modules/@tensorflow/' },
    },
    {
      name: 'commander-in-few-places',
      comment: 'Command lines are parsed in few folders ...',
      severity: 'error',
      from: {
        path: '^apps/cli/src/',
        pathNot: [tests, '^apps/cli/src/testing/', '^apps/cli/src/(main|program)\\.ts$', '^apps/cli/src/(commands|options|completion)/'],
      },
      to: { path: 'node_modules/commander/' },
    },
    {
      name: 'no-tensors-beside-commander',
      comment: '... in which nothing computes; of distill they take the names of methods and predictions.',
      severity: 'error',
      from: { path: ['^apps/cli/src/(main|program)\\.ts$', '^apps/cli/src/(commands|options|completion)/'], pathNot: tests },
      to: { path: '^packages/(tensor|optim|unet|metrics|scores|backend-[a-z]+|benchmarks)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'plain-packages-are-browser-safe',
      comment: 'These run anywhere; what needs Node has a door of its own, src/node.',
      severity: 'error',
      from: {
        path: '^packages/(plot|images|report|train|schedules|samplers|checkpoint|unet|optim|distill|model|convert|distributed)/src/',
        pathNot: `${tests}|/src/(node|testing)/`,
      },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|build|node_modules/(?!@tract|@tensorflow))/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@tract/source', 'import', 'node', 'default'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
