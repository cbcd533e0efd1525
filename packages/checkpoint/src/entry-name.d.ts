/** Names in an archive are keys here and paths elsewhere: no absolute path, no step upwards, no backslash, no control character. */
export declare function isSafeEntryName(name: string): boolean;
//# sourceMappingURL=entry-name.d.ts.map
