/** A tar archive of plain files, or of headers with anything wrong; its checksums are right. */
export type TarEntry = {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly type?: string;
  readonly size?: string;
  readonly prefix?: string;
};

const BLOCK = 512;
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function tarHeader({ name, data = new Uint8Array(0), type = '0', size, prefix = '' }: TarEntry): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(ascii(text), at);
  put(0, name);
  put(100, '0000644\0');
  put(124, size ?? `${data.length.toString(8).padStart(11, '0')}\0`);
  put(156, type);
  put(257, 'ustar\x0000');
  put(345, prefix);
  put(148, '        ');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

export function tarOf(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => {
    const padded = new Uint8Array(Math.ceil((entry.data?.length ?? 0) / BLOCK) * BLOCK);
    padded.set(entry.data ?? []);
    return [tarHeader(entry), padded];
  });
  return join([...blocks, new Uint8Array(2 * BLOCK)]);
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const little = (value: number): string => String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);

/**
 * A batch of CIFAR-10 as Python 2 pickles it: bytes in its byte strings, an array by `_reconstruct` and its state.
 * @param columns sizes of an image. @param inArray the labels are an array too
 */
export function pickledBatch(
  planes: Uint8Array,
  labels: readonly number[],
  columns: readonly number[] = [3072],
  inArray = false,
): Uint8Array {
  const text = (value: string): string => `U${String.fromCharCode(value.length)}${value}`;
  const count = (value: number): string => `J${little(value)}`;
  const dtype = `cnumpy\ndtype\n(${text('u1')}K\x00K\x01tR(K\x03${text('|')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb`;
  const array = (shape: readonly number[], bytes: number) =>
    `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t${text('b')}tR(K\x01(${shape.map(count).join('')}t${dtype}\x89T${little(bytes)}`;
  const start = `\x80\x02}(${text('data')}${array([labels.length, ...columns], planes.length)}`;
  const numbers = labels.map((label) => String.fromCharCode(label));
  const list = inArray
    ? `${array([labels.length], labels.length)}${numbers.join('')}tb`
    : `](${numbers.map((byte) => `K${byte}`).join('')}e`;
  const end = `tb${text('labels')}${list}${text('batch_label')}${text('testing batch 1 of 1')}u.`;
  return join([ascii(start), planes, ascii(end)]);
}
