import fc from 'fast-check';

type Edit = { readonly kind: 'set' | 'cut' | 'insert' | 'copy'; readonly at: number; readonly value: number };
const interesting = fc.constantFrom(0, 1, 0x22, 0x2c, 0x2d, 0x30, 0x39, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0xff);
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'cut', 'insert', 'copy' as const) as fc.Arbitrary<Edit['kind']>,
  // Most of what can go wrong is in the first bytes (headers) and in the last (zip directory).
  at: fc.oneof(fc.nat(80), fc.integer({ min: -120, max: -1 }), fc.nat(20_000)),
  value: fc.oneof(interesting, fc.nat(255)),
});

function mutate(original: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let bytes = original.slice();
  for (const { kind, at: place, value } of edits) {
    if (bytes.length === 0) return bytes;
    const at = ((place % bytes.length) + bytes.length) % bytes.length;
    if (kind === 'set') bytes[at] = value;
    if (kind === 'cut') bytes = bytes.slice(0, at);
    if (kind === 'insert') bytes = Uint8Array.of(...bytes.subarray(0, at), value, ...bytes.subarray(at));
    if (kind === 'copy') bytes.copyWithin(at, (at * 31 + value) % bytes.length, Math.min(bytes.length, at + 16));
  }
  return bytes;
}

/** Files made from sound ones by one to four edits: bytes set, inserted, copied over others, or the end cut off. */
export const damagedBytes = (sound: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.constantFrom(...sound), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) => mutate(bytes, edits));
