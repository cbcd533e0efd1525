/** A file as the pieces that it is written in, one after another; they can be gone through once. */
export type Pieces = {
  /** Bytes of all pieces together. */
  readonly size: number;
  readonly pieces: Iterable<Uint8Array>;
};

/** Join the pieces of a file that fits into memory. */
export function joinPieces({ size, pieces }: Pieces): Uint8Array {
  const joined = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
