/**
 * Writes a zip archive of stored (uncompressed) entries, in the order given.
 * @throws RangeError for a name given twice or no plain relative path; CheckpointError of kind 'unsupported' beyond 65,534 entries or 4 GiB, which would need zip64.
 */
export declare function writeZip(files: Iterable<readonly [name: string, data: Uint8Array]>): Uint8Array;
//# sourceMappingURL=zip-write.d.ts.map
