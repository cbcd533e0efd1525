// npm test: builds, checks types, format and import directions, then runs every test; ends with one line `N passed, N failed`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run, tool } from './steps.mjs';

const count = { passed: 0, failed: 0, skipped: 0 };

async function step(name, work) {
  console.log(`\n=== ${name}`);
  const ok = (await work()) === 0;
  if (!ok) console.log(`=== ${name}: failed`);
  count[ok ? 'passed' : 'failed']++;
  return ok;
}

async function unitTests() {
  console.log('\n=== tests');
  const folder = mkdtempSync(join(tmpdir(), 'tract-test-'));
  const file = join(folder, 'report.json');
  const code = await run(tool('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
    TRACT_BUILT: '1',
  });
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    count.passed += report.numPassedTests;
    count.failed += report.numFailedTests;
    count.skipped += report.numPendingTests + report.numTodoTests;
    // A file that fails to load has no tests to count.
    count.failed += report.testResults.filter(
      (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
    ).length;
    if (code !== 0 && count.failed === 0) count.failed++;
  } catch (error) {
    console.error(`vitest left no report: ${error.message}`);
    count.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (await step('build', () => build())) {
  await step('types', () => run(tool('tsc'), ['-b']));
  await step('lint and format', () => run(tool('biome'), ['check', '--error-on-warnings', '.']));
  await step('imports', () => run(tool('depcruise'), ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'tools']));
  await unitTests();
}
const skipped = count.skipped ? `, ${count.skipped} skipped` : '';
console.log(`\n${count.passed} passed, ${count.failed} failed${skipped}`);
process.exitCode = count.failed ? 1 : 0;
