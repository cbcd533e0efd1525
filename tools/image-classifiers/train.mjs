// Trains a classifier that a Fréchet distance looks through, and writes its weights. Run from the repository after `npm run build`:
// node tools/image-classifiers/train.mjs digits|fashion|icons [--train SET] [--test SET] [--out FILE] [--epochs N]
// Icons are those of `node tools/icons/render.mjs runs/icons`.
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '@tract/checkpoint';
import { loadSet } from '@tract/data';
import { classifierKinds } from '@tract/metrics';
import { startBackend } from './backend.mjs';
import { accuracy, namedArrays, recipes, trainImageClassifier } from './recipe.mjs';

const sets = {
  digits: ['mnist:train', 'mnist:test'],
  fashion: ['fashion-mnist:train', 'fashion-mnist:test'],
  icons: ['zip=runs/icons/train.zip', 'zip=runs/icons/test.zip'],
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { train: { type: 'string' }, test: { type: 'string' }, out: { type: 'string' }, epochs: { type: 'string' } },
});
const [name] = positionals;
if (!Object.hasOwn(sets, name ?? '')) throw new RangeError(`expected one of ${Object.keys(sets).join(', ')}, got ${name}`);
const kind = classifierKinds[name];
const weights = `../../packages/metrics/weights/${kind.name.replace(/-\d+$/, '')}.safetensors`;
const { train = sets[name][0], test = sets[name][1], out = fileURLToPath(new URL(weights, import.meta.url)) } = values;
const settings = { ...recipes[name], ...(values.epochs !== undefined && { epochs: Number(values.epochs) }) };
if (!(settings.epochs > 0)) throw new RangeError(`--epochs must be a number > 0, got ${values.epochs}`);

console.error(`backend: ${await startBackend()}`);
const started = performance.now();
const classifier = await trainImageClassifier(name, await loadSet(train, { colour: 'rgb' }), settings, (step, steps, loss) => {
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(`\rstep ${step}/${steps}  loss ${loss.toFixed(4)}  ${Math.round((step * settings.batch) / seconds)} images/s  `);
});
const minutes = (performance.now() - started) / 60_000;
const correct = await accuracy(name, classifier, await loadSet(test, { colour: 'rgb' }));
const metadata = { name: kind.name, recipe: JSON.stringify(settings), testAccuracy: String(correct) };
const bytes = writeSafetensors(await namedArrays(classifier), metadata);
writeFileSync(`${out}.tmp`, bytes);
renameSync(`${out}.tmp`, out);
console.error('');
console.log(`test accuracy  ${(100 * correct).toFixed(2)} %`);
console.log(`training       ${minutes.toFixed(1)} minutes`);
console.log(`weights        ${out}, ${bytes.length} bytes`);
console.log(`SHA-256        ${createHash('sha256').update(bytes).digest('hex')}`);
