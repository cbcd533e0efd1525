/**
 * The weights w of a quadrature on these nodes with Σ w·node^k = moments[k] for every power below the number of nodes: the integral of the polynomial
 * through values at the nodes is Σ w·value. Nodes are all different.
 */
export function lagrangeWeights(nodes: readonly number[], moments: readonly number[]): number[] {
  return nodes.map((node, j) => {
    let polynomial = [1]; // coefficients of the one that is 1 at this node and 0 at the others, lowest power first
    nodes.forEach((other, k) => {
      if (k === j) return;
      const next = [...polynomial, 0].map((_, power) => ((polynomial[power - 1] ?? 0) - other * (polynomial[power] ?? 0)) / (node - other));
      polynomial = next;
    });
    return polynomial.reduce((sum, coefficient, power) => sum + coefficient * moments[power], 0);
  });
}
