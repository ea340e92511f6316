/**
 * Writes docs/reference/errors.md from the message catalogues: `tsx scripts/errors.ts`. The example of each message is compiled on the
 * way, so what the page shows is what is said.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { world } from '../src/cli/compile.ts'
import { adviceMessages } from '../src/graph/compile/advice-messages.ts'
import { compile } from '../src/graph/compile/compile.ts'
import { graphMessages } from '../src/graph/compile/messages.ts'
import { placeOf } from '../src/language/diagnostics.ts'
import type { Message } from '../src/language/messages.ts'
import { messages } from '../src/language/messages.ts'
import { examples, type Example } from './error-examples.ts'

/** Where the page is. */
export const errorsPagePath = path.resolve(import.meta.dirname, '../docs/reference/errors.md')

export type AnyMessage = Pick<Message<never>, 'code' | 'severity' | 'explain' | 'sample'>

/** Every message, by its code. */
export const catalogue: readonly AnyMessage[] =
  [...Object.values(messages), ...Object.values(graphMessages), ...Object.values(adviceMessages)].sort((a, b) => (a.code < b.code ? -1 : 1))

/** Areas in the order of the page, with what they are about. */
const areas: Readonly<Record<string, readonly [title: string, about: string]>> = {
  syntax: ['Syntax', 'The text is no Alloy configuration. Nothing else is checked until it is one.'],
  eval: ['Values', 'An expression cannot be evaluated.'],
  graph: ['Components and how they are wired', 'What a configuration declares, and what refers to what.'],
  check: ['Arguments', 'What a component takes, against what it is given.'],
  place: ['Where it can run', 'What the target platform makes of the graph: routes, credentials, files.'],
  limit: ['What the platform holds', 'Limits of the target platform. Said with `--target`, and by `sluice build`.'],
  advice: ['Advice', 'Alloy accepts it without a word, and it is probably not meant. Said by `sluice validate` only.'],
}

const introduction = `# Errors and warnings

Generated from the source by \`npx tsx scripts/errors.ts\`.

\`sluice validate\` reports all problems of a configuration at once, and \`sluice build\` builds nothing while there is an error. What
Alloy says as well has Alloy's words, so that what you find about them elsewhere applies. What only Sluice says is in the areas
\`place\`, \`limit\` and \`advice\`.

An **error** keeps the configuration from running: the exit code is 1. A **warning** does not: the exit code stays 0. For scripts,
\`--json\` prints one array, and codes do not change from version to version:

\`\`\`sh
sluice validate --json --target=cloudflare config.alloy |
  jq -r '.[] | select(.code | startswith("limit/")) | "\\(.file):\\(.line):\\(.column) \\(.message) \\(.hint)"'
\`\`\`

Each object has \`file\`, \`line\`, \`column\`, \`endLine\`, \`endColumn\` (from 1, columns in bytes, the end included), \`severity\`, \`code\`,
\`message\` and \`hint\` (the way out; empty where there is no more to say than the message does).
`

/** The text of the page; throws where an example does not lead to its message. */
export async function errorsPage(): Promise<string> {
  const sections = await Promise.all(Object.entries(areas).map(async ([area, [title, about]]) => {
    const own = catalogue.filter(({ code }) => code.startsWith(`${area}/`))
    return `## ${title}\n\n${about}\n\n${(await Promise.all(own.map(entry))).join('\n')}`
  }))
  const contents = Object.entries(areas).map(([area, [title]]) => {
    const links = catalogue.filter(({ code }) => code.startsWith(`${area}/`)).map(({ code }) => `[${code.slice(area.length + 1)}](#${code.replace('/', '')})`)
    return `- **${title}** (\`${area}/\`): ${links.join(', ')}`
  })
  return `${introduction}\n${contents.join('\n')}\n\n${sections.join('\n')}`
}

async function entry({ code, severity, explain, sample }: AnyMessage): Promise<string> {
  const example = examples[code]
  const title = severity === 'error' ? 'Error' : 'Warning'
  const shown = example === undefined ? sampled(title, sample()) : await compiled(code, typeof example === 'string' ? { text: example } : example)
  return [`### \`${code}\``, '', `${title}. ${explain}`, '', ...shown].join('\n')
}

const sampled = (title: string, text: string | undefined) => (text === undefined ? [] : ['```text', `${title}: ${text}`, '```', ''])

/** The example, and what is said of it. */
async function compiled(code: string, { text, flags, options = {} }: Example): Promise<string[]> {
  const missing = async () => { throw new Error('no such file or directory') }
  const { diagnostics } = await compile([{ file: 'config.alloy', text }], {
    ...world,
    stability: 'generally-available',
    readFile: async name => (name === 'package.json' ? new Uint8Array() : missing()),
    readModule: missing,
    ...options,
  })
  const said = diagnostics.find(diagnostic => diagnostic.code === code)
  if (said === undefined) throw new Error(`the example of ${code} leads to ${diagnostics.map(diagnostic => diagnostic.code).join(', ') || 'nothing'}`)
  const title = said.severity === 'error' ? 'Error' : 'Warning'
  return [
    '```alloy', text.trimEnd(), '```', '',
    ...(flags === undefined ? [] : [`With \`${flags}\`:`, '']),
    '```text', `${title}: ${placeOf(said)}: ${said.message}`, ...(said.hint === undefined ? [] : ['', `Hint: ${said.hint}`]), '```', '',
  ]
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(path.dirname(errorsPagePath), { recursive: true })
  writeFileSync(errorsPagePath, await errorsPage())
}
