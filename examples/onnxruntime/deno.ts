// deno run --allow-read --allow-env --allow-sys deno.ts FOLDER: prints the pixels of a digit and the numbers of a latent.
import { drawDigits, drawLatent } from './draw.js';

declare const Deno: { readonly args: string[]; readFile(path: string): Promise<Uint8Array>; readTextFile(path: string): Promise<string> };

const [folder] = Deno.args;
const digits = await drawDigits(await Deno.readFile(`${folder}/digit.onnx`), { count: 1, seed: 1 });
const scheduler = JSON.parse(await Deno.readTextFile(`${folder}/scheduler_config.json`));
const latent = await drawLatent(await Deno.readFile(`${folder}/latent.onnx`), scheduler, { label: 1, steps: 8, seed: 1, scale: 3 });
console.log(JSON.stringify({ digits: [...digits], latent: [...latent] }));
