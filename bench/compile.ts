/**
 * `npm run bench -- compile`: what compiling costs as configurations grow. Each row compiles a chain of relays of that many components
 * with the real catalogue; `growth` is its time over that of a tenth of it: 10 is linear.
 */
import { catalog } from '../src/components/catalog.gen.ts'
import { lookup } from '../src/cli/compile.ts'
import { compile } from '../src/graph/compile/compile.ts'
import { stdlib } from '../src/language/stdlib/index.ts'

/** `count` loki.relabel components, each forwarding to the next. */
const chain = (count: number) => Array.from({ length: count }, (_, i) => `loki.relabel "n${i}" {
  rule {
    source_labels = ["a", "b"]
    target_label  = "c${i}"
    replacement   = "x"
  }
  forward_to = [${i + 1 < count ? `loki.relabel.n${i + 1}.receiver` : 'loki.echo.end.receiver'}]
}
`).join('') + 'loki.echo "end" { }\n'

async function cpuMs(text: string): Promise<number> {
  const begin = process.cpuUsage()
  const { plan, diagnostics } = await compile([{ file: 'bench.alloy', text }], { lookup, names: Object.keys(catalog), functions: stdlib(() => ''), stability: 'experimental' })
  if (plan === undefined) throw new Error(diagnostics[0]!.message)
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / 1000
}

/** The best of `runs`: what noise adds is never what the compiler costs. */
async function best(text: string, runs: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < runs; i++) times.push(await cpuMs(text))
  return Math.min(...times)
}

export async function* rows() {
  await best(chain(200), 5)
  let before: number | undefined
  for (const components of [100, 1_000, 10_000]) {
    const ms = await best(chain(components), 3)
    yield { row: `compile ${components}`, components, cpuMs: Math.round(ms), growth: before === undefined ? 0 : Number((ms / before).toFixed(1)) }
    before = ms
  }
}
