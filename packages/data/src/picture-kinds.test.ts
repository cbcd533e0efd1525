import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodePicture } from './decode-picture.js';

type Case = { readonly file: string; readonly mode: string; readonly rgb: string; readonly size?: readonly number[] };
const { refused, ...cases } = JSON.parse(readFileSync(new URL('../fixtures/pictures.json', import.meta.url), 'utf8')) as Record<
  string,
  Case
> & {
  readonly refused: Readonly<Record<string, string>>;
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe("each kind of picture has the pixels of Pillow's convert('RGB'), to the bit", () => {
  test.each(Object.entries(cases))('%s', (name, { file, rgb, size = [5, 3] }) => {
    const picture = decodePicture(new Uint8Array(Buffer.from(file, 'base64')), name, { colour: 'rgb' });
    expect([picture.width, picture.height, picture.channels]).toEqual([...size, 3]);
    expect(hex(picture.data)).toBe(rgb);
  });
});

describe('kinds that are not read', () => {
  const decode = (file: Uint8Array) => () => decodePicture(file, 'a', { colour: 'rgb' });
  test.each([
    ['tiff 1', 'a TIFF of 1 bit is not read; convert it to PNG'],
    ['tiff 1, packed for faxes', 'a TIFF of 1 bit is not read; convert it to PNG'],
    ['tiff of floating point', 'a TIFF of 32 bits is not read; convert it to PNG'],
    ['tiff CMYK', 'a TIFF of colour space 5 is not read; convert it to PNG'],
    ['jpeg CMYK', 'a JPEG of CMYK is not read, its decoder gives RGB only; convert it to RGB'],
  ])('%s: refused by name', (name, words) => {
    expect(decode(new Uint8Array(Buffer.from(refused[name], 'base64')))).toThrow(words);
  });

  test('a BMP packed in runs, and kinds of TIFF that its decoder takes for others', () => {
    const bmp = new Uint8Array(Buffer.from(cases['bmp P'].file, 'base64'));
    bmp[30] = 1;
    expect(decode(bmp)).toThrow('a BMP of 8 bits packed in runs is not read; convert it to PNG');
    const tiff = (tag: number, set: number, value: number) => {
      const bytes = Buffer.from(cases['tiff L'].file, 'base64');
      const fields = bytes.readUInt32LE(4) + 2;
      const at = Array.from({ length: bytes.readUInt16LE(fields - 2) }, (_, i) => fields + 12 * i).find(
        (place) => bytes.readUInt16LE(place) === tag,
      )!;
      bytes.writeUInt16LE(set, at);
      bytes.writeUInt16LE(value, at + 8);
      return new Uint8Array(bytes);
    };
    expect(decode(tiff(262, 262, 0))).toThrow('a: a TIFF whose 0 is white is not read; convert it to PNG');
    // The rows of a strip become the width of a tile.
    expect(decode(tiff(278, 322, 16))).toThrow('a: a TIFF in tiles is not read; convert it to PNG');
    expect(decode(tiff(278, 339, 2))).toThrow('a: a TIFF of signed or floating-point numbers is not read; convert it to PNG');
    expect(decode(tiff(278, 284, 2))).toThrow('a: a TIFF of separate planes is not read; convert it to PNG');
  });

  test.each([
    ['GIF89a', 'a GIF'],
    ['\0\0\0\x18ftypavif', 'a picture of AVIF'],
    ['\0\0\0\x0cJXL \r\n', 'a picture of JPEG XL'],
    ['II+\0\x08\0', 'a BigTIFF'],
  ])('%j is named', (begin, name) => {
    expect(decode(new Uint8Array(Buffer.from(begin, 'latin1')))).toThrow(`a: ${name} is not read; convert it to PNG`);
  });

  test('a BMP of OS/2, and an empty file', () => {
    const bmp = new Uint8Array(Buffer.from(cases['bmp RGB'].file, 'base64'));
    bmp[14] = 12;
    expect(decode(bmp)).toThrow('a: a BMP of OS/2 is not read; convert it to PNG');
    expect(decode(new Uint8Array(0))).toThrow('a: not a picture: it is empty');
  });
});

describe('with the colours of the file', () => {
  const decode = (name: string) => decodePicture(new Uint8Array(Buffer.from(cases[name].file, 'base64')), name, { colour: 'same' });

  test('grey stays grey, of whatever depth; of 16 bits the upper 8 count', () => {
    const noise = (i: number) => (i * 97 + 31 * (i % 7) + 13) % 256;
    expect([...decode('png L of 16 bits').data]).toEqual(Array.from({ length: 15 }, (_, i) => noise(2 * i)));
    for (const name of ['png 1', 'png L', 'png L of 2 bits', 'bmp L', 'ppm L', 'jpeg L', 'tiff L'])
      expect([name, decode(name).channels]).toEqual([name, 1]);
  });

  test('an opaque alpha is dropped, a transparent one refused', () => {
    expect(hex(decode('png RGBA, opaque').data)).toBe(cases['png RGBA, opaque'].rgb);
    for (const name of ['png RGBA', 'png LA', 'png P with transparency', 'webp RGBA'])
      expect(() => decode(name)).toThrow('transparent in places');
  });
});

test('a file that is cut off, or text in its place, is refused with its name', () => {
  for (const [name, { file }] of Object.entries(cases)) {
    const bytes = new Uint8Array(Buffer.from(file, 'base64'));
    if (!name.includes('of text'))
      expect(() => decodePicture(bytes.subarray(0, bytes.length >> 1), name, { colour: 'rgb' })).toThrow(`${name}: `);
  }
  const pointer = new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
  expect(() => decodePicture(pointer, 'a.png', { colour: 'same' })).toThrow(
    'a.png: not a picture that is read: it is a pointer of git-lfs',
  );
});
