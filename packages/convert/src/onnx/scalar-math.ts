import type { GraphBuilder, Value } from './graph-builder.js';

type Operand = Value | number;

/** Arithmetic on values of a graph, in float32; numbers become constants. */
export class ScalarMath {
  constructor(readonly graph: GraphBuilder) {}

  #value(x: Operand): Value {
    return typeof x === 'number' ? this.graph.floats([x]) : x;
  }

  #op(type: string, ...inputs: readonly Operand[]): Value {
    return this.graph.op(
      type,
      inputs.map((input) => this.#value(input)),
    );
  }

  add(a: Operand, b: Operand): Value {
    return this.#op('Add', a, b);
  }

  sub(a: Operand, b: Operand): Value {
    return this.#op('Sub', a, b);
  }

  mul(a: Operand, b: Operand): Value {
    return this.#op('Mul', a, b);
  }

  div(a: Operand, b: Operand): Value {
    return this.#op('Div', a, b);
  }

  sqrt(x: Operand): Value {
    return this.#op('Sqrt', x);
  }

  exp(x: Operand): Value {
    return this.#op('Exp', x);
  }

  floor(x: Operand): Value {
    return this.#op('Floor', x);
  }

  /** Evaluate a polynomial by Horner's rule; coefficients from the lowest power up, at least two. */
  polynomial(x: Value, coefficients: readonly number[]): Value {
    return coefficients
      .slice(0, -1)
      .reduceRight<Operand>((sum, coefficient) => this.add(this.mul(sum, x), coefficient), coefficients.at(-1)!) as Value;
  }

  hypot(x: Operand, y: number): Value {
    return this.sqrt(this.add(this.mul(x, x), y ** 2));
  }

  /** ln(1 + x) for x ≥ 0: below 1 as 2 atanh(x / (2 + x)), which loses no digits. */
  log1p(x: Operand): Value {
    const small = this.mul(this.#op('Atanh', this.div(x, this.add(x, 2))), 2);
    return this.graph.op('Where', [this.#op('Less', x, 1), small, this.#op('Log', this.add(x, 1))]);
  }

  /** Place of x [N] among rising numbers, linear between two of them, the end beyond the ends: the sum of how far each gap is passed. */
  place(x: Value, rising: readonly number[]): Value {
    const gaps = rising.slice(1).map((value, i) => value - rising[i]);
    const row = [1, gaps.length];
    const beyond = this.graph.op('Sub', [this.#column(x), this.graph.floats(rising.slice(0, -1), row)]);
    const passed = this.graph.op('Div', [beyond, this.graph.floats(gaps, row)]);
    return this.#sum(this.#op('Clip', passed, 0, 1));
  }

  /** Count the numbers that x [N] has reached. */
  countReached(x: Operand, numbers: readonly number[]): Value {
    const reached = this.graph.op('GreaterOrEqual', [this.#column(this.#value(x)), this.graph.floats(numbers, [1, numbers.length])]);
    return this.#sum(this.graph.op('Cast', [reached], { to: 1 }));
  }

  #column(x: Value): Value {
    return this.graph.op('Reshape', [x, this.graph.ints([-1, 1])]);
  }

  #sum(x: Value): Value {
    return this.graph.op('ReduceSum', [x, this.graph.ints([1])], { keepdims: 0 });
  }
}
