// node node.mjs FOLDER: prints the pixels of a digit and the numbers of a latent.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawDigits, drawLatent } from './draw.js';

const file = (name) => readFile(join(process.argv[2], name));
const digits = await drawDigits(await file('digit.onnx'), { count: 1, seed: 1 });
const scheduler = JSON.parse(String(await file('scheduler_config.json')));
const latent = await drawLatent(await file('latent.onnx'), scheduler, { label: 1, steps: 8, seed: 1, scale: 3 });
console.log(JSON.stringify({ digits: [...digits], latent: [...latent] }));
