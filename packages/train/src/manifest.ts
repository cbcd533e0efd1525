import { sha256 } from './sha256.js';

/** Size and SHA-256 of every file of a folder, as text that is compared and never parsed: any byte that differs, here too, is damage. */
export async function manifestOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const entries: string[] = [];
  for (const [name, bytes] of files) entries.push(`  ${await entryOf(name, bytes)}`);
  return `{\n${entries.join(',\n')}\n}\n`;
}

/** Name of the first file that is not what the manifest says; undefined where the manifest itself is at fault. */
export async function damagedFile(files: ReadonlyMap<string, Uint8Array>, manifest: string): Promise<string | undefined> {
  for (const [name, bytes] of files) if (!manifest.includes(await entryOf(name, bytes))) return name;
  return undefined;
}

const entryOf = async (name: string, bytes: Uint8Array): Promise<string> =>
  `"${name}": { "bytes": ${bytes.length}, "sha256": "${await sha256(bytes)}" }`;
