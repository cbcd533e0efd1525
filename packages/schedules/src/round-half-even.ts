/** Round to the nearest whole number, ties to the even one, as NumPy and PyTorch do: 2.5 → 2. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
