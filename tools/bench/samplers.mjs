// npm run bench:samplers: sums of float32Space beside a plain loop of the same terms, in turn; prints the median ratios.
import { float32Space } from '@tract/samplers';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { ToolError } from './programs.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:samplers -- [options]

Sums 2 to 5 images by float32Space.combine and by a plain loop into a new array, in turn, and prints
the median milliseconds, their ratio, the largest of these, and whether the bits are the same. Meant
for an idle machine; takes half a minute.

  --runs <n>          rounds, of which the medians count (default: 101)
  --quick             a few rounds, to try the tool out`;

const shapes = { 'latent 4x64x64': 4 * 64 * 64, 'picture 3x512x512': 3 * 512 * 512 };

/** What anyone would write by hand: float64 products and sums in the order of the terms, from 0 as any sum, rounded once. */
const loops = {
  2: ([[a, x], [b, y]], out) => {
    for (let i = 0; i < out.length; i++) out[i] = 0 + a * x[i] + b * y[i];
  },
  3: ([[a, x], [b, y], [c, z]], out) => {
    for (let i = 0; i < out.length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i];
  },
  5: ([[a, x], [b, y], [c, z], [d, w], [e, u]], out) => {
    for (let i = 0; i < out.length; i++) out[i] = 0 + a * x[i] + b * y[i] + c * z[i] + d * w[i] + e * u[i];
  },
};

function plain(terms) {
  const out = new Float32Array(terms[0][1].length);
  loops[terms.length](terms, out);
  return out;
}

function timed(repeats, sum, terms) {
  const start = performance.now();
  let result;
  for (let i = 0; i < repeats; i++) result = sum(terms);
  return { ms: (performance.now() - start) / repeats, result };
}

function compare(size, termCount, runs) {
  const terms = Array.from({ length: termCount }, (_, k) => [0.3 + k / 7, float32Space.noise(new Float32Array(size), k)]);
  const repeats = Math.max(1, Math.round(4e6 / size));
  const [ours, theirs] = [[], []];
  let same = true;
  for (let run = 0; run < runs + 3; run++) {
    const sides = [() => timed(repeats, float32Space.combine, terms), () => timed(repeats, plain, terms)];
    const [first, second] = run % 2 ? [sides[1](), sides[0]()] : [sides[0](), sides[1]()];
    const [own, loop] = run % 2 ? [second, first] : [first, second];
    same &&= Buffer.compare(new Uint8Array(own.result.buffer), new Uint8Array(loop.result.buffer)) === 0;
    if (run < 3) continue; // the first ones are compiled on the way
    ours.push(own.ms);
    theirs.push(loop.ms);
  }
  return { ours: median(ours), plain: median(theirs), ratio: median(ours.map((ms, i) => ms / theirs[i])), same };
}

await runTool((args) => {
  const { runs, quick, help: asked } = toolOptions(args, { runs: { type: 'string', default: '101' } });
  if (asked) return console.log(help);
  const rounds = quick ? 3 : count('runs', runs);
  const here = machine();
  const warning = busyWarning(here);
  if (warning) console.error(`warning: ${warning}`);
  console.log(`${here.processor}, Node ${here.node}, medians of ${rounds} rounds\n`);
  console.log('| images | terms | float32Space.combine, ms | plain loop, ms | ratio | bits |\n| --- | --- | --- | --- | --- | --- |');
  let [isSame, largest] = [true, 0];
  for (const [name, size] of Object.entries(shapes)) {
    for (const terms of [2, 3, 5]) {
      const { ours, plain: loop, ratio, same } = compare(size, terms, rounds);
      isSame &&= same;
      largest = Math.max(largest, ratio);
      console.log(
        `| ${name} | ${terms} | ${ours.toFixed(3)} | ${loop.toFixed(3)} | ${ratio.toFixed(2)} | ${same ? 'the same' : 'others'} |`,
      );
    }
  }
  console.log(`\nlargest ratio: ${largest.toFixed(2)}`);
  if (!isSame) throw new ToolError('float32Space.combine gives other bits than a plain loop', 1);
});
