/** What go-template.ts makes of a template. */

/** A value in a command; `fields` are looked up in it, one after the other. */
export interface Operand {
  readonly kind: 'dot' | 'nil' | 'bool' | 'number' | 'string' | 'char' | 'variable' | 'function' | 'pipeline'
  /** As written; a string's content. */
  readonly text: string
  readonly fields: readonly string[]
  /** Of what stands in parentheses. */
  readonly inner?: Pipeline
  readonly at: number
}

/** Commands, each with the result of the one before as its last argument; the last result is what the variables become. */
export interface Pipeline {
  readonly variables: readonly string[]
  /** The variables are there already (`=`, not `:=`). */
  readonly assigns: boolean
  readonly commands: readonly (readonly Operand[])[]
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipeline: Pipeline; readonly body: readonly Node[]; readonly otherwise: readonly Node[] }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: 'break' | 'continue' }

export interface Template {
  readonly nodes: readonly Node[]
  /** What `define` and `block` name. */
  readonly defined: ReadonlyMap<string, readonly Node[]>
}
