/** Mean and standard deviation (of the numbers themselves: divided by their count), as metrics over several draws are reported. */
export function meanAndDeviation(values: Float64Array): { readonly mean: number; readonly std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
