/** The size of a tile of `addRowProducts`: eight sums share each number that is read. */
export const TILE_ROWS = 2;
export const TILE_COLUMNS = 4;

/** The rows of two matrices of equal width, and what their products are added to: out[i, j] += a(i) · b(j). All row-major. */
export type RowProducts = {
  readonly a: Float64Array;
  readonly aRows: number;
  readonly b: Float64Array;
  readonly bRows: number;
  readonly width: number;
  readonly out: Float64Array;
};

/** Adds the products of rows i, i + 1 of a with rows j … j + 3 of b, summed over columns from `first` on. Rows beyond the end are left out. */
export function addRowProducts({ a, aRows, b, bRows, width, out }: RowProducts, i: number, j: number, first = 0): void {
  // At the border the last row stands in for those that are missing: the same sum is worked out twice and written twice.
  const i1 = Math.min(i + 1, aRows - 1);
  const j1 = Math.min(j + 1, bRows - 1);
  const j2 = Math.min(j + 2, bRows - 1);
  const j3 = Math.min(j + 3, bRows - 1);
  const at = [
    i * bRows + j,
    i * bRows + j1,
    i * bRows + j2,
    i * bRows + j3,
    i1 * bRows + j,
    i1 * bRows + j1,
    i1 * bRows + j2,
    i1 * bRows + j3,
  ];
  let s00 = out[at[0]];
  let s01 = out[at[1]];
  let s02 = out[at[2]];
  let s03 = out[at[3]];
  let s10 = out[at[4]];
  let s11 = out[at[5]];
  let s12 = out[at[6]];
  let s13 = out[at[7]];
  for (let c = first; c < width; c++) {
    const x0 = a[i * width + c];
    const x1 = a[i1 * width + c];
    const y0 = b[j * width + c];
    const y1 = b[j1 * width + c];
    const y2 = b[j2 * width + c];
    const y3 = b[j3 * width + c];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
  }
  out[at[0]] = s00;
  out[at[1]] = s01;
  out[at[2]] = s02;
  out[at[3]] = s03;
  out[at[4]] = s10;
  out[at[5]] = s11;
  out[at[6]] = s12;
  out[at[7]] = s13;
}
