declare module 'snappyjs' {
  export function compress(uncompressed: Buffer): Buffer
}
