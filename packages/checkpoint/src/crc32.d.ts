/** CRC-32 as zip and PNG use it (polynomial 0x04C11DB7, reflected), as an unsigned number. */
export declare function crc32(bytes: Uint8Array): number;
//# sourceMappingURL=crc32.d.ts.map
