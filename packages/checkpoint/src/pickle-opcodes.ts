import { wholeNumber } from './byte-cursor.js';
import type { PickleMachine } from './pickle-machine.js';
import { PickleTuple, type PickleValue } from './pickle-values.js';
import { cost } from './read-budget.js';

export type PickleOpcode = { readonly name: string; readonly run: (machine: PickleMachine) => void };

export const STOP = 0x2e;
const HIGHEST_PROTOCOL = 5;

/**
 * Action of each opcode, by its byte. Missing on purpose: the extension registry (EXT1, EXT2, EXT4), which is another way to name a
 * global; INST and OBJ, an old way to apply one; out-of-band buffers.
 */
const table: readonly (readonly [code: number, name: string, run: (machine: PickleMachine) => void])[] = [
  [0x80, 'PROTO', requireProtocol],
  [0x95, 'FRAME', checkFrame],
  [STOP, 'STOP', () => {}],

  [0x4e, 'NONE', (m) => m.push(null)],
  [0x88, 'NEWTRUE', (m) => m.push(true)],
  [0x89, 'NEWFALSE', (m) => m.push(false)],
  [0x4b, 'BININT1', (m) => m.push(m.cursor.uint8())],
  [0x4d, 'BININT2', (m) => m.push(m.cursor.uint16())],
  [0x4a, 'BININT', (m) => m.push(m.cursor.int32())],
  [0x8a, 'LONG1', (m) => m.push(wholeNumber(m.integer(m.cursor.uint8())), cost.object)],
  [0x8b, 'LONG4', (m) => m.push(wholeNumber(m.integer(m.cursor.uint32())), cost.object)],
  [0x47, 'BINFLOAT', (m) => m.push(bigEndianFloat(m), cost.slot + cost.number)],
  [0x49, 'INT', (m) => m.push(textInteger(m), cost.object)],
  [0x4c, 'LONG', (m) => m.push(textInteger(m), cost.object)],
  [0x46, 'FLOAT', (m) => m.push(textFloat(m), cost.slot + cost.number)],

  [0x58, 'BINUNICODE', (m) => m.pushText(m.cursor.uint32())],
  [0x8c, 'SHORT_BINUNICODE', (m) => m.pushText(m.cursor.uint8())],
  [0x8d, 'BINUNICODE8', (m) => m.pushText(m.cursor.length64())],
  [0x54, 'BINSTRING', (m) => m.pushByteString(m.cursor.uint32())],
  [0x55, 'SHORT_BINSTRING', (m) => m.pushByteString(m.cursor.uint8())],
  [0x56, 'UNICODE', (m) => pushUnicodeLine(m)],
  [0x53, 'STRING', (m) => pushQuotedString(m)],
  [0x42, 'BINBYTES', (m) => m.pushBytes(m.cursor.uint32())],
  [0x43, 'SHORT_BINBYTES', (m) => m.pushBytes(m.cursor.uint8())],
  [0x8e, 'BINBYTES8', (m) => m.pushBytes(m.cursor.length64())],
  [0x96, 'BYTEARRAY8', (m) => m.pushBytes(m.cursor.length64())],

  [0x28, 'MARK', (m) => m.mark()],
  [0x30, 'POP', (m) => m.popMarkOrValue()],
  [0x31, 'POP_MARK', (m) => void m.popToMark()],
  [0x32, 'DUP', (m) => m.push(m.top())],
  [0x67, 'GET', (m) => m.recall(textIndex(m))],
  [0x68, 'BINGET', (m) => m.recall(m.cursor.uint8())],
  [0x6a, 'LONG_BINGET', (m) => m.recall(m.cursor.uint32())],
  [0x70, 'PUT', (m) => m.memoize(textIndex(m))],
  [0x71, 'BINPUT', (m) => m.memoize(m.cursor.uint8())],
  [0x72, 'LONG_BINPUT', (m) => m.memoize(m.cursor.uint32())],
  [0x94, 'MEMOIZE', (m) => m.memoize()],

  [0x29, 'EMPTY_TUPLE', (m) => pushTuple(m, [])],
  [0x85, 'TUPLE1', (m) => pushTuple(m, [m.pop()])],
  [0x86, 'TUPLE2', (m) => pushTuple(m, [m.pop(), m.pop()].reverse())],
  [0x87, 'TUPLE3', (m) => pushTuple(m, [m.pop(), m.pop(), m.pop()].reverse())],
  [0x74, 'TUPLE', (m) => pushTuple(m, m.popToMark())],
  [0x5d, 'EMPTY_LIST', (m) => m.push([], cost.list)],
  [0x6c, 'LIST', (m) => pushList(m, m.popToMark())],
  [0x61, 'APPEND', (m) => m.append([m.pop()])],
  [0x65, 'APPENDS', (m) => m.append(m.popToMark())],
  [0x7d, 'EMPTY_DICT', (m) => m.push(new Map(), cost.map)],
  [0x64, 'DICT', (m) => pushDict(m, m.popToMark())],
  [0x73, 'SETITEM', (m) => m.setItems([m.pop(), m.pop()].reverse())],
  [0x75, 'SETITEMS', (m) => m.setItems(m.popToMark())],
  [0x8f, 'EMPTY_SET', (m) => m.push(new Set(), cost.map)],
  [0x90, 'ADDITEMS', (m) => m.addItems(m.popToMark())],
  [0x91, 'FROZENSET', (m) => pushSet(m, m.popToMark())],

  [0x63, 'GLOBAL', (m) => m.global(m.line(), m.line())],
  [0x93, 'STACK_GLOBAL', stackGlobal],
  [0x52, 'REDUCE', (m) => m.reduce('function')],
  [0x81, 'NEWOBJ', (m) => m.reduce('class')],
  [0x92, 'NEWOBJ_EX', newObjectWithNames],
  [0x62, 'BUILD', (m) => m.build()],
  [0x51, 'BINPERSID', (m) => m.persistent(m.pop())],
];

export const pickleOpcodes: readonly (PickleOpcode | undefined)[] = (() => {
  const byCode = new Array<PickleOpcode | undefined>(256).fill(undefined);
  for (const [code, name, run] of table) byCode[code] = { name, run };
  return byCode;
})();

function requireProtocol(m: PickleMachine): void {
  const protocol = m.cursor.uint8();
  if (protocol > HIGHEST_PROTOCOL) throw m.fail('unsupported', `pickle protocol ${protocol}, we read 0 to ${HIGHEST_PROTOCOL}`);
}

/** A frame groups the bytes that follow for faster reading; all that matters here is that they are present. */
function checkFrame(m: PickleMachine): void {
  const length = m.cursor.length64();
  if (length > m.cursor.remaining) throw m.fail('truncated', `a frame of ${length} bytes, ${m.cursor.remaining} are left`);
}

/** The one number of the format that is big-endian. */
const bigEndianFloat = (m: PickleMachine): number => {
  const bytes = m.cursor.take(8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
};

/** `12`, `12L`; `00` and `01` are False and True. */
function textInteger(m: PickleMachine): PickleValue {
  const text = m.line();
  if (text === '00' || text === '01') return text === '01';
  if (!/^[+-]?\d{1,80}L?$/.test(text)) throw m.fail('invalid-content', 'not an integer of at most 80 digits');
  return wholeNumber(BigInt(text.replace(/L$/, '').replace(/^\+/, '')));
}

const notFinite = new Map(Object.entries({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY }));

function textFloat(m: PickleMachine): number {
  const text = m.line();
  const special = notFinite.get(text);
  if (special !== undefined) return special;
  if (!/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text) || Number.isNaN(Number(text))) throw m.fail('invalid-content', 'not a number');
  return Number(text);
}

function textIndex(m: PickleMachine): number {
  const text = m.line();
  if (!/^\d{1,9}$/.test(text)) throw m.fail('invalid-content', 'not an index of at most 9 digits');
  return Number(text);
}

/** Text of protocol 0 in `raw-unicode-escape`: a byte is a code point, and \\uXXXX or \\UXXXXXXXX one of those above. */
function pushUnicodeLine(m: PickleMachine): void {
  const bytes = m.textLine();
  const text = latin1(bytes).replace(/\\(?:u([\da-f]{4})|U(000[\da-f]{5}|0010[\da-f]{4}))/gi, (_, four, eight) =>
    String.fromCodePoint(Number.parseInt(four ?? eight, 16)),
  );
  m.push(text, cost.text(bytes.length));
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' };

/** A byte string of protocol 0, as Python 2 shows it: in quotes, with escapes. */
function pushQuotedString(m: PickleMachine): void {
  const line = latin1(m.textLine());
  const quoted = line.length >= 2 && (line[0] === "'" || line[0] === '"') && line.endsWith(line[0]);
  if (!quoted) throw m.fail('invalid-content', 'a text without quotes');
  const text = line.slice(1, -1).replace(/\\(?:x([\da-f]{2})|([\s\S]))/gi, (_, code, letter) => {
    const meaning = code === undefined ? escapes[letter] : String.fromCharCode(Number.parseInt(code, 16));
    if (meaning === undefined) throw m.fail('unsupported', `a text with the escape ${JSON.stringify(letter)}`);
    return meaning;
  });
  m.pushLatin1(text);
}

const CHUNK = 8192;

/** Text whose code points are the bytes. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

const pushTuple = (m: PickleMachine, items: readonly PickleValue[]): void => m.push(new PickleTuple(items), cost.items(items.length));
const pushList = (m: PickleMachine, items: PickleValue[]): void => m.push(items, cost.items(items.length));

function pushDict(m: PickleMachine, pairs: readonly PickleValue[]): void {
  const dict = new Map<PickleValue, PickleValue>();
  m.fillDict(dict, pairs);
  m.push(dict, cost.map);
}

function pushSet(m: PickleMachine, items: readonly PickleValue[]): void {
  m.push(new Set(items), cost.map + cost.entry * items.length);
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop();
  m.global(m.pop(), name);
}

/** NEWOBJ with named arguments, of which no class on our lists takes any. */
function newObjectWithNames(m: PickleMachine): void {
  const names = m.pop();
  if (!(names instanceof Map) || names.size > 0) throw m.fail('unsupported', 'an object made with named arguments');
  m.reduce('class');
}
