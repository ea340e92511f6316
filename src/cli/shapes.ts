/** What Alloy's components take and export, from the generated table beside this file. Only the command needs it: no bundle holds it. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseShapes } from '../graph/compile/shapes.ts'

export const shapes = parseShapes(readFileSync(path.join(import.meta.dirname, 'shapes.gen.txt'), 'utf8'))
