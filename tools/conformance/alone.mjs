// The conformance suite of the native backend as one script for any Node, with page-vitest.ts in vitest's place: script.mjs INSTRUCTION-SET THREADS. Prints one line of JSON.
import { nativeInfo, registerNativeBackend } from '@tract/backend-native';
import { useBackend } from '@tract/tensor';
import { describeBackend } from '@tract/tensor/testing';
import { runTests } from 'vitest';

const [instructionSet, threads] = process.argv.slice(2);
describeBackend('native', async () => {
  registerNativeBackend({ instructionSet, threads: Number(threads) });
  await useBackend('native');
});
const results = await runTests();
const { addonPath, compiler } = nativeInfo();
console.log(JSON.stringify({ addonPath, compiler, tests: results.length, failed: results.filter(({ error }) => error !== undefined) }));
