/** facts/remote-write-label-validation.json: which labels a receiver of remote-write refuses, and how it says so. */
import { checkLabels } from '../../../src/telemetry/prometheus-validate.ts'
import { LENGTH } from '../../../src/wire/reader.ts'
import { Writer } from '../../../src/wire/writer.ts'
import type { SetResult } from '../set.ts'
import { compareCases, readCases } from './cases.ts'

/** Text, or bytes that are none: as a Go string literal, or in hexadecimal. */
type Text = string | { $bytes: string } | { $hex: string }

interface LabelCase {
  name: string
  labels: [Text, Text][]
  error: Text | { $op: '+'; l: string; r: Text } | null
}

/** The name of the set, and how it runs over a corpus folder. */
export const name = 'remote-write-labels'

export async function run(dir: string): Promise<SetResult> {
  return compareCases(await readCases<LabelCase>(dir, 'remote-write-label-validation.json'), wanted, actual)
}

function bytesOf(value: Text): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  if ('$hex' in value) return Buffer.from(value.$hex, 'hex')
  const literal = value.$bytes.slice(1, -1).replace(/\\x(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return Buffer.from(literal, 'latin1')
}

const textOf = (value: Text) => new TextDecoder().decode(bytesOf(value))

function wanted({ error }: LabelCase): string | null {
  if (error === null) return null
  return typeof error === 'object' && '$op' in error ? error.l + textOf(error.r) : textOf(error)
}

function actual({ labels }: LabelCase): string | null {
  const w = new Writer()
  for (const [label, value] of labels) w.tag(1, LENGTH).fork().tag(1, LENGTH).bytes(bytesOf(label)).tag(2, LENGTH).bytes(bytesOf(value)).join()
  const bytes = w.finish()
  return checkLabels(bytes, 0, bytes.length).problem ?? null
}
