/** Bytes from text whose code points are below 256: an opcode can be written as the character that it is. */
export function raw(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A number as `count` bytes, least significant first, for use in `raw` text. */
export const little = (value: number, count: number): string =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(Math.floor(value / 256 ** i) % 256)).join('');
