/**
 * @typedef {object} Network
 * @property {string} title
 * @property {readonly string[]} flags what both programs take
 * @property {number} batch images of a step
 */

/** The networks that speed is claimed for, by the name that --networks takes. @type {Readonly<Record<string, Network>>} */
export const networks = {
  digits: { title: 'digits', flags: '--channels 32 --mult 1,2,2 --blocks 1 --attn 7 --res 28 --in 1'.split(' '), batch: 64 },
  colour: { title: 'small colour', flags: '--channels 64 --mult 1,2,2 --blocks 2 --attn 8 --res 32 --in 3'.split(' '), batch: 32 },
  cifar: {
    title: "the paper's CIFAR-10",
    flags: '--channels 256 --mult 1,1,1 --blocks 3 --attn 8,16 --res 32 --in 3'.split(' '),
    batch: 4,
  },
};

/** Small enough to try the tools out in seconds; its figures mean nothing. @type {Network} */
export const tinyNetwork = {
  title: 'tiny (a trial, no measurement)',
  flags: '--channels 32 --mult 1,2 --blocks 1 --attn 4 --res 8 --in 1'.split(' '),
  batch: 2,
};
