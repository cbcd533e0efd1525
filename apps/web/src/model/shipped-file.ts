import shipped from 'virtual:shipped-files';

/** Called with the fraction of the bytes that has arrived. */
export type OnArrived = (fraction: number) => void;

/**
 * Fetch a file that came with the page; its bytes must have the hash that the page was built with.
 * @param base address of the page.
 * @throws Error when it is unknown, does not arrive, or is another.
 */
export async function shippedFile(name: string, base: string, onArrived?: OnArrived): Promise<Uint8Array<ArrayBuffer>> {
  const known = shipped.find((file) => file.name === name);
  if (known === undefined) throw new Error(`the page came without '${name}'`);
  const bytes = await fetchWhole(new URL(known.file, base), known.bytes, onArrived);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (bytes.length !== known.bytes || sha256 !== known.sha256)
    throw new Error(
      `${known.file} is not the file this page was built with (its SHA-256 begins with ${sha256.slice(0, 12)}); load the page again`,
    );
  return bytes;
}

async function fetchWhole(url: URL, expected: number, onArrived?: OnArrived): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} did not arrive: the server answered ${response.status}`);
  const bytes = new Uint8Array(expected);
  let arrived = 0;
  for (const reader = response.body!.getReader(); ; ) {
    const { value, done } = await reader.read();
    if (done) return bytes.subarray(0, arrived);
    if (arrived + value.length > expected)
      throw new Error(`${url.pathname} is longer than the file this page was built with; load the page again`);
    bytes.set(value, arrived);
    arrived += value.length;
    onArrived?.(arrived / expected);
  }
}
