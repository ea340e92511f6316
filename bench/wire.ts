/**
 * Is telemetry that stays bytes cheaper than decoding it? Every row against protobufjs: decode, edit the objects, encode. Its code
 * is generated from the .proto files of the tests by reflection, which is the code its static generator writes to a file.
 */
import { memoryRows } from './wire-memory.ts'
import { type BenchOptions, type Case, type Row, measure } from './measure.ts'
import { otlpCases } from './wire-otlp.ts'
import { lokiCases, prometheusCases } from './wire-prometheus.ts'

const sizes = [1, 100, 1000]

type Figures = Readonly<{ row: string } & Record<string, string | number>>

export function* rows(options: BenchOptions): Generator<Row | Figures> {
  for (const items of sizes) {
    for (const one of cases(items)) if (one.row.includes(options.only)) yield measure(one, options)
  }
  yield* memoryRows(options.only)
}

const cases = (items: number): Case[] => [...otlpCases(items), ...prometheusCases(items), ...lokiCases(items)]
