// Trains the digit classifier that the Fréchet distance between sets of digits looks through, and writes its weights.
// Run from the repository after `npm run build`:  node tools/digit-classifier/train.mjs [--out FILE] [--epochs N]
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '@tract/checkpoint';
import { loadMnist } from '@tract/data';
import { DIGIT_CLASSIFIER_NAME } from '@tract/metrics';
import { startBackend } from './backend.mjs';
import { accuracy, namedArrays, recipe, trainDigitClassifier } from './recipe.mjs';

const shipped = fileURLToPath(new URL('../../packages/metrics/weights/digit-classifier.safetensors', import.meta.url));
const { values } = parseArgs({
  options: { out: { type: 'string', default: shipped }, epochs: { type: 'string', default: String(recipe.epochs) } },
});
const settings = { ...recipe, epochs: Number(values.epochs) };
if (!(settings.epochs > 0)) throw new RangeError(`--epochs must be a number > 0, got ${values.epochs}`);

console.error(`backend: ${await startBackend()}`);
const started = performance.now();
const classifier = await trainDigitClassifier(await loadMnist('train'), settings, (step, steps, loss) => {
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(`\rstep ${step}/${steps}  loss ${loss.toFixed(4)}  ${Math.round((step * settings.batch) / seconds)} images/s  `);
});
const minutes = (performance.now() - started) / 60_000;
const correct = await accuracy(classifier, await loadMnist('test'));
const metadata = { name: DIGIT_CLASSIFIER_NAME, recipe: JSON.stringify(settings), testAccuracy: String(correct) };
const bytes = writeSafetensors(await namedArrays(classifier), metadata);
writeFileSync(`${values.out}.tmp`, bytes);
renameSync(`${values.out}.tmp`, values.out);
console.error('');
console.log(`test accuracy  ${(100 * correct).toFixed(2)} %`);
console.log(`training       ${minutes.toFixed(1)} minutes`);
console.log(`weights        ${values.out}, ${bytes.length} bytes`);
console.log(`SHA-256        ${createHash('sha256').update(bytes).digest('hex')}`);
