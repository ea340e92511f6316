/** Reading configurations: PATH is a file, or a folder whose *.alloy files form one configuration (as Alloy reads it). */

import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Source } from '../graph/compile/1-load.ts'
import { decodeSource } from '../language/source.ts'
import { UsageError } from './usage.ts'

/** The files of one configuration, sorted by name. A path that cannot be read is a UsageError. */
export async function readSources(at: string): Promise<Source[]> {
  try {
    const files = (await stat(at)).isDirectory() ? await alloyFiles(at) : [at]
    return await Promise.all(files.map(async file => ({ file, text: decodeSource(await readFile(file)) })))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`cannot read ${at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function alloyFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.alloy')).sort()
  if (names.length === 0) throw new UsageError(`there is no *.alloy file in ${folder}`)
  return names.map(name => path.join(folder, name))
}
