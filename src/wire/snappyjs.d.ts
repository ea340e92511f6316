/** The one part of snappyjs (which ships no types) that is used: it asks for no `Buffer` and no `process`, unlike its index. */
declare module 'snappyjs/snappy_compressor.js' {
  export class SnappyCompressor {
    constructor(uncompressed: Uint8Array)
    maxCompressedLength(): number
    /** Writes the block and answers its length. */
    compressToBuffer(out: Uint8Array): number
  }
}
