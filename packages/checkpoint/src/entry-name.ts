/** Names in an archive are keys here and paths elsewhere: no absolute path, no step upwards, no backslash, no control character. */
export function isSafeEntryName(name: string): boolean {
  const parts = name.split('/');
  const plain = name.length > 0 && name.length <= 1024 && !/[\\\p{Cc}\p{Surrogate}]|^[A-Za-z]:/u.test(name);
  return plain && parts[0] !== '' && !parts.includes('..') && !parts.includes('.');
}
