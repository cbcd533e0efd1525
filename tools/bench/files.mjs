// npm run bench:files: saving, hashing and converting large files beside cp and sha256sum on the same disk, and the memory that they and scores take.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { capture, ToolError } from './programs.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:files -- [options]

Runs each piece of work in a process of its own and cp and sha256sum on a file of that size in turn,
and prints the medians of seconds, their ratio (above 1 ours is faster), and peaks of memory.
Meant for an idle machine with Linux; needs three times the size of a disk.

  --megabytes <n>   size of the state and of the weights (default: 2048)
  --images <n>      images of the smaller set that is scored; the other has four times as many (default: 20000)
  --runs <n>        rounds, of which the medians count (default: 3)
  --folder <path>   folder on the disk that is meant (default: the current one)
  --quick           one round of 16 MB and 100 images, to try the tool out`;

async function run(file, args) {
  const started = performance.now();
  const { code, stdout, stderr } = await capture(file, args);
  if (code !== 0) throw new ToolError(`${file} ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`, 1);
  return { seconds: (performance.now() - started) / 1000, stdout };
}

const ours = async (...args) =>
  JSON.parse((await run(process.execPath, ['--expose-gc', 'tools/bench/files-work.mjs', ...args])).stdout.trim().split('\n').at(-1));

/** Seconds that cp, the way of the copy to the disk, and sha256sum take. */
async function theirs(path) {
  const copy = `${path}.copy`;
  const { seconds: copied } = await run('cp', [path, copy]);
  const { seconds: synced } = await run('sync', [copy]);
  const { seconds: hashed } = await run('sha256sum', [path]);
  rmSync(copy);
  return { copied, synced, hashed };
}

async function main(args) {
  const options = toolOptions(args, {
    megabytes: { type: 'string', default: '2048' },
    images: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '3' },
    folder: { type: 'string', default: '.' },
  });
  if (options.help) return console.log(help);
  const [megabytes, images, rounds] = options.quick
    ? [16, 100, 1]
    : [count('megabytes', options.megabytes), count('images', options.images), count('runs', options.runs)];
  const warning = busyWarning(machine());
  if (warning !== undefined) console.error(`note: ${warning}`);
  const folder = mkdtempSync(join(options.folder, 'tract-bench-files-'));
  try {
    const { largestMB } = await ours('make', folder, String(megabytes), String(images));
    const weights = join(folder, 'weights.pt');
    const [seen, memory] = [{ save: [], hash: [], convert: [] }, {}];
    for (let round = 0; round < rounds; round++) {
      const save = await ours('save', folder, String(megabytes));
      const saved = await theirs(save.file);
      // A save brings its files to the disk, and so must the copy that it is compared with.
      seen.save.push({ ours: save.seconds, theirs: saved.copied + saved.synced + saved.hashed, unsynced: saved.copied + saved.hashed });
      rmSync(join(folder, 'run'), { recursive: true });
      const hash = await ours('hash', weights);
      const convert = await ours('convert', folder);
      const converted = await theirs(weights);
      seen.hash.push({ ours: hash.seconds, theirs: converted.hashed, unsynced: converted.hashed });
      seen.convert.push({
        ...{ ours: convert.seconds, theirs: converted.copied + converted.synced + converted.hashed },
        unsynced: converted.copied + converted.hashed,
      });
      rmSync(join(folder, 'converted'), { recursive: true });
      Object.assign(memory, { save, convert });
    }
    const { peakMB: idle } = await ours('idle');
    const [few, many] = [await ours('fid', join(folder, 'few.npy')), await ours('fid', join(folder, 'many.npy'))];
    console.log(`| ${megabytes} MB | ours, s | cp, sync and sha256sum, s | ratio | ratio without sync |\n| --- | --- | --- | --- | --- |`);
    for (const [name, runs] of Object.entries(seen)) {
      const [a, b, c] = ['ours', 'theirs', 'unsynced'].map((key) => median(runs.map((one) => one[key])));
      console.log(`| ${name} | ${a.toFixed(2)} | ${b.toFixed(2)} | ${(b / a).toFixed(2)}x | ${(c / a).toFixed(2)}x |`);
    }
    const { save, convert } = memory;
    const above = convert.peakMB - idle;
    console.log(
      [
        `save: peak ${Math.round(save.peakMB)} MB, ${(save.peakMB / save.beforeMB).toFixed(3)}x of the ${Math.round(save.beforeMB)} MB before it (the largest tensor is ${save.largestMB} MB)`,
        `convert: peak ${Math.round(convert.peakMB)} MB, ${Math.round(above)} MB above an idle Node with the same modules (${Math.round(idle)} MB): ${(above / largestMB).toFixed(2)}x the largest tensor (${largestMB.toFixed(1)} MB)`,
        `fid: peak ${Math.round(few.peakMB)} MB for ${images} images, ${Math.round(many.peakMB)} MB for ${4 * images}`,
      ].join('\n'),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await runTool(main);
