/** Write a pickle of protocol 2, opcode by opcode: the few that a state dict needs. Nothing is remembered, so that nothing is shared. */
export class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];

  #opcode(code: number, ...operand: readonly number[]): this {
    this.#bytes.push(code, ...operand);
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.#opcode(0x58, ...littleEndian(bytes.length, 4), ...bytes);
  }

  /** A whole number of at least 0. */
  count(value: number): this {
    if (value < 2 ** 8) return this.#opcode(0x4b, value);
    if (value < 2 ** 16) return this.#opcode(0x4d, ...littleEndian(value, 2));
    if (value < 2 ** 31) return this.#opcode(0x4a, ...littleEndian(value, 4));
    return this.#opcode(0x8a, 8, ...littleEndian(value, 8));
  }

  boolean(value: boolean): this {
    return this.#opcode(value ? 0x88 : 0x89);
  }

  global(module: string, name: string): this {
    return this.#opcode(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  /** Everything that `write` puts down, as one tuple. */
  tuple(write: () => void): this {
    this.#opcode(0x28);
    write();
    return this.#opcode(0x74);
  }

  /** Applies the global below to the tuple on top. */
  reduce(): this {
    return this.#opcode(0x52);
  }

  /** Keys and values that `write` puts down in turn, into the dict below them. */
  setItems(write: () => void): this {
    this.#opcode(0x28);
    write();
    return this.#opcode(0x75);
  }

  /** Refers to data outside of the pickle by the value on top. */
  persistent(): this {
    return this.#opcode(0x51);
  }

  finish(): Uint8Array {
    return Uint8Array.from([...this.#bytes, 0x2e]);
  }
}

const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
