/** The field of a Go template, apart from the other fields: only components that have one should carry the parser. */

import * as z from 'zod/mini'
import { stageFunctions } from '../../lib/go-template-functions.ts'
import { templateProblem } from '../../lib/go-template.ts'
import { string, type Field } from './schema.ts'

/** A template of text/template with the functions of Alloy's log stages, as text; one that cannot be parsed is refused in Go's words. */
export function template(options: { readonly required: true } | { readonly default: string }): Field<string> {
  const check = z.string().check(({ value, issues }) => {
    const problem = templateProblem(value, stageFunctions)
    if (problem !== undefined) issues.push({ code: 'custom', message: `is no template: ${problem}`, input: value })
  })
  return string({ ...options, check })
}
