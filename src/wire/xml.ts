/** XML as APIs answer it: elements and their text. Attributes are passed over; document types and their entities are refused. */

import { WireError } from './error.ts'

export interface XmlElement {
  /** Without its namespace's prefix. */
  readonly name: string
  /** The text directly in it. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

const maxDepth = 100
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The root element of a document; throws WireError (offsets count UTF-16 units) for what is none. */
export function parseXml(document: string): XmlElement {
  const root = { name: '', text: '', children: [] as XmlElement[] }
  const open = [root]
  // What is between markup, then one piece of markup: comment, instruction, CDATA, tag.
  const piece = /([^<]*)(?:<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/!?"'=]+)((?:\s+[^\s<>/"'=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|$)/y
  for (;;) {
    const at = piece.lastIndex
    const found = piece.exec(document)
    if (found === null) throw new WireError('XML', at, 'what is no markup that is read here')
    const [whole, between = '', cdata, closing, tag = '', , empty] = found
    const top = open[open.length - 1]!
    top.text += decoded(between, at) + (cdata ?? '')
    if (whole === '' || piece.lastIndex === document.length && !whole.endsWith('>')) break
    if (tag === '') continue
    const name = tag.slice(tag.indexOf(':') + 1)
    if (closing === '/') {
      if (open.length === 1 || top.name !== name) throw new WireError('XML', at, `the end of <${name}> where ${open.length === 1 ? 'nothing is open' : `that of <${top.name}> should be`}`)
      open.pop()
      continue
    }
    if (open.length > maxDepth) throw new WireError('XML', at, `elements nested deeper than ${maxDepth}`)
    const element = { name, text: '', children: [] as XmlElement[] }
    top.children.push(element)
    if (empty !== '/') open.push(element)
  }
  if (open.length > 1) throw new WireError('XML', document.length, `the document ends within <${open[open.length - 1]!.name}>`)
  const [first, second] = root.children
  if (first === undefined || second !== undefined || root.text.trim() !== '') throw new WireError('XML', 0, 'no document of one element')
  return first
}

const decoded = (text: string, at: number): string => (!text.includes('&') ? text : text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));|&/g, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
  const code = decimal !== undefined ? Number(decimal) : hexadecimal !== undefined ? Number.parseInt(hexadecimal, 16) : undefined
  if (code !== undefined && code <= 0x10ffff) return String.fromCodePoint(code)
  const character = name !== undefined && Object.hasOwn(entities, name) ? entities[name] : undefined
  if (character === undefined) throw new WireError('XML', at, `the unknown entity ${whole}`)
  return character
}))

/** The element at a path of names below `element`. */
export function xmlAt(element: XmlElement, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => at?.children.find(child => child.name === name), element)
}

/** The text of the element at a path. */
export const xmlText = (element: XmlElement, ...path: readonly string[]): string | undefined => xmlAt(element, ...path)?.text

/** The `item`s of the list at a path, as AWS writes lists. */
export const xmlItems = (element: XmlElement, ...path: readonly string[]): readonly XmlElement[] =>
  xmlAt(element, ...path)?.children.filter(child => child.name === 'item') ?? []
