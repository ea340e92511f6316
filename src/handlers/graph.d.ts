/** What `sluice build` generates for a configuration; handlers import it, and the bundler puts the real one in its place. */
declare module '#graph' {
  import type { GraphModule } from '../graph/run/graph.ts'
  export const plan: GraphModule['plan']
  export const components: GraphModule['components']
  export const functions: GraphModule['functions']
  export const openers: GraphModule['openers']
  export const clockWork: GraphModule['clockWork']
  /** Only on Lambda, and where something works in rounds. */
  export const invokerOf: ((env: (name: string) => string | undefined) => ((event: object) => Promise<void>) | undefined) | undefined
}
