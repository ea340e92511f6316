import { parseDocument } from 'yaml'
import { defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, list, string } from '../contract/schema.ts'
import { text } from '../../lib/bytes.ts'
import { readGroups } from './_shared/groups.ts'
import { discovers, exports, refreshInterval, type Target } from './_shared/targets.ts'

/** Finds targets in files: from the disk on Node, from the build elsewhere. */
export default defineComponent({
  name: 'discovery.file',
  stability: 'generally-available',
  args: args({
    /** The files, in JSON or YAML; the last part of a name may hold `*`. */
    files: list(string({ required: true }), { required: true, reads: 'text' }),
    /** How often to read them again. */
    refresh_interval: refreshInterval('5m'),
  }),
  exports,
  build({ files, refresh_interval }) {
    for (const [i, name] of files.entries()) checkName(name, i)
    /** What each file said last, for when it cannot be read. */
    const known = new Map<string, readonly Target[]>()
    return discovers(refresh_interval, async call => {
      const names = new Set((await Promise.all(files.map(pattern => call.listFiles(pattern)))).flat())
      for (const name of known.keys()) if (!names.has(name)) known.delete(name)
      for (const name of names) {
        try {
          known.set(name, parse(name, text(await call.readFile(name))))
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error)
          // Where nothing is known of it, the whole list stays as it was last.
          if (!known.has(name)) throw new Error(`${name} cannot be read: ${problem}`, { cause: error })
          call.log('error', 'a file of targets cannot be read; its last targets stay', { path: name, err: problem })
        }
      }
      return [...names].flatMap(name => known.get(name)!)
    })
  },
})

/** Prometheus' own rule. */
function checkName(name: string, i: number): void {
  if (name === '' || /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(name)) return
  throw new ArgumentError(['files', i], `path name ${JSON.stringify(name)} is not valid for file discovery`, { hint: 'end it in .json, .yml or .yaml; only the last part may hold a *' })
}

function parse(name: string, content: string): Target[] {
  const extra = { __meta_filepath: name }
  if (/\.json$/i.test(name)) return readGroups(JSON.parse(content), extra)
  // Every scalar is text, as labels and addresses are.
  const document = parseDocument(content, { schema: 'failsafe', uniqueKeys: true })
  const [problem] = document.errors
  if (problem !== undefined) throw problem
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  return readGroups(value === '' ? null : value, extra)
}
