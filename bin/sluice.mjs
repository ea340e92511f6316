#!/usr/bin/env node
// The sources are TypeScript and ship as such (a build bundles just the components it needs), so the CLI runs them through tsx.
import 'tsx/esm'
await import('../src/cli/main.ts')
