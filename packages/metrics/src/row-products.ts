/** out[i, j] += Σ over `width` columns of a(i, c) · b(j, c). Row-major; row i of a begins at i · aStep, and so on. */
export type RowProducts = {
  readonly a: Float64Array;
  readonly aRows: number;
  readonly aStep: number;
  readonly b: Float64Array;
  readonly bRows: number;
  readonly bStep: number;
  readonly width: number;
  readonly out: Float64Array;
  readonly outStep: number;
  /** Only entries with j ≥ i are wanted; what happens to the others is left open. */
  readonly upper?: boolean;
};

/** Eight sums of a tile share each number that is read. */
const tileRows = 2;
const tileColumns = 4;

/** The plain form of `MatrixKernels.addRowProducts`. */
export function addRowProducts(products: RowProducts): void {
  const { aRows, bRows, upper } = products;
  for (let i = 0; i < aRows; i += tileRows) {
    for (let j = upper ? i - (i % tileColumns) : 0; j < bRows; j += tileColumns) addTile(products, i, j);
  }
}

/** Rows i and i + 1 of a with rows j … j + 3 of b. */
function addTile({ a, aRows, aStep, b, bRows, bStep, width, out, outStep }: RowProducts, i: number, j: number): void {
  // At the border the last row stands in for those that are missing: the same sum is worked out twice and written twice.
  const rowA0 = i * aStep;
  const rowA1 = Math.min(i + 1, aRows - 1) * aStep;
  const columns = [j, Math.min(j + 1, bRows - 1), Math.min(j + 2, bRows - 1), Math.min(j + 3, bRows - 1)];
  const [rowB0, rowB1, rowB2, rowB3] = columns.map((column) => column * bStep);
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let c = 0; c < width; c++) {
    const x0 = a[rowA0 + c];
    const x1 = a[rowA1 + c];
    const y0 = b[rowB0 + c];
    const y1 = b[rowB1 + c];
    const y2 = b[rowB2 + c];
    const y3 = b[rowB3 + c];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
  }
  addTo(out, i * outStep, columns, [s00, s01, s02, s03]);
  if (i + 1 < aRows) addTo(out, (i + 1) * outStep, columns, [s10, s11, s12, s13]);
}

function addTo(out: Float64Array, row: number, columns: readonly number[], sums: readonly number[]): void {
  for (let c = 0; c < sums.length && (c === 0 || columns[c] > columns[c - 1]); c++) out[row + columns[c]] += sums[c];
}
