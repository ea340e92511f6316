/** The txtar format (Go's): a comment, then files that each start with a line `-- name --`. */

export interface TxtarFile { readonly name: string; readonly content: string }
export interface Txtar { readonly comment: string; readonly files: readonly TxtarFile[] }

const header = /^-- (.+) --$/

export function parseTxtar(text: string): Txtar {
  const files: { name: string; lines: string[] }[] = []
  const comment: string[] = []
  for (const line of text.split('\n')) {
    const name = header.exec(line)?.[1]
    if (name !== undefined) files.push({ name, lines: [] })
    else (files.at(-1)?.lines ?? comment).push(line)
  }
  return { comment: comment.join('\n'), files: files.map(({ name, lines }) => ({ name, content: lines.join('\n') })) }
}

/** The text of an archive; every file ends with a line break. */
export function printTxtar({ comment, files }: Txtar): string {
  const whole = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  return whole(comment) + files.map(({ name, content }) => `-- ${name} --\n${whole(content)}`).join('')
}
