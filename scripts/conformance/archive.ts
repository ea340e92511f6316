/** Archives of text files, as Go's txtar writes them. */

/** The files of an archive by name; what stands before the first is a comment. */
export function readArchive(text: string): Map<string, string> {
  const files = new Map<string, string>()
  let name: string | undefined
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const found = /^-- (.+) --$/.exec(line)?.[1]
    if (found !== undefined) files.set(name = found, '')
    else if (name !== undefined) files.set(name, `${files.get(name)!}${line}\n`)
  }
  return files
}
