// npm test, test:quick and test:full: build, check types, format, import directions and packages, then run tests;
// the end names each failure again, and the last line is `N passed, N failed`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build, run, runApart, tool } from './steps.mjs';
import { fullSuites, slowSuites } from './suites.mjs';

const extent = process.argv[2] ?? 'usual';
if (!['quick', 'usual', 'full'].includes(extent)) throw new Error(`unknown extent '${extent}'; expected quick, usual or full`);

const count = { passed: 0, skipped: 0 };

/** What failed, each in a few lines; said again at the end, since logs of continuous integration are often cut at the front. */
const failures = [];

/** Run a step that counts as one test. */
async function step(name, work) {
  console.log(`\n=== ${name}`);
  const ok = (await work()) === 0;
  if (ok) count.passed++;
  else {
    console.log(`=== ${name}: failed`);
    failures.push(name);
  }
  return ok;
}

/** Run checks, each by name, program and arguments, of which each counts as one test: those of a row in its order, rows at once. Each has a core for itself. */
const checks = (...rows) =>
  Promise.all(
    rows.map(async (row) => {
      for (const [name, program, ...args] of row) {
        const { code, said } = await runApart(program, args);
        await step(name, () => {
          process.stdout.write(said);
          return code;
        });
      }
    }),
  );

/** List what failed in a test file of vitest's report. */
function failuresOf(suite, { name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  // A file that fails to load has no tests to list.
  if (failed.length === 0) return status === 'failed' ? [`${suite}: ${file}\n${message}`] : [];
  return failed.map((test) => `${suite}: ${file} > ${test.fullName}\n${test.failureMessages.join('\n')}`);
}

/** Run vitest with these arguments and count its tests one by one. */
async function unitTests(name, args, env = {}) {
  console.log(`\n=== ${name}`);
  const folder = mkdtempSync(join(tmpdir(), 'tract-test-'));
  const file = join(folder, 'report.json');
  const failedBefore = failures.length;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run(tool('vitest'), [...args, ...reporters], { TRACT_BUILT: '1', TRACT_TEST_EXTENT: extent, ...env });
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    count.passed += report.numPassedTests;
    count.skipped += report.numPendingTests + report.numTodoTests;
    for (const result of report.testResults) failures.push(...failuresOf(name, result));
    if (code !== 0 && failures.length === failedBefore) failures.push(`${name}: vitest ended with code ${code}`);
  } catch (error) {
    failures.push(`${name}: vitest left no report: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Run a suite of `npm run test:full`, or say why not. */
async function fullSuite({ name, lacking, command: [program, ...args], env }) {
  const reason = lacking();
  if (reason !== undefined) {
    console.log(`\n=== ${name}: skipped, ${reason}`);
    count.skipped++;
  } else if (program === 'vitest') await unitTests(name, args, env);
  else await step(name, () => run(program, args, env));
}

// Packages are packed once, for their check and for the tests that install them.
process.env.TRACT_PACKED = mkdtempSync(join(tmpdir(), 'tract-packed-'));
process.once('exit', () => rmSync(process.env.TRACT_PACKED, { recursive: true, force: true }));

if (await step('build', () => build(...(extent === 'quick' ? ['--projects=@tract/cli,@tract/parity'] : [])))) {
  const types = ['types', tool('tsc'), '-b'];
  const lint = ['lint and format', tool('biome'), 'check', '--error-on-warnings', '.'];
  const imports = ['imports', tool('depcruise'), '--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'tools'];
  const unused = ['unused code and undeclared packages', tool('knip'), '--no-progress'];
  // Reads the declarations that the check of types leaves.
  const packages = ['packages', process.execPath, 'tools/workspace/check-packages.mjs'];
  if (extent === 'quick') await checks([types], [lint, imports]);
  else await checks([types, packages], [lint, imports, unused]);
  if (extent === 'quick') console.log(`\nLeft out: ${Object.keys(slowSuites).join(', ')}; npm test runs them.`);
  await unitTests('tests', ['run']);
  if (extent === 'full') for (const suite of fullSuites) await fullSuite(suite);
}
for (const failure of failures) console.log(`\n=== failed: ${failure.split('\n').slice(0, 12).join('\n    ')}`);
const skipped = count.skipped ? `, ${count.skipped} skipped` : '';
console.log(`\n${count.passed} passed, ${failures.length} failed${skipped}`);
process.exitCode = failures.length ? 1 : 0;
