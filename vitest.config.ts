import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { slowSuites } from './tools/workspace/suites.mjs';

const unpublished = (name: string) => fileURLToPath(new URL(`packages/${name}/src/testing/index.ts`, import.meta.url));

const source = {
  // Helpers of tests that are not published; tsconfig.base.json names the same files.
  resolve: {
    conditions: ['@tract/source'],
    alias: { '@tract/distill/testing': unpublished('distill'), '@tract/backend-tensorflow/testing': unpublished('backend-tensorflow') },
  },
  ssr: { resolve: { conditions: ['@tract/source'], externalConditions: ['@tract/source'] } },
};

const common = {
  // Against hangs alone: on a busy machine a test may take minutes, and none of them is about time.
  testTimeout: 3_600_000,
  hookTimeout: 3_600_000,
  maxWorkers: 2,
};

const all = '{packages,apps,tools}/*/{src,test}/**/*.test.{ts,mjs}';

/** What `npm run test:quick` leaves out. A project of vitest does not hear of `--exclude`. */
const leftOut = [...configDefaults.exclude, ...(process.env.TRACT_TEST_EXTENT === 'quick' ? Object.values(slowSuites).flat() : [])];

/**
 * Packages whose tests compute on TensorFlow.js's own backend or on none, and commands, which choose their backend themselves; they leave nothing
 * behind that another could meet: the files of all of them share processes, since loading what they import anew for each took longer than most of
 * the tests. Not so those that start browsers, drivers or ranks, that supervise processes, or stand in for modules.
 */
const packages =
  '{checkpoint,convert,data,distill,distributed,images,metrics,model,optim,plot,report,reproduce,samplers,schedules,scores,train,unet}';
const sharing = [
  `packages/${packages}/src/**/!(*.chromium|*.node|kill-while-writing|stop-signals|supervise).test.ts`,
  'apps/cli/src/{,actions,completion,measuring,models,options,output,presets,settings}/*.test.ts',
];
/** What computes on the native backend throughout has processes of its own, for the same reason. */
const kernels = 'packages/backend-native/src/!(load-addon).test.ts';

export default defineConfig({
  ...source,
  test: {
    ...common,
    include: [all],
    globalSetup: ['tools/workspace/build-before-tests.mjs'],
    projects: [
      { ...source, test: { ...common, name: 'apart', include: [all], exclude: [...leftOut, ...sharing, kernels] } },
      { ...source, test: { ...common, name: 'sharing', include: sharing, exclude: leftOut, isolate: false } },
      { ...source, test: { ...common, name: 'kernels', include: [kernels], exclude: leftOut, isolate: false } },
    ],
  },
});
