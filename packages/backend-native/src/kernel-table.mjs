/**
 * Arguments of the addon's kernels, said once: the build writes the C++ structs from this table (kernel-header.mjs), and kernel-args.ts takes its
 * types from it.
 *
 * A row names fields and their kind: 'in' and 'out', a float32 tensor that is read or written, with '?' if it may be absent; 'ins' and 'outs', any
 * number of them; 'filter', an 'in' with a flag that says whether the addon may keep its transform by its address; 'doubles', a float64 array;
 * 'size', an integer; 'sizes3', three of them; 'float', 'double' and 'flag'; 'list', any number of doubles, which ends the numbers; or another
 * struct.
 */
export const structs = /** @type {const} */ ({
  UnaryArgs: { x: 'in', y: 'out' },
  StepArgs: { x: 'in', y: 'out', alpha: 'float' },
  ClipArgs: { x: 'in', y: 'out', 'low high': 'float' },
  ScaleArgs: { x: 'in', y: 'out', 'factor offset': 'float' },
  FillArgs: { y: 'out', value: 'float' },
  SiluGradArgs: { 'dy x': 'in', dx: 'out' },
  // An operand moves by its steps, in floats, along the three axes of y: 0 repeats, the last is 0 or 1.
  BinaryArgs: { 'a b': 'in', y: 'out', 'lengths aSteps bSteps': 'sizes3' },

  // x [N,H,Wd,Ci], filter [kh,kw,Ci,Co], bias [Co], residual and y [N,Ho,Wo,Co]
  ConvSizes: { 'N H Wd Ci kh kw Co stride padTop padLeft Ho Wo': 'size' },
  ConvArgs: { x: 'in', filter: 'filter', 'bias residual': 'in?', y: 'out', sizes: 'ConvSizes' },
  ConvInputGradArgs: { 'dy filter': 'in', dx: 'out', sizes: 'ConvSizes' },
  ConvFilterGradArgs: { 'x dy': 'in', dFilter: 'out', dBias: 'out?', sizes: 'ConvSizes' },
  // Memory that is written over or freed next.
  ForgetFiltersArgs: { memory: 'in' },

  // c [batch,M,N]; an operand with a step of 0 is one matrix for all.
  MatmulArgs: { 'a b': 'in', bias: 'in?', c: 'out', 'batch M N K': 'size', 'transposeA transposeB': 'flag', 'aStep bStep': 'size' },
  // qkv [N,T,heads,(q,k,v),d], out [N,T,heads,d], lse [N,heads,T]: logarithm of the softmax's denominator
  AttentionSizes: { 'N T heads d': 'size' },
  AttentionArgs: { qkv: 'in', 'out lse': 'out', sizes: 'AttentionSizes' },
  AttentionGradArgs: { 'dy qkv out lse': 'in', dqkv: 'out', sizes: 'AttentionSizes' },

  // x and y [N,pixels,C], scaleShift [N,2C], mean and rstd [N,groups]
  NormSizes: { 'N pixels C groups': 'size', eps: 'double', silu: 'flag' },
  GroupNormArgs: { 'x gamma beta': 'in', scaleShift: 'in?', 'y mean rstd': 'out', sizes: 'NormSizes' },
  GroupNormGradArgs: {
    'dy x gamma beta mean rstd': 'in',
    scaleShift: 'in?',
    'dx dGamma dBeta': 'out',
    dScaleShift: 'out?',
    sizes: 'NormSizes',
  },

  // x [outer,reduced,inner], y [outer,inner]
  ReduceArgs: { x: 'in', y: 'out', 'outer reduced inner': 'size' },
  SoftmaxArgs: { x: 'in', y: 'out', 'rows columns': 'size' },
  // x [N,H,Wd,C]
  ResampleArgs: { x: 'in', y: 'out', 'N H Wd C': 'size', scale: 'float' },
  PoolArgs: { x: 'in', y: 'out', 'N H Wd C size stride pad Ho Wo': 'size' },

  // Parts [outer,inner_i], y [outer,sum of inner_i]
  ConcatArgs: { parts: 'ins', y: 'out', outer: 'size' },
  // `axes`: lengths, then x's steps, then y's, of 2 to 6 axes. With `filled` all of y is first given the value `fill`.
  StridedCopyArgs: { x: 'in', y: 'out', 'xOffset yOffset': 'size', filled: 'flag', fill: 'float', axes: 'list' },
  // `coefficients` [term][sample]
  CombineArgs: { terms: 'ins', y: 'out', samples: 'size', coefficients: 'list' },
  // A weight for each sample.
  SquaredErrorArgs: { 'prediction target': 'in', y: 'out', weights: 'list' },

  // x and y [samples,perSample]
  RandomKey: { 'seedLow seedHigh stream step': 'size' },
  NoiseArgs: { y: 'out', key: 'RandomKey', perSample: 'size', samples: 'list' },
  DropoutArgs: { x: 'in', y: 'out', key: 'RandomKey', perSample: 'size', rate: 'double', samples: 'list' },

  // Stores of one length, all but the gradients rewritten; `leaves`: offset and size of each. `correction1`: 1 - beta1^step; `clipNorm` 0 is none.
  AdamArgs: {
    norm: 'out',
    params: 'out',
    grads: 'in',
    'm v': 'out',
    averages: 'outs',
    leaves: 'doubles',
    'learningRate beta1 beta2 epsilon weightDecay correction1 correction2 clipNorm': 'double',
    averageRates: 'list',
  },

  RowProductsArgs: { 'a b out': 'doubles', 'aRows aStep bRows bStep width outStep': 'size', upper: 'flag' },
  // matrix [rows,columns] with rows >= columns, overwritten; entries [2 columns]
  BidiagonaliseArgs: { 'matrix entries': 'doubles', 'rows columns': 'size' },
  // `sums`: one for each work item; `width` [1]: floating point operations of one round of one item
  PeakMultiplyAddArgs: { 'sums width': 'out', rounds: 'size' },
});

/** Names of the kernels by their arguments. Those of `vector` are compiled for each instruction set, those of `portable` once, for the same bits on all. */
export const kernels = /** @type {const} */ ({
  vector: {
    UnaryArgs: 'sigmoid exponential logarithm squareRoot inverseSquareRoot square hyperbolicTangent relu negate silu peakCopy',
    StepArgs: 'step',
    ClipArgs: 'clip',
    ScaleArgs: 'scale',
    FillArgs: 'fill',
    SiluGradArgs: 'siluGrad',
    BinaryArgs: 'add subtract multiply divide maximum minimum',
    ConvArgs: 'conv2d conv2dRelu',
    ConvInputGradArgs: 'conv2dInputGrad',
    ConvFilterGradArgs: 'conv2dFilterGrad',
    ForgetFiltersArgs: 'forgetFilters',
    MatmulArgs: 'matmul',
    AttentionArgs: 'attention',
    AttentionGradArgs: 'attentionGrad',
    GroupNormArgs: 'groupNorm',
    GroupNormGradArgs: 'groupNormGrad',
    ReduceArgs: 'sum mean max',
    SoftmaxArgs: 'softmax',
    ResampleArgs: 'upsample2x downsample2x',
    PoolArgs: 'maxPool avgPool',
    ConcatArgs: 'concat',
    StridedCopyArgs: 'stridedCopy',
    CombineArgs: 'combine',
    SquaredErrorArgs: 'squaredError',
    AdamArgs: 'adam',
    RowProductsArgs: 'addRowProducts',
    BidiagonaliseArgs: 'bidiagonalise',
    PeakMultiplyAddArgs: 'peakMultiplyAdd',
  },
  portable: { NoiseArgs: 'noise', DropoutArgs: 'dropout' },
});

/**
 * Return a row as [name, kind] for each name, in order.
 * @type {(row: Readonly<Record<string, string>>) => (readonly [name: string, kind: string])[]}
 */
export const rowsOf = (table) => Object.entries(table).flatMap(([names, kind]) => names.split(' ').map((name) => [name, kind]));

/** The table as text: an addon that was built from another one is not used. */
export const tableText = JSON.stringify({ structs, kernels });
