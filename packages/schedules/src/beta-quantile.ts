/** The quantile of the beta distribution with parameters a and b, to about 1e-14, by bisection. */
export function betaQuantile(part: number, a: number, b: number): number {
  const middle = [below(0.5, a, b), below(0.5, b, a)];
  const whole = middle[0] + middle[1];
  const cumulative = (x: number) => (x <= 0.5 ? below(x, a, b) : whole - below(1 - x, b, a)) / whole;
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const x = (low + high) / 2;
    if (cumulative(x) < part) low = x;
    else high = x;
  }
  return part <= 0 ? 0 : part >= 1 ? 1 : (low + high) / 2;
}

/** The integral of t^(a−1)·(1−t)^(b−1) from 0 to x ≤ 1/2, by its series x^a / a · Σ. */
function below(x: number, a: number, b: number): number {
  let [term, sum] = [1, 1 / a];
  for (let n = 1; n < 80; n++) {
    term *= (x * (n - b)) / n;
    sum += term / (a + n);
  }
  return x ** a * sum;
}
