import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { build } from '../workspace/steps.mjs';
import { median } from './medians.mjs';

const help = `The page, built and served from this machine, in Chromium on WebAssembly, as a visitor has it who comes for the first time.

  node tools/bench/page.mjs first     milliseconds and bytes until the first picture is seen, over a link of --mbit (10) and --latency (20)
                                      milliseconds each way, which all answers share; --visits (5) of them, each in a profile of its own
  node tools/bench/page.mjs loaded    milliseconds from the end of loading (the load event) to the first picture, one image in one step, of a
                                      visitor who has been here before; --visits (5) of them
  node tools/bench/page.mjs distil    distils digits over --images (20000: what the page proposes), pauses after --seconds (300) if it is not at
                                      its end, and gives the distance of the student's --samples (5000) digits in one step

Threads are as many as this machine has processors: taskset -c 0,1 for two.`;
const { values: asked, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    mbit: { type: 'string', default: '10' },
    latency: { type: 'string', default: '20' },
    visits: { type: 'string', default: '5' },
    images: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '300' },
    samples: { type: 'string', default: '5000' },
  },
});
const ways = { first, loaded, distil };
const way = ways[positionals[0]];
if (asked.help || !way) {
  console.log(help);
  process.exit(asked.help ? 0 : 2);
}

if ((await build('--projects=@tract/web')) !== 0) process.exit(1);
// The program of the page's tests, whose types Node does not take away.
const { module } = await runnerImport(fileURLToPath(new URL('../../apps/web/src/testing/open-app.ts', import.meta.url)));
const app = await module.openApp();
try {
  await way();
} finally {
  await app.close();
}

/** Have a page note when its student is first seen. */
function noteFirstPicture(page) {
  return page.addInitScript(() => {
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = function (...picture) {
      if (this.canvas.id === 'student-canvas') globalThis.firstPicture ??= Date.now();
      return put.apply(this, picture);
    };
  });
}

async function first() {
  const [mbit, latency, visits] = ['mbit', 'latency', 'visits'].map((name) => Number(asked[name]));
  app.server.limit({ bitsPerSecond: 1e6 * mbit, latencyMs: latency });
  const seen = [];
  for (let visit = 0; visit < visits; visit++) {
    const page = await app.visit();
    await noteFirstPicture(page);
    const [before, started] = [app.server.sent(), Date.now()];
    await page.goto(`${app.server.url}?backend=wasm`, { waitUntil: 'commit' });
    const at = await page.waitForFunction(() => globalThis.firstPicture).then((handle) => handle.jsonValue());
    seen.push({ ms: at - started, bytes: app.server.sent() - before });
    console.log(`visit ${visit + 1}: first picture after ${at - started} ms, ${seen.at(-1).bytes} bytes`);
    await page.context().close();
  }
  console.log(
    `median of ${visits} over ${mbit} Mbit/s, ${latency} ms each way: ${median(seen.map(({ ms }) => ms))} ms, at most ${Math.max(...seen.map(({ bytes }) => bytes))} bytes`,
  );
}

async function loaded() {
  const seen = [];
  const page = await app.visit();
  await noteFirstPicture(page);
  // The first visit brings the page's own server, after which it loads itself again; it is not counted.
  for (let visit = 0; visit <= Number(asked.visits); visit++) {
    await page.goto('about:blank');
    await page.goto(`${app.server.url}?backend=wasm#draw?images=1`);
    await page.waitForFunction(() => crossOriginIsolated && globalThis.firstPicture);
    const ms = await page.evaluate(
      () => globalThis.firstPicture - performance.timeOrigin - performance.getEntriesByType('navigation')[0].loadEventEnd,
    );
    if (visit === 0) continue;
    seen.push(ms);
    console.log(`visit ${visit}: first picture ${ms.toFixed(0)} ms after loading`);
  }
  console.log(`median of ${seen.length}: ${median(seen).toFixed(0)} ms`);
}

async function distil() {
  const folder = mkdtempSync(join(tmpdir(), 'tract-page-'));
  const page = await app.visit();
  await page.goto(`${app.server.url}?backend=wasm#distil`);
  // On a first visit the page loads itself again.
  await page.waitForFunction(() => crossOriginIsolated && document.getElementById('start-digits')?.disabled === false);
  await page
    .locator('#digit-images option')
    .last()
    .evaluate((option, images) => Object.assign(option, { value: images }), asked.images);
  await page.selectOption('#digit-images', asked.images);
  console.log(await page.locator('#status').filter({ hasText: 'Computing' }).innerText());
  const started = performance.now();
  await page.click('#start-digits');
  const ended = page
    .locator('#digit-note')
    .filter({ hasText: /^(Kept|Finished)/ })
    .waitFor();
  const pause = setTimeout(() => page.evaluate(() => document.getElementById('pause-digits').click()), 1000 * asked.seconds);
  await ended;
  clearTimeout(pause);
  const seconds = (performance.now() - started) / 1000;
  console.log(`after ${seconds.toFixed(0)} s: ${await page.locator('#digit-note').innerText()}`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-safetensors')]);
  const student = join(folder, 'student.safetensors');
  await download.saveAs(student);
  const tract = fileURLToPath(new URL('../../apps/cli/bin/tract.mjs', import.meta.url));
  const scored = ['evaluate', '--samples', student, '--steps', '1', '--count', asked.samples, '--reference', 'mnist:test'];
  execFileSync(process.execPath, [tract, ...scored], { stdio: 'inherit' });
  rmSync(folder, { recursive: true });
}
