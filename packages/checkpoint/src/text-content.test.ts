import { expect, test } from 'vitest';
import { readSafetensors } from './safetensors-read.js';
import { textContent } from './text-content.js';
import { readTorch } from './torch-read.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0123456789abcdef'.repeat(4)}\nsize 284513\n`;

test('what lies in place of weights is named for what it is, with the way to them', () => {
  for (const read of [readSafetensors, readTorch]) {
    expect(() => read(bytes(pointer))).toThrow(
      'a pointer of git-lfs (text of three lines), whose content was not fetched; run `git lfs pull`',
    );
    expect(() => read(bytes(`\n<!DOCTYPE html>\r\n<title>Sign in</title>${'é'.repeat(300)}`))).toThrow('a saved web page');
    expect(() => read(bytes('Entry not found'))).toThrow('a text file, which begins "Entry not found"');
  }
});

test('binary content and no content are not text', () => {
  expect(textContent(Uint8Array.of(0x41, 0x00, 0x42))).toBeUndefined();
  expect(textContent(Uint8Array.of(0xff, 0xd8))).toBeUndefined();
  expect(textContent(new Uint8Array(0))).toBeUndefined();
});
