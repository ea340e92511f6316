/**
 * Everything that the language can say about a configuration, one function a message. `docs/reference/errors.md` is generated from
 * this catalogue and the graph's, which is made with the same `define`.
 */
import { evaluationMessages } from './evaluation-messages.ts'
import { syntaxMessages } from './syntax-messages.ts'

export * from './message.ts'
export { evaluationMessages, syntaxMessages }

/** Every message of the language. */
export const messages = { ...syntaxMessages, ...evaluationMessages }
