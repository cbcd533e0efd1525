/** Values of [N,C,H,W] put into the order [N,H,W,C]. */
export function channelsLast(values: ArrayLike<number>, shape: readonly number[]) {
  const [batch, channels, height, width] = shape;
  const pixels = height * width;
  const moved = new Float64Array(values.length);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < pixels; p++) moved[(n * pixels + p) * channels + c] = values[(n * channels + c) * pixels + p];
    }
  }
  return { shape: [batch, height, width, channels] as [number, number, number, number], values: moved };
}
