// Writes what the C++ sources of both builds are given: the table of kernels as a struct for each row of arguments and lists of kernels, and all files of native/kernels.
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kernels, rowsOf, structs, tableText } from './src/kernel-table.mjs';

/** For each kind of field its C++ type, and how `Reader` (native/reader.h) reads it; `left` counts the tensors that follow. */
const kinds = {
  in: ['In', () => 'tensor<In>()'],
  'in?': ['In', () => 'tensor<In>(true)'],
  out: ['Out', () => 'tensor<Out>()'],
  'out?': ['Out', () => 'tensor<Out>(true)'],
  ins: ['Tensors', (left) => `tensors(${left})`],
  outs: ['Tensors', (left) => `tensors(${left})`],
  filter: ['Filter', () => 'filter()'],
  doubles: ['Doubles', () => 'doubles()'],
  size: ['int64_t', () => 'size()'],
  sizes3: ['Sizes3', () => 'sizes3()'],
  float: ['float', () => 'number<float>()'],
  double: ['double', () => 'number<double>()'],
  flag: ['bool', () => 'flag()'],
  list: ['Numbers', () => 'list()'],
};

const isTensor = (kind) => /^(in|out|filter|doubles)/.test(kind);

function structText([name, row]) {
  const fields = rowsOf(row);
  const members = fields.map(([field, kind]) => `  ${kinds[kind]?.[0] ?? kind} ${field};`);
  const reads = fields.map(([, kind], at) => {
    const left = fields.slice(at + 1).filter(([, next]) => isTensor(next)).length;
    return kinds[kind] ? `r.${kinds[kind][1](left)}` : `${kind}::read(r)`;
  });
  return [`struct ${name} {`, ...members, `  static ${name} read(Reader& r) { return {${reads.join(', ')}}; }`, '};'].join('\n');
}

const listText = ([set, table]) => {
  const entries = Object.entries(table).flatMap(([struct, names]) => names.split(' ').map((name) => `K(${name}, ${struct})`));
  return `#define TRACT_${set.toUpperCase()}_KERNELS(K) ${entries.join(' ')}`;
};

/** Folder of the C++ sources. */
export const source = join(dirname(fileURLToPath(import.meta.url)), 'native');

/** Paths in `source` of all files, in order. */
export const sourceFiles = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) =>
    join(parentPath, name)
      .slice(source.length + 1)
      .replaceAll('\\', '/'),
  )
  .sort();

/** Text of the header kernel-args.h. */
const kernelArgs = `// Written by build.mjs from src/kernel-table.mjs.
#pragma once
#define TRACT_TABLE_TEXT ${JSON.stringify(tableText)}
${Object.entries(kernels).map(listText).join('\n')}
#ifdef TRACT_ISA
#include "reader.h"
namespace TRACT_ISA {
${Object.entries(structs).map(structText).join('\n')}
}  // namespace TRACT_ISA
#endif
`;

/** Text of the header kernel-list.h: whatever lies in native/kernels is compiled. */
const kernelList = `// Written by build.mjs from the files of native/kernels.
${sourceFiles
  .filter((file) => file.startsWith('kernels/'))
  .map((file) => `#include "${file}"\n`)
  .join('')}`;

/** Texts of the generated headers by file name. */
export const headers = { 'kernel-args.h': kernelArgs, 'kernel-list.h': kernelList };

/** Write the generated headers into a folder. Returns the flag by which the compiler finds them. */
export function headerFlag(folder) {
  for (const [name, text] of Object.entries(headers)) writeFileSync(join(folder, name), text);
  return `-I${folder}`;
}
