// npm start: builds what the command line needs, then distils the shipped teacher and shows what came out.
import { build, root, run } from './steps.mjs';

const started = Date.now();
console.error('Building (the first time compiles the native kernels, about two minutes) ...');
const code = await build('--projects=@tract/cli');
if (code !== 0) {
  console.error('The build failed; the lines above say where. Needed: Node 20.19 or newer, make, g++.');
  process.exit(1);
}
console.error(`Built in ${Math.round((Date.now() - started) / 1000)} s.`);
process.on('SIGINT', () => {}); // the command below saves its work and ends by itself
process.exit(await run(process.execPath, [`${root}apps/cli/bin/tract.mjs`, 'quickstart', ...process.argv.slice(2)]));
