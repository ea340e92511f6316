/** Writes docs/reference/errors.md from the message catalogues: `tsx scripts/errors.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { graphMessages } from '../src/graph/compile/messages.ts'
import type { Message } from '../src/language/messages.ts'
import { messages } from '../src/language/messages.ts'

/** Where the page is. */
export const errorsPagePath = path.resolve(import.meta.dirname, '../docs/reference/errors.md')

type AnyMessage = Pick<Message<never>, 'code' | 'severity' | 'explain' | 'sample'>

const areas: Record<string, string> = {
  syntax: 'Syntax',
  eval: 'Values',
  graph: 'Components and how they are wired',
  check: 'Arguments',
  place: 'Where it can run',
}

/** The text of the page. */
export function errorsPage(): string {
  const all: AnyMessage[] = [...Object.values(messages), ...Object.values(graphMessages)]
  const byArea = new Map<string, AnyMessage[]>()
  for (const message of all) {
    const area = message.code.split('/')[0]!
    byArea.set(area, [...byArea.get(area) ?? [], message])
  }
  const sections = [...byArea].map(([area, list]) => {
    const entries = list.sort((a, b) => a.code < b.code ? -1 : 1).map(entry)
    return `## ${areas[area] ?? area}\n\n${entries.join('\n')}`
  })
  return `# Errors and warnings

Every problem has a code, which \`sluice validate --json\` gives along with the place. This page is generated from the
messages in the source (\`npx tsx scripts/errors.ts\`).

${sections.join('\n')}`
}

function entry({ code, severity, explain, sample }: AnyMessage): string {
  const text = sample()
  return [
    `### \`${code}\``, '',
    ...(text === undefined ? [] : [`${severity === 'error' ? 'Error' : 'Warning'}: \`${text.replaceAll('`', '\'')}\``, '']),
    explain, '',
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(path.dirname(errorsPagePath), { recursive: true })
  writeFileSync(errorsPagePath, errorsPage())
}
