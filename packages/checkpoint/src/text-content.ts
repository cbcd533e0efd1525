/** Bytes at the beginning of a file that `textContent` needs. */
export const TEXT_SAMPLE_BYTES = 512;

/**
 * Say what a file is that should hold numbers or pictures and holds text, from its first bytes: a pointer of git-lfs, a saved page, any other text.
 * Undefined for what may be binary.
 */
export function textContent(start: Uint8Array): string | undefined {
  const text = decode(start.subarray(0, TEXT_SAMPLE_BYTES));
  if (text === undefined) return undefined;
  if (text.startsWith('version https://git-lfs.github.com/spec/'))
    return 'a pointer of git-lfs (text of three lines), whose content was not fetched; run `git lfs pull`, or download the file itself';
  if (/^\s*(<!doctype html|<html|<head|<\?xml)/i.test(text))
    return 'a saved web page (text), such as a login or error page, in place of the file; download the file itself';
  return `a text file, which begins ${JSON.stringify(text.slice(0, 40))}`;
}

/** Text without control characters, its last character perhaps cut off; undefined where the bytes are no such text. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    const isText = !/[^\P{Cc}\t\n\r]/u.test(text);
    return isText && text.length > 0 ? text : undefined;
  } catch {
    return undefined;
  }
}
