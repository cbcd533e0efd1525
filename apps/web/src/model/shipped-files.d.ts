declare module 'virtual:shipped-files' {
  const files: readonly { readonly name: string; readonly file: string; readonly bytes: number; readonly sha256: string }[];
  export default files;
}
