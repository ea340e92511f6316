/** Protobuf to OTLP/JSON, by way of objects: nothing that flows through in bulk is written as JSON. */

import { base64, hex } from '../lib/bytes.ts'
import { decode } from './otlp-decode.ts'
import { isDefault } from './otlp-encode.ts'
import { type Decoded, type FieldShape, type MessageName, type Signal, requests, schema } from './otlp-schema.ts'
import { type AttributeValue, isMap } from './otlp-value.ts'

/** Any message of the schema as JSON. Throws WireError. */
export const protoToJson = (bytes: Uint8Array, name: MessageName): string => JSON.stringify(messageJson(name, decode(name, bytes)))

/** An OTLP export request in protobuf as JSON; fields that have their default are left out. Throws WireError. */
export const otlpProtoToJson = (bytes: Uint8Array, signal: Signal): string => protoToJson(bytes, requests[signal])

function messageJson(name: MessageName, message: Decoded<MessageName>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, { type, label }] of Object.entries(schema[name]) as [string, FieldShape][]) {
    const value = (message as Record<string, unknown>)[key]
    if (label === 'many') {
      const list = value as unknown[]
      if (list.length > 0) out[key] = list.map(item => fieldJson(type, item))
    } else if (value !== undefined && (label === 'maybe' || (type === 'value' ? value !== null : !isDefault(type, value)))) {
      const json = fieldJson(type, value)
      if (label === 'maybe' || !isEmpty(json)) out[key] = json
    }
  }
  return out
}

const isEmpty = (json: unknown): boolean => typeof json === 'object' && json !== null && Object.keys(json).length === 0

function fieldJson(type: string, value: unknown): unknown {
  switch (type) {
    case 'value': return valueJson(value as AttributeValue)
    case 'attribute': {
      const { key, value: inner } = value as { key: string; value: AttributeValue }
      return { key, value: valueJson(inner) }
    }
    case 'id': return hex(value as Uint8Array)
    case 'bytes': return base64(value as Uint8Array)
    case 'double': return doubleJson(value as number)
    default: return typeof value === 'bigint' ? value.toString() : typeof value === 'object' ? messageJson(type as MessageName, value as Decoded<MessageName>) : value
  }
}

const doubleJson = (value: number): unknown => (Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? '-0' : String(value))

function valueJson(value: AttributeValue): unknown {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: value.toString() }
  if (typeof value === 'number') return { doubleValue: doubleJson(value) }
  if (value instanceof Uint8Array) return { bytesValue: base64(value) }
  if (isMap(value)) return { kvlistValue: { values: [...value].map(([key, inner]) => ({ key, value: valueJson(inner) })) } }
  return { arrayValue: { values: value.map(valueJson) } }
}
