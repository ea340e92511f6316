// Lint with type information. The rules that matter here: a dropped promise is lost telemetry, and what
// must be deterministic (wire, telemetry, language, graph, components) gets time, chance and network as arguments.
import tseslint from 'typescript-eslint'

const throughArguments = [
  ['Date', 'Time arrives through `Call.now()` (or an argument).'],
  ['fetch', 'The network is reached through `Call.fetch`.'],
  ['setTimeout', 'Waiting goes through `Call.sleep`.'],
  ['setInterval', 'Schedules are declared, never started.'],
  ['queueMicrotask', 'Nothing runs behind the back of a call.'],
  ['crypto', 'Randomness arrives through `Call.random`.'],
  ['console', 'Logging goes through `Call.log`.'],
  ['process', 'The environment arrives as an argument.'],
  ['globalThis', 'Globals arrive as arguments.'],
]

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'node_modules/', '**/*.gen.ts', '.wrangler/', '.sluice/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-implied-eval': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The schema and visitor tables read better with `async` kept where an interface asks for a promise.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['src/{lib,wire,telemetry,language,graph,components,transport,state}/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...throughArguments.map(([name, message]) => ({ name, message }))],
      'no-restricted-properties': ['error',
        { object: 'Math', property: 'random', message: 'Randomness arrives through `Call.random`.' },
        { object: 'AbortSignal', property: 'any', message: 'On Node 20 such a signal is collected before it rings; use `Call.within`.' },
        { object: 'AbortSignal', property: 'timeout', message: 'Limits of time arrive through `Call.within`.' },
      ],
    },
  },
  {
    // The only places in those folders that are made of a platform.
    files: ['src/state/stores/*.ts', 'src/lib/time.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test's describe/it return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [{ from: 'package', name: ['it', 'test', 'describe', 'suite'], package: 'node:test' }] }],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
)
