type Field = readonly [number: number, value: number | string | Uint8Array];

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);

/** A message of Protocol Buffers: whole numbers as varints, everything else by its length. */
function message(...fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [...varint(number * 8), ...varint(value)];
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

const float32 = 1;

const node = (operation: string, inputs: readonly string[], output: string): Uint8Array =>
  message(...inputs.map((input): Field => [1, input]), [2, output], [4, operation]);

const value = (name: string, shape: readonly number[]): Uint8Array => {
  const dimensions = shape.map((length): Field => [1, message([1, length])]);
  return message([1, name], [2, message([1, message([1, float32], [2, message(...dimensions)])])]);
};

/**
 * The exact denoiser of data N(0, sd²) as an ONNX file: inputs `xt` of this shape and `logSNR` [1], output `x0` = alpha·sd² / (alpha²·sd² + sigma²)·xt with
 * alpha² = sigmoid(logSNR), sigma² = sigmoid(−logSNR).
 */
export function onnxGaussian(sd: number, shape: readonly number[]): Uint8Array {
  const variance = message([1, 1], [2, float32], [8, 'variance'], [9, new Uint8Array(Float32Array.of(sd ** 2).buffer)]);
  const nodes = [
    node('Sigmoid', ['logSNR'], 'alpha2'),
    node('Neg', ['logSNR'], 'logNSR'),
    node('Sigmoid', ['logNSR'], 'sigma2'),
    node('Sqrt', ['alpha2'], 'alpha'),
    node('Mul', ['alpha2', 'variance'], 'signal'),
    node('Add', ['signal', 'sigma2'], 'whole'),
    node('Mul', ['alpha', 'variance'], 'share'),
    node('Div', ['share', 'whole'], 'gain'),
    node('Mul', ['xt', 'gain'], 'x0'),
  ];
  const graph = message(
    ...nodes.map((one): Field => [1, one]),
    ...([
      [2, 'gaussian'],
      [5, variance],
      [11, value('xt', shape)],
      [11, value('logSNR', [1])],
      [12, value('x0', shape)],
    ] as const),
  );
  return message([1, 8], [7, graph], [8, message([2, 13])]);
}
