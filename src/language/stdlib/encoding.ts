/** `encoding`: JSON, base64 and URLs. (YAML is in a file of its own, because of the library behind it.) */
import { decodeSource } from '../source.ts'
import type { Value } from '../value.ts'
import { ByteList, CallError, FunctionValue, isObject, objectValue } from '../value.ts'
import { checkCount, toText } from './_arguments.ts'
import { parseJson, writeJson } from './_json.ts'

const encoder = new TextEncoder()

/** A function of one text; what it throws becomes the error of the call. */
function ofText(name: string, apply: (text: string) => Value): FunctionValue {
  return new FunctionValue(name, args => {
    checkCount(args, 1)
    return attempt(() => apply(toText(args, 0)))
  })
}

function attempt(apply: () => Value): Value {
  try {
    return apply()
  } catch (error) {
    throw error instanceof CallError ? error : new CallError((error as Error).message)
  }
}

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const forUrls = `${standard.slice(0, 62)}-_`

function toBase64(text: string, alphabet: string): string {
  const bytes = encoder.encode(text)
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const count = Math.min(4, bytes.length - i + 1)
    for (let n = 0; n < 4; n++) out += n < count ? alphabet[(group >> (18 - 6 * n)) & 63] : '='
  }
  return out
}

/** Line breaks are skipped, padding is required; an error names the byte, as Go's does. */
function fromBase64(text: string, alphabet: string): ByteList {
  const source = encoder.encode(text)
  const fail = (at: number) => { throw new CallError(`illegal base64 data at input byte ${at}`) }
  const out: number[] = []
  let group: number[] = []
  const isBreak = (at: number) => source[at] === 0x0a || source[at] === 0x0d
  for (let at = 0; at < source.length; at++) {
    if (isBreak(at)) continue
    const char = String.fromCharCode(source[at]!)
    const digit = alphabet.indexOf(char)
    if (digit !== -1) {
      group.push(digit)
      if (group.length === 4) {
        out.push(...bytesOf(group))
        group = []
      }
      continue
    }
    if (char !== '=' || group.length < 2) fail(at)
    let end = at + 1
    if (group.length === 2) {
      while (isBreak(end)) end++
      if (source[end] !== 0x3d) fail(end < source.length ? end - 1 : end)
      end++
    }
    while (isBreak(end)) end++
    if (end < source.length) fail(end)
    out.push(...bytesOf(group))
    return ByteList.fromBytes(Uint8Array.from(out))
  }
  if (group.length > 0) fail(source.length - group.length)
  return ByteList.fromBytes(Uint8Array.from(out))
}

/** The one, two or three bytes of two, three or four digits. */
function bytesOf(digits: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = digits
  return [(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d].slice(0, digits.length - 1)
}

function urlEncode(text: string): string {
  return encodeURIComponent(decodeLossy(text)).replace(/%20|[!'()*]/g, char =>
    char === '%20' ? '+' : `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Lone surrogates, which no encoding has, become the replacement character. */
function decodeLossy(text: string): string {
  return new TextDecoder().decode(encoder.encode(text))
}

function urlDecode(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad !== null) throw new CallError(`invalid URL escape ${JSON.stringify(text.slice(bad.index, bad.index + 3))}`)
  const plain = text.replaceAll('+', ' ')
  if (!plain.includes('%')) return plain
  return plain.replace(/(?:%[0-9a-fA-F]{2})+/g, run =>
    decodeSource(Uint8Array.from(run.slice(1).split('%'), pair => parseInt(pair, 16))))
}

export const members = objectValue({
  from_json: ofText('from_json', text => parseJson(text)),
  from_base64: ofText('from_base64', text => fromBase64(text, standard)),
  from_URLbase64: ofText('from_URLbase64', text => fromBase64(text, forUrls)),
  to_base64: ofText('to_base64', text => toBase64(text, standard)),
  to_URLbase64: ofText('to_URLbase64', text => toBase64(text, forUrls)),
  url_encode: ofText('url_encode', urlEncode),
  url_decode: ofText('url_decode', urlDecode),
  to_json: new FunctionValue('to_json', args => {
    checkCount(args, 1)
    const value = args[0]!
    if (!isObject(value)) throw new CallError('jsonEncode only supports map')
    return attempt(() => writeJson(value))
  }),
})
