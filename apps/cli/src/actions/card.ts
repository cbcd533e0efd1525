import { existsSync, statSync } from 'node:fs';
import { requireRoom, writeFileAtomically } from '@tract/train/node';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { readModel } from '../models/model-folder.js';
import { cardOf } from '../output/model-card.js';

export type CardOptions = { readonly out?: string; readonly json?: boolean };

/** Print the card of a model, made anew, or write it. */
export function card(io: Io, name: string, { out, json = false }: CardOptions): void {
  if (out !== undefined) requireFile(out);
  const text = cardOf(readModel(name), name);
  if (out !== undefined) writeFileAtomically(out, text);
  const lines = out === undefined ? [text.trimEnd()] : [`${out}: card of ${name}`];
  report(io, json, { model: name, card: text, ...(out !== undefined && { out }) }, lines);
}

/** @throws CliError (usage) where no file can be. */
function requireFile(out: string): void {
  requireRoom(out);
  if (existsSync(out) && !statSync(out).isFile()) throw usageError(`--out ${out} is no file; write for example ${out}/README.md`);
}
