declare module 'virtual:shipped-models' {
  const models: readonly {
    readonly name: string;
    readonly files: readonly { readonly file: string; readonly bytes: number; readonly sha256: string }[];
  }[];
  export default models;
}
