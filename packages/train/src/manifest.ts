/** Size and SHA-256 of a file. */
export type FileDigest = { readonly size: number; readonly sha256: string };

/** Size and SHA-256 of every file of a folder, as text that is compared and never parsed: any byte that differs, here too, is damage. */
export const manifestOf = (files: ReadonlyMap<string, FileDigest>): string =>
  `{\n${Array.from(files, ([name, digest]) => `  ${entryOf(name, digest)}`).join(',\n')}\n}\n`;

/** Name of the first file that is not what the manifest says; undefined where the manifest itself is at fault. */
export const damagedFile = (files: ReadonlyMap<string, FileDigest>, manifest: string): string | undefined =>
  [...files].find(([name, digest]) => !manifest.includes(entryOf(name, digest)))?.[0];

const entryOf = (name: string, { size, sha256 }: FileDigest): string => `"${name}": { "bytes": ${size}, "sha256": "${sha256}" }`;
