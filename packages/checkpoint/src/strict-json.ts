import { type Fail, quote } from './checkpoint-error.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonLimits = {
  /** Largest depth of nested objects and arrays. */
  readonly depth: number;
  /** True if every number must be an integer in [0, 2^53 - 1], written without sign, fraction or exponent. */
  readonly integersOnly: boolean;
};

/**
 * JSON.parse for files that we did not write. JSON.parse keeps the last of two equal keys, rounds big integers, passes lone
 * surrogates on and nests without limit, all in silence; here these are errors, found by a scan before. Grammar is left to JSON.parse.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits, fail: Fail): JsonValue {
  let text: string;
  try {
    // A byte order mark, as editors on Windows leave it, is no part of the text.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw fail('invalid-header', 'the JSON is not valid UTF-8', cause);
  }
  try {
    scan(text, limits, fail);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw fail('invalid-header', `the JSON does not parse: ${cause.message}`, cause);
    throw cause;
  }
}

/** Goes once through the tokens. `open` holds the keys seen so far in each open object, null for an array. */
function scan(text: string, limits: JsonLimits, fail: Fail): void {
  const open: (Set<string> | null)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; ) {
    const character = text[at];
    const end = tokenEnd(text, at);
    if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : null);
      if (open.length > limits.depth) throw fail('invalid-header', `the JSON nests deeper than ${limits.depth} levels`);
      keyNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      keyNext = false;
    } else if (character === ',') {
      keyNext = open.at(-1) instanceof Set;
    } else if (character === '"') {
      const string = readString(text.slice(at, end), fail);
      if (keyNext) addKey(open.at(-1), string, fail);
      keyNext = false;
    } else if (limits.integersOnly && (character === '-' || isDigit(character))) {
      checkInteger(text.slice(at, end), fail);
    }
    at = end;
  }
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9';

/** One past the token that starts at `at`. A hand-written loop: a regular expression backtracks on hostile strings. */
function tokenEnd(text: string, at: number): number {
  let end = at + 1;
  if (text[at] === '"') {
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    return Math.min(end + 1, text.length);
  }
  if (text[at] === '-' || isDigit(text[at])) {
    while (end < text.length && !',]} \n\r\t'.includes(text[end])) end++;
  }
  return end;
}

const loneSurrogate = /\p{Surrogate}/u;

function readString(literal: string, fail: Fail): string {
  const string: string = literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1);
  if (loneSurrogate.test(string)) throw fail('invalid-name', `the string ${quote(literal)} is not well-formed Unicode`);
  return string;
}

function addKey(keys: Set<string> | null | undefined, key: string, fail: Fail): void {
  if (keys?.has(key)) throw fail('duplicate-name', `the key ${quote(key)} occurs twice`);
  keys?.add(key);
}

function checkInteger(word: string, fail: Fail): void {
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(Number(word))) {
    throw fail('invalid-header', `the number ${word.slice(0, 40)} must be an integer from 0 to 2^53 - 1`);
  }
}

export const isJsonObject = (value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
