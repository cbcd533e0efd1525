import { describe, expect, test } from 'vitest';
import { type CheckpointErrorKind, failWith } from './checkpoint-error.js';
import { readPickle } from './pickle-read.js';
import { PickleCallable, PickleTuple, type PickleValue } from './pickle-values.js';
import { ReadBudget } from './read-budget.js';
import { errorKind } from './testing/error-kind.js';
import { little, raw } from './testing/raw-bytes.js';

const pair = new PickleCallable('pair', 'function', (args) => [...args]);
const globals = new Map<string, PickleValue>([
  ['ours pair', pair],
  ['ours Made', new PickleCallable('Made', 'class', () => new Map())],
]);

const load = (pickle: string) => readPickle(raw(pickle), 0, { globals, budget: new ReadBudget() }, failWith('evil.pt')).value;

const kindOf = (pickle: string) => errorKind(() => load(pickle));

describe('values of Python come out as values of JavaScript', () => {
  const cases: [what: string, pickle: string, value: unknown][] = [
    ['None', 'N.', null],
    ['booleans', '(\x88\x89l.', [true, false]],
    ['booleans of protocol 0', '(I01\nI00\nl.', [true, false]],
    ['small integers', '(K\xffM\xff\xffJ\xff\xff\xff\xfft.', new PickleTuple([255, 65535, -1])],
    ['integers of protocol 0', '(I-12\nL34L\nl.', [-12, 34]],
    ['long integers', '(\x8a\x00\x8a\x01\x80\x8b\x02\x00\x00\x00\x00\x80l.', [0, -128, -32768]],
    ['integers beyond 2^53', '\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.', 2n ** 64n],
    ['floats', '(G\x3f\xf8\x00\x00\x00\x00\x00\x00F-2.5e-3\nFinf\nl.', [1.5, -0.0025, Number.POSITIVE_INFINITY]],
    ['texts', "(X\x02\x00\x00\x00\xc3\xbc\x8c\x01a\x8d\x01\x00\x00\x00\x00\x00\x00\x00bVc\nS'd'\nU\x01el.", ['ü', 'a', 'b', 'c', 'd', 'e']],
    ['bytes', '(C\x01\xffB\x01\x00\x00\x00\x00\x8e\x01\x00\x00\x00\x00\x00\x00\x00\x07l.', [raw('\xff'), raw('\0'), raw('\x07')]],
    ['tuples', '()N\x85NN\x86NNN\x87l.', [[], [null], [null, null], [null, null, null]].map((items) => new PickleTuple(items))],
    ['lists', '](K\x01K\x02eK\x03a.', [1, 2, 3]],
    [
      'dicts',
      '}(K\x01K\x02U\x01aNuK\x05Ns.',
      new Map<unknown, unknown>([
        [1, 2],
        ['a', null],
        [5, null],
      ]),
    ],
    ['a dict of protocol 0', '(U\x01aK\x01d.', new Map([['a', 1]])],
    ['sets', '(\x8f(K\x01\x90(K\x02\x91l.', [new Set([1]), new Set([2])]],
    ['frames and the memo', '\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94h\x00a0N.', null],
    ['what is remembered under a number', '(NK\x01q\x070Nj\x07\x00\x00\x00Np9\n0g9\nl.', [null, null, 1, null]],
    ['a global of ours', '(cours\npair\n(K\x01tR\x8c\x04ours\x8c\x04pair\x93(K\x02tRl.', [[1], [2]]],
    ['an object of ours', 'cours\nMade\n)\x81(U\x01aK\x01u.', new Map([['a', 1]])],
    ['marks and values thrown away', 'N(NN1(0N00K\x07.', 7],
  ];
  test.each(cases)('%s', (_what, pickle, value) => {
    expect(load(pickle)).toEqual(value);
  });

  test('the end is given, for formats that put pickles one after another', () => {
    expect(readPickle(raw('xxN.yy'), 2, { globals, budget: new ReadBudget() }, failWith('f'))).toEqual({ value: null, end: 4 });
  });

  test('a name of Object.prototype is a name like any other', () => {
    const dict = load('}(U\x09__proto__K\x01U\x0bconstructorK\x02u.');
    expect(dict).toEqual(
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    );
    expect(kindOf('Fconstructor\n.')).toBe('invalid-content');
  });
});

describe('a pickle that asks for anything else is refused, and nothing is run', () => {
  const cases: [what: string, pickle: string][] = [
    ['os.system', "cos\nsystem\n(S'touch owned'\ntR."],
    ['os.system, named from the stack', '\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R.'],
    ['builtins.eval', "cbuiltins\neval\n(S'1'\ntR."],
    ['a global of Object.prototype', 'c__proto__\nconstructor\n.'],
    ['another name of a module of ours', 'cours\nother\n.'],
    ['names with a space inside', 'cours pair\n\n.'],
    ['REDUCE on a text', '\x8c\x02os)R.'],
    ['REDUCE on what a call gave', 'cours\npair\n)R)R.'],
    ['NEWOBJ on a function', 'cours\npair\n)\x81.'],
    ['BUILD on a function', 'cours\npair\n}b.'],
    ['a persistent id', 'K\x01Q.'],
  ];
  test.each(cases)('%s', (_what, pickle) => expect(kindOf(pickle)).toBe('forbidden'));

  test.each([
    ['INST', "(S'ls'\nios\nsystem\n."],
    ['OBJ', '(cours\nMade\no.'],
    ['the extension registry', '\x82\x01.'],
    ['out-of-band buffers', '\x97.'],
    ['a textual persistent id', 'Pabc\n.'],
  ])('%s is no opcode of ours', (_what, pickle) => expect(kindOf(pickle)).toBe('invalid-content'));

  test('the message names the file, the byte, the opcode and the global', () => {
    expect(() => load('\x80\x02N0cos\nsystem\n.')).toThrow(
      'evil.pt: pickle, byte 4 (GLOBAL): asks for "os.system", which no checkpoint needs; nothing was run',
    );
  });
});

describe('a malformed pickle is refused when', () => {
  const cases: [why: string, kind: CheckpointErrorKind, pickle: string][] = [
    ['it is empty', 'truncated', ''],
    ['it does not stop', 'truncated', 'N'],
    ['it stops with nothing', 'invalid-content', '.'],
    ['its protocol is from the future', 'unsupported', '\x80\x06N.'],
    ['an opcode is unknown', 'invalid-content', '\xff.'],
    ['the stack runs empty', 'invalid-content', '0.'],
    ['a value below the mark is taken', 'invalid-content', 'N(\x85.'],
    ['there is no mark', 'invalid-content', 'Nt.'],
    ['a list is something else', 'invalid-content', 'NNa.'],
    ['a dict is something else', 'invalid-content', ']NNs.'],
    ['a set is something else', 'invalid-content', ']((N\x90.'],
    ['a key has no value', 'invalid-content', '}(Nu.'],
    ['a key is a list', 'unsupported', '}]Ns.'],
    ['a key occurs twice', 'duplicate-name', '}(U\x01aNU\x01aNu.'],
    ['a global is no text', 'invalid-content', 'NN\x93.'],
    ['arguments are no tuple', 'invalid-content', 'cours\npair\nNR.'],
    ['a text is not UTF-8', 'invalid-content', 'X\x01\x00\x00\x00\xff.'],
    ['an integer is none', 'invalid-content', 'Ione\n.'],
    ['an index is none', 'invalid-content', 'g-1\n.'],
    ['a remembered value is none', 'invalid-content', 'h\x05.'],
    ['a text runs past the end', 'truncated', 'X\xff\xff\xff\xffabc.'],
    ['a text claims 2^63 bytes', 'truncated', '\x8d\x00\x00\x00\x00\x00\x00\x00\x80abc.'],
    ['bytes claim 2^64 - 1', 'truncated', '\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.'],
    ['a frame runs past the end', 'truncated', '\x95\xff\xff\xff\xff\x00\x00\x00\x00N.'],
    ['an integer claims 2 GB', 'too-large', '\x8b\xff\xff\xff\x7f\x01.'],
    ['an integer is written in 2,000 digits', 'too-large', `I${'1'.repeat(2000)}\n.`],
    ['a text is over a megabyte', 'too-large', `X${little(2 ** 20 + 1, 4)}${'a'.repeat(2 ** 20 + 1)}.`],
    ['the stack is over 100,000', 'too-large', `${'N'.repeat(100_001)}.`],
    ['marks are over 100,000', 'too-large', `${'('.repeat(100_001)}.`],
  ];
  test.each(cases)('%s', (_why, kind, pickle) => expect(kindOf(pickle)).toBe(kind));
});

describe('work and memory are bounded, whatever the pickle says', () => {
  test.each([
    ['a million operations', 'N0', 600_000],
    ['empty dicts', '}0', 200_000],
    ['remembered values', 'K\x01\x940', 300_000],
    ['copies of one text', `\x8c\xff${'a'.repeat(255)}0`, 100_000],
    ['objects of ours', 'cours\nMade\n)\x810', 300_000],
    ['protocols', '\x80\x02', 1_000_001],
  ])('%s', (_what, opcodes, times) => {
    const pickle = `${opcodes.repeat(times)}.`;
    const started = process.cpuUsage();
    expect(kindOf(pickle)).toBe('too-large');
    // Processor time, not the clock: the machine may be busy with other things.
    expect(process.cpuUsage(started).user).toBeLessThan(2e6);
  });
});
