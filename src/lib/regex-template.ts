/** Replacement templates as Go's regexp.Expand reads them. */

/** Literal text, or the number or the name of a group. */
type Part = { readonly text: string } | { readonly group: number } | { readonly name: string }

export type Template = readonly Part[]

/** What a template takes from a match. */
interface Groups {
  readonly groups: readonly (string | undefined)[]
  named(name: string): string | undefined
}

/**
 * Splits a template: `$name` takes as many letters, digits and underscores as follow, `${name}` says where it ends, `$$` is a dollar
 * sign, and a `$` that begins none of these stands for itself.
 */
export function parseTemplate(template: string): Template {
  const parts: Part[] = []
  let text = ''
  let at = 0
  while (at < template.length) {
    const dollar = template.indexOf('$', at)
    if (dollar < 0) break
    text += template.slice(at, dollar)
    const reference = /^\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u.exec(template.slice(dollar))
    const name = reference?.[1] ?? reference?.[2]
    if (name === undefined) {
      text += '$'
      at = dollar + (reference === null ? 1 : 2)
      continue
    }
    if (text !== '') parts.push({ text })
    text = ''
    // Go reads a number without leading zeros and below 10^8 as an index, everything else as a name.
    parts.push(/^(?:0|[1-9][0-9]{0,7})$/.test(name) ? { group: Number(name) } : { name })
    at = dollar + reference![0].length
  }
  text += template.slice(at)
  if (text !== '') parts.push({ text })
  return parts
}

/** The text of a template that refers to no group, else undefined. */
export function constantOf(template: Template): string | undefined {
  if (template.length === 0) return ''
  const [only] = template
  return template.length === 1 && only !== undefined && 'text' in only ? only.text : undefined
}

/** The template with its references replaced by what the groups hold; one that took no part, or does not exist, is empty. */
export function fill(template: Template, match: Groups): string {
  let out = ''
  for (const part of template) {
    if ('text' in part) out += part.text
    else if ('group' in part) out += match.groups[part.group] ?? ''
    else out += match.named(part.name) ?? ''
  }
  return out
}
