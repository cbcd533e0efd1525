import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { scratchFolder } from './tract.js';
import { tractHere } from './tract-here.js';

/** A scratch folder, and `tract convert` among its files: words of a command line that name one of them, or begin with new, become its path. */
export function conversions() {
  const { path, remove } = scratchFolder();
  const at = (name: string): string => join(path, name);
  const convert = (line: string) => {
    const known = readdirSync(path);
    const args = line.split(' ').map((word) => (known.includes(word.split('/')[0]) || /^(new|nowhere)/.test(word) ? at(word) : word));
    return tractHere('convert', ...args);
  };
  const converted = async (line: string) => {
    const { code, out, err } = await convert(`${line} --json`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return JSON.parse(out);
  };
  const bytesAt = (name: string): Uint8Array => new Uint8Array(readFileSync(at(name)));
  return { path, remove, at, bytesAt, convert, converted };
}
