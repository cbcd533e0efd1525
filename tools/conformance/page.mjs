/**
 * @typedef {object} Measured
 * @property {string} name of the backend
 * @property {string} [failure] why it could not be measured
 * @property {string} [details] what it ran on
 * @property {readonly import('./rows.mjs').Row[]} [rows]
 * @property {Readonly<Record<string, string>>} [kinds] of its kernels
 */

const row = (cells) => `| ${cells.join(' | ')} |`;

/** 'own 1.2e-7': what computes it, and the largest error; bold where a case is beyond its tolerance. */
function cell({ error, right, kernels }, kinds) {
  if (error === undefined) return '–';
  const by = [...new Set(kernels.map((kernel) => kinds[kernel]))].sort().join(', ');
  const shown = error === 0 ? '0' : error.toExponential(1);
  return `${by} ${right ? shown : `**${shown}**`}`.trim();
}

const operationsTable = (ran) => [
  row(['operation', 'cases', 'tolerance', ...ran.flatMap(({ name }) => [name, 'its gradient'])]),
  row(['---', '---:', '---:', ...ran.flatMap(() => ['---', '---'])]),
  ...ran[0].rows.map(({ operation, cases, tolerance }, i) =>
    row([
      operation,
      cases,
      tolerance.toExponential(0),
      ...ran.flatMap(({ rows, kinds }) => [rows[i].values, rows[i].gradient].map((side) => cell(side, kinds))),
    ]),
  ),
];

function kernelsTable(ran) {
  const names = [...new Set(ran.flatMap(({ kinds }) => Object.keys(kinds)))].sort();
  return [
    row(['kernel', ...ran.map(({ name }) => name)]),
    row(['---', ...ran.map(() => '---')]),
    ...names.map((name) => row([name, ...ran.map(({ kinds }) => kinds[name] ?? '–')])),
  ];
}

/** The page in Markdown. @param {readonly Measured[]} measured */
export function backendsPage(measured) {
  const ran = measured.filter(({ failure }) => failure === undefined);
  return [
    '# Operations on every backend',
    '',
    'Written by `npm run conformance-table`: the operations of the conformance suite (`@tract/tensor/conformance`), their largest error over all cases and what computes them.',
    'Values are compared with a plain float64 reference, relative to the largest value; gradients by slopes along random directions with central differences of that reference.',
    'Each case has a tolerance, which the suite checks; the column shows the largest. **Own** is a kernel of ours for that backend, **stock** one of',
    'TensorFlow.js, **composed** our reference made of other kernels. An own kernel hands what it does not cover to one of the other two.',
    '',
    ...measured.map(({ name, details, failure }) => `- \`${name}\`: ${failure === undefined ? details : `not measured: ${failure}`}`),
    '',
    ...operationsTable(ran),
    '',
    'Noise has the same bits on all of them, which the suite checks beside the fused update and the memory of a training loop.',
    '',
    '## Kernels',
    '',
    ...kernelsTable(ran),
    '',
  ].join('\n');
}
