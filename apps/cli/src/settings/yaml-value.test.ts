import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SettingsError } from './settings-error.js';
import { readYaml } from './yaml-value.js';

const read = (text: string) => readYaml(text, 'a.yaml').value;

test('YAML and JSON are read alike, numbers as YAML 1.2 has them', () => {
  const said = { images: 240e3, lr: 1e-3, flip: true, word: 'yes', none: null, list: [1, 2], data: 'mnist:train', inner: { a: 'b' } };
  expect(read(JSON.stringify(said, null, '\t'))).toEqual(said);
  expect(
    read('images: 240e3\nlr: 1e-3 # a comment\nflip: true\nword: yes\nnone:\nlist:\n  - 1\n  - 2\ndata: mnist:train\ninner:\n  a: b\n'),
  ).toEqual(said);
  expect(read('')).toBe(null);
});

test('it knows on which line a value stands', () => {
  const { lineOf } = readYaml('# first\nimages: 1\nnetwork:\n  channels: 8\n', 'a.yaml');
  expect(['images', 'network', 'network.channels', 'network.blocks'].map(lineOf)).toEqual([2, 3, 4, undefined]);
});

const bomb = Array.from({ length: 9 }, (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? 'lol' : `*a${i - 1}`)}]`).join('\n');

test.each([
  ['an alias bomb', bomb, 'a.yaml:1', 'anchors and aliases are not read'],
  ['an alias to itself', 'a: &a [*a]', 'a.yaml:1', 'anchors and aliases'],
  ['an alias of nothing', 'x: 1\na: *b', 'a.yaml:2', 'anchors and aliases'],
  ['a name twice', 'images: 1\nseed: 2\nimages: 3', 'a.yaml:3', "'images' is given twice"],
  ['a name twice in JSON', '{"images": 1,\n "images": 3}', 'a.yaml:2', "'images' is given twice"],
  ['a prototype', 'a: 1\n__proto__: {x: 1}', 'a.yaml:2', "the name '__proto__' is refused"],
  ['a prototype in JSON', '{"a": {"__proto__": {"x": 1}}}', 'a.yaml:1', "the name '__proto__' is refused"],
  ['a tag', 'a: !!js/function "x"', 'a.yaml:1', 'no YAML'],
  ['a tag that is known', 'a: !!binary aGk=', 'a.yaml:1', 'tag'],
  ['two documents', 'a: 1\n---\nb: 2', 'a.yaml:2', 'second document'],
  ['a list for a name', '? [a]\n: 1', 'a.yaml:1', 'expected the name of a setting'],
  ['a number for a name', '1: 2', 'a.yaml:1', 'expected the name of a setting'],
  ['another version of YAML', '%YAML 9.9\n---\na: 1', 'a.yaml:1', 'Unsupported YAML version'],
  ['what is no YAML', 'a: b: c', 'a.yaml:1', 'no YAML'],
  ['what ends too early', '{"a": [1, ', 'a.yaml:1', 'no YAML'],
  ['deep lists', '['.repeat(16_000), 'a.yaml', 'nests too deep'],
  ['deep mappings', '{a: '.repeat(4_000), 'a.yaml', 'nests too deep'],
  ['deep lists in lines', '- '.repeat(8_000), 'a.yaml', 'nests too deep'],
  ['a long text', `a: ${'x'.repeat(20_000)}`, 'a.yaml', '16384 at most'],
])('%s is refused with where it stands', (_what, text, source, says) => {
  const error = (() => {
    try {
      return read(text);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(SettingsError);
  expect(error).toMatchObject({ source, exitCode: 2, message: expect.stringContaining(says) });
  expect((error as Error).message).not.toContain('\n');
});

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

test('what JSON writes comes back as it was', () => {
  fc.assert(
    fc.property(plain.value, (value) => {
      expect(read(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
});

test('2,000 spoilt texts give a value or a SettingsError, and leave prototypes as they are', () => {
  const good = [
    'a: &x 1\nb: {c: [1, 2], __proto__: 3}\n',
    '{"images": 1e3, "network": {"kind": "song"}}',
    '- a\n- "b: \\u00e9"\n? |\n  x\n: !!str y\n',
  ];
  const spoilt = fc
    .tuple(fc.constantFrom(...good), fc.array(fc.tuple(fc.nat(60), fc.string({ unit: 'binary-ascii', maxLength: 3 })), { maxLength: 4 }))
    .map(([text, edits]) => edits.reduce((now, [at, word]) => now.slice(0, at) + word + now.slice(at + 1), text));
  fc.assert(
    fc.property(spoilt, (text) => {
      try {
        read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as { x?: number }).x).toBeUndefined();
});
