import { kernelKind, kernelsOf, measureOperation, operationCases } from '@tract/tensor/conformance';

/**
 * @typedef {object} Side values or gradient of an operation on one backend
 * @property {number} [error] the largest of its cases; absent where there is none to measure
 * @property {boolean} right whether each case keeps its tolerance
 * @property {readonly string[]} kernels
 *
 * @typedef {object} Row
 * @property {string} operation
 * @property {number} cases
 * @property {number} tolerance the largest of its cases
 * @property {Side} values
 * @property {Side} gradient
 */

/** Cases of one operation begin with its name. @returns {Map<string, import('@tract/tensor/conformance').OperationCase[]>} */
export function casesByOperation(cases = operationCases) {
  const groups = new Map();
  for (const testCase of cases) {
    const [operation] = testCase.name.split(' ');
    groups.set(operation, [...(groups.get(operation) ?? []), testCase]);
  }
  return groups;
}

/** Operations that hand on their input. */
const idle = ['Identity', 'Reshape'];

/** Every operation of the conformance suite on the active backend. @returns {Promise<Row[]>} */
export async function measureRows() {
  const rows = [];
  for (const [operation, cases] of casesByOperation()) {
    const sides = { values: { right: true, kernels: [] }, gradient: { right: true, kernels: [] } };
    for (const testCase of cases) {
      const errors = await measureOperation(testCase);
      const kernels = kernelsOf(testCase);
      for (const [name, side] of Object.entries(sides)) {
        const error = errors[name];
        if (error !== undefined) {
          side.error = Math.max(side.error ?? 0, error);
          side.right &&= error <= testCase.tolerance;
        }
        const fresh = kernels[name].filter((kernel) => !idle.includes(kernel));
        side.kernels = [...new Set([...side.kernels, ...fresh])];
      }
    }
    rows.push({ operation, cases: cases.length, tolerance: Math.max(...cases.map(({ tolerance }) => tolerance)), ...sides });
  }
  return rows;
}

/** Kinds of the kernels, by name. @returns {Readonly<Record<string, import('@tract/tensor/conformance').KernelKind>>} */
export function kindsOf(rows, backend, stock) {
  const names = rows.flatMap(({ values, gradient }) => [...values.kernels, ...gradient.kernels]);
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, kernelKind(name, backend, stock)]));
}
