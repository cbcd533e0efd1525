import { drawDigits, drawLatent } from './draw.js';

const say = (text) => {
  document.querySelector('#state').textContent = text;
};
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());

/** Show grey images of one size, numbers in [-1, 1], side by side. */
function show(id, pixels, count, size) {
  const canvas = document.querySelector(id);
  [canvas.width, canvas.height] = [count * size, size];
  const image = new ImageData(count * size, size);
  pixels.forEach((value, i) => {
    const [one, row, column] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
    const grey = Math.round(127.5 * (Math.min(1, Math.max(-1, value)) + 1));
    image.data.set([grey, grey, grey, 255], 4 * (row * count * size + one * size + column));
  });
  canvas.getContext('2d').putImageData(image, 0, 0);
}

const digits = await drawDigits(await bytes('digit.onnx'), { count: 1, seed: 1 });
show('#digits', digits, 1, 28);
const scheduler = await (await fetch('scheduler_config.json')).json();
const onStep = ({ step, total, x0 }) => {
  say(`Step ${step} of ${total}`);
  show('#latent', x0, 4, 8); // what the model takes for the clean latent so far
};
const latent = await drawLatent(await bytes('latent.onnx'), scheduler, { label: 1, steps: 8, seed: 1, scale: 3, onStep });
show('#latent', latent, 4, 8);
say('Done');
Object.assign(globalThis, { said: { digits: [...digits], latent: [...latent] } });
