import type { Plain } from '@tract/train/settings';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, Parser, parseDocument } from 'yaml';
import { SettingsError } from './settings-error.js';

export type YamlValue = {
  readonly value: Plain;
  /** The line on which the value at a path such as `network.channels` stands, from 1; undefined where there is none. */
  readonly lineOf: (path: string) => number | undefined;
};

/** Characters of a text, and how deep its mappings and lists may lie in each other (two levels of the parser's for each of them). */
const limits = { length: 2 ** 14, depth: 32 };

/**
 * Read YAML 1.2 of the plain kind, of which JSON is a part: mappings by name, lists, texts, numbers, true, false, null.
 * @throws SettingsError for what does not parse and for what settings have no use of: anchors and aliases, tags, names that occur twice
 * or are `__proto__`, several documents, texts that are too long or too deep.
 */
export function readYaml(text: string, source: string): YamlValue {
  if (text.length > limits.length)
    throw new SettingsError(`${source} has ${text.length} characters; expected settings, in ${limits.length} at most`, source);
  if (isDeep(text)) throw new SettingsError(`${source} nests too deep; expected a few levels of settings`, source);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (offset: number, fault: string) => {
    const { line } = lines.linePos(offset);
    return new SettingsError(`${source}:${line}: ${fault}`, `${source}:${line}`);
  };
  const [error] = [...document.errors, ...document.warnings];
  if (error) throw fail(error.pos[0], faultOf(error.code, error.message, text.slice(error.pos[0])));
  const places = new Map<string, number>();
  const value = plainOf(document.contents, '', places, fail);
  return { value, lineOf: (path) => (places.has(path) ? lines.linePos(places.get(path)!).line : undefined) };
}

/** Look at the tokens, whose parser keeps its own stack: the composer, which comes next, would end the process where nesting exhausts that of the machine. */
function isDeep(text: string): boolean {
  const waiting = Array.from(new Parser().parse(text), (token): { token: object; depth: number } => ({ token, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > limits.depth) return true;
    const { value, items = [] } = token as { readonly value?: unknown; readonly items?: readonly { key?: unknown; value?: unknown }[] };
    for (const inner of [value, ...items.flatMap((item) => [item.key, item.value])])
      if (typeof inner === 'object' && inner !== null) waiting.push({ token: inner, depth: depth + 1 });
  }
  return false;
}

function faultOf(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') return `'${/^["']?([^"':\s]*)/.exec(rest)?.[1]}' is given twice; keep one`;
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; expected one';
  return `this is no YAML: ${message.split('\n')[0]}`;
}

type Fail = (offset: number, fault: string) => SettingsError;

/** @param places gets the offset of every value by its path. */
function plainOf(node: Node | null, path: string, places: Map<string, number>, fail: Fail): Plain {
  if (node === null) return null;
  const offset = node.range?.[0] ?? 0;
  if (isAlias(node) || node.anchor !== undefined)
    throw fail(offset, 'anchors and aliases are not read; write the value out where it belongs');
  if (node.tag !== undefined) throw fail(offset, `the tag ${node.tag} is not read; leave it out`);
  if (isSeq<Node>(node)) return node.items.map((item, i) => plainOf(item, `${path}.${i}`, places, fail));
  if (isScalar(node)) return node.value as Plain;
  if (!isMap<Node, Node | null>(node)) throw fail(offset, 'expected a mapping, a list, a text or a number');
  return Object.fromEntries(
    node.items.map(({ key, value }) => {
      if (!isScalar(key) || typeof key.value !== 'string')
        throw fail(key.range?.[0] ?? offset, 'expected the name of a setting before the colon');
      if (key.value === '__proto__') throw fail(key.range?.[0] ?? offset, "the name '__proto__' is refused");
      const place = path === '' ? key.value : `${path}.${key.value}`;
      places.set(place, key.range?.[0] ?? offset);
      return [key.value, plainOf(value, place, places, fail)];
    }),
  );
}
