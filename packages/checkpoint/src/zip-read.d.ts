/**
 * Reads a zip archive with stored and deflated entries: name → bytes, in the order of its directory; folders are left out.
 * Stored bytes are views of `bytes`. What inflates is measured as it comes, never believed from a header.
 * @throws CheckpointError (as a rejection) for anything that is not a sound archive; zip64 is refused as 'unsupported'.
 */
export declare function readZip(
  bytes: Uint8Array,
  options?: {
    readonly source?: string;
  },
): Promise<Map<string, Uint8Array>>;
//# sourceMappingURL=zip-read.d.ts.map
