/** `encoding`: JSON, base64 and URLs. (YAML is in a file of its own, because of the library behind it.) */
import { decodeSource } from '../source.ts'
import type { Value } from '../value.ts'
import { CallError, FunctionValue, isObject, objectValue } from '../value.ts'
import { checkCount, toText } from './_arguments.ts'
import { fromBase64, standardAlphabet, toBase64, urlAlphabet } from './_base64.ts'
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
  from_base64: ofText('from_base64', text => fromBase64(text, standardAlphabet)),
  from_URLbase64: ofText('from_URLbase64', text => fromBase64(text, urlAlphabet)),
  to_base64: ofText('to_base64', text => toBase64(text, standardAlphabet)),
  to_URLbase64: ofText('to_URLbase64', text => toBase64(text, urlAlphabet)),
  url_encode: ofText('url_encode', urlEncode),
  url_decode: ofText('url_decode', urlDecode),
  to_json: new FunctionValue('to_json', args => {
    checkCount(args, 1)
    const value = args[0]!
    if (!isObject(value)) throw new CallError('jsonEncode only supports map')
    return attempt(() => writeJson(value))
  }),
})
