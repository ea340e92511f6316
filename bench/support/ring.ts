/** The consistent-hash ring of an Alloy cluster, as facts: 512 tokens a node, each the hash of the node's name and a growing tail of bytes. */

import { utf8 } from '../../src/lib/bytes.ts'
import { xxhash64, type Hash64 } from '../../src/lib/xxhash64.ts'

const tokensPerNode = 512

const order = (a: Hash64, b: Hash64) => a.high - b.high || a.low - b.low

/** The node of each target: that of the first token at or after its hash. */
export function alloyRing(hashes: readonly Hash64[], nodes: number): Int32Array {
  const tokens = Array.from({ length: nodes }, (_, node) => {
    const name = utf8(`sluice-${node}`)
    const bytes = new Uint8Array(name.length + tokensPerNode)
    bytes.set(name)
    return Array.from({ length: tokensPerNode }, (_, token) => {
      bytes[name.length + token] = token
      return { node, hash: xxhash64(bytes, name.length + token + 1) }
    })
  }).flat().sort((a, b) => order(a.hash, b.hash) || a.node - b.node)
  return Int32Array.from(hashes, hash => {
    let [from, to] = [0, tokens.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (order(tokens[middle]!.hash, hash) < 0) from = middle + 1
      else to = middle
    }
    return tokens[from % tokens.length]!.node
  })
}
