/** What the compile phases say about a graph; part of the errors page like the language's own. Wording follows `alloy validate`. */

import { define } from '../../language/messages.ts'

const list = (words: readonly string[]) => words.join(', ')

export const graphMessages = {
  blockLabelMissing: define({
    code: 'graph/block-label-missing',
    explain: 'This block is referred to by its label, so it needs one.',
    text: (name: string) => `${name} block must have a label`,
  }),
  declareDeclare: define({
    code: 'graph/declare-declare',
    explain: 'A component called `declare` could not be told from the block.',
    text: () => '\'declare\' is not a valid label for a declare block',
  }),
  declareCycle: define({
    code: 'graph/declare-cycle',
    explain: 'A module uses itself, directly or by way of others, so it would never end.',
    text: (path: readonly string[]) => (path.length === 1 ? `self reference: ${path[0]!}` : `cycle: ${list(path)}`),
  }),
  onlyInModule: define({
    code: 'graph/only-in-module',
    explain: 'Arguments and exports are the border of a module: they stand directly in a `declare`.',
    text: (name: string) => `${name} blocks only allowed inside a module`,
  }),
  notInModule: define({
    code: 'graph/not-in-module',
    explain: 'Settings of the whole collector stand at the top of the configuration.',
    text: (name: string, where: string) => `${name} not allowed in ${where === 'foreach' ? 'foreach' : 'module'}`,
  }),
  onlyDeclaresInImport: define({
    code: 'graph/only-declares-in-import',
    explain: 'An imported module brings components (`declare`) and further imports; it runs nothing by itself.',
    text: (name: string) => `only declare and import blocks are allowed in a module, got ${name}`,
  }),
  importNotYet: define({
    code: 'graph/import-not-yet',
    explain: 'The module would have to be fetched while the collector runs, which this version of Sluice does not do. `import.file` and `import.string` are read when it is built.',
    text: (name: string) => `${name} is not available in this version of Sluice`,
    hint: () => 'Fetch the module before the build and use import.file.',
  }),
  notConstant: define({
    code: 'graph/not-constant',
    explain: 'The graph is planned when it is built, so this value must be known then: a literal, a function of literals, or an argument given as such.',
    text: (name: string) => `${name} must be known when the configuration is built`,
  }),
  unreadableModule: define({
    code: 'graph/unreadable-module',
    explain: 'The file or folder of a module could not be read. Paths are relative to the working folder; `module_path` is the folder of the module itself.',
    text: (name: string, reason: string) => `cannot read the module ${JSON.stringify(name)}: ${reason}`,
  }),
  modulesTooDeep: define({
    code: 'graph/modules-too-deep',
    explain: 'Modules use modules to a fixed depth.',
    text: (limit: number) => `modules are nested more than ${limit} levels deep`,
  }),
  topLevelAttribute: define({
    code: 'graph/top-level-attribute',
    explain: 'At the top of a file stand blocks only: components and configuration blocks. An attribute belongs into one of them.',
    text: (name: string) => `unrecognized attribute name "${name}"`,
    hint: () => 'Move it into the component it belongs to.',
  }),
  unsupportedStatement: define({
    code: 'graph/unsupported-statement',
    explain: 'Modules and the template of a `foreach` hold blocks, as the configuration itself does. An attribute belongs into one of them.',
    text: () => 'unsupported statement type *ast.AttributeStmt',
    hint: () => 'Move the attribute into the component it belongs to.',
  }),
  notConfigurable: define({
    code: 'graph/not-configurable',
    explain: 'Alloy has a service of this name, and nothing about it can be set.',
    text: (name: string) => `service "${name}" does not support being configured`,
    hint: () => 'Remove the block.',
  }),
  unknownComponent: define({
    code: 'graph/unknown-component',
    explain: 'No component or configuration block has this name.',
    text: (name: string, _nearest?: string) => `cannot find the definition of component name "${name}"`,
    hint: (_name, nearest) => nearest === undefined ? undefined : `Did you mean ${nearest}?`,
  }),
  unsupportedComponent: define({
    code: 'graph/unsupported-component',
    explain: 'Alloy has this component, and this version of Sluice does not, or cannot: the message says which, and what to use instead.',
    text: (name: string, reason: string) => `"${name}" is known to Alloy, but not available here: ${reason}`,
  }),
  community: define({
    code: 'graph/community',
    explain: 'Community components are kept by their users; they have to be allowed.',
    text: (name: string) => `the component "${name}" is a community component. Use the --feature.community-components.enabled command-line flag to enable community components`,
  }),
  labelMissing: define({
    code: 'graph/label-missing',
    explain: 'A component is referred to by its label, so it needs one: `loki.write "default" { ... }`.',
    text: (name: string) => `component "${name}" must have a label`,
    hint: name => `Write ${name} "default" { ... }.`,
  }),
  labelRefused: define({
    code: 'graph/label-refused',
    explain: 'A configuration block stands once and has no label.',
    text: (name: string) => `block "${name}" requires empty label`,
  }),
  duplicateNode: define({
    code: 'graph/duplicate',
    explain: 'Two components have the same name and label, so a reference could mean either. Give one another label.',
    text: (id: string, first: string) => `block ${id} already declared at ${first}`,
    hint: () => 'Give one of them another label.',
  }),
  unknownReference: define({
    code: 'graph/unknown-reference',
    explain: 'The expression refers to a component that is not declared, or to a name that neither the standard library nor the configuration has.',
    text: (path: string, _nearest?: string) => `component "${path}" does not exist or is out of scope`,
    hint: (_path, nearest) => nearest === undefined ? undefined : `Did you mean ${nearest}?`,
  }),
  deprecatedFunction: define({
    code: 'graph/deprecated-function',
    severity: 'warning',
    explain: 'The function has a successor in a namespace of the standard library.',
    text: () => 'this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives',
  }),
  shadowing: define({
    code: 'graph/shadows-stdlib',
    severity: 'warning',
    explain: 'A component has the name of a namespace of the standard library, which is no longer reachable under it.',
    text: () => 'a component is shadowing an existing stdlib name',
  }),
  cycle: define({
    code: 'graph/cycle',
    explain: 'Components refer to one another in a circle, so none of them could be built first.',
    text: (ids: readonly string[]) => `cycle detected: ${list(ids)}`,
    hint: () => 'Remove one of the references between them.',
  }),
  selfReference: define({
    code: 'graph/self-reference',
    explain: 'A component refers to its own exports.',
    text: () => 'cannot reference self',
  }),
  missingAttribute: define({
    code: 'check/missing-attribute',
    explain: 'The block lacks an attribute that it cannot do without.',
    text: (name: string) => `missing required attribute "${name}"`,
  }),
  missingBlock: define({
    code: 'check/missing-block',
    explain: 'The block lacks an inner block that it cannot do without.',
    text: (name: string) => `missing required block "${name}"`,
  }),
  unknownAttribute: define({
    code: 'check/unknown-attribute',
    explain: 'The block has no attribute of this name.',
    text: (name: string, _nearest?: string) => `unrecognized attribute name "${name}"`,
    hint: (_name, nearest) => nearest === undefined ? undefined : `Did you mean ${nearest}?`,
  }),
  unknownBlock: define({
    code: 'check/unknown-block',
    explain: 'The block has no inner block of this name.',
    text: (name: string, _nearest?: string) => `unrecognized block name "${name}"`,
    hint: (_name, nearest) => nearest === undefined ? undefined : `Did you mean ${nearest}?`,
  }),
  duplicateAttribute: define({
    code: 'check/duplicate-attribute',
    explain: 'An attribute stands twice in one block; only one of them could count.',
    text: (name: string) => `attribute "${name}" may only be provided once`,
  }),
  duplicateBlock: define({
    code: 'check/duplicate-block',
    explain: 'A block that may stand once stands twice.',
    text: (name: string) => `block "${name}" may only be specified once`,
  }),
  expectedBlock: define({
    code: 'check/expected-block',
    explain: 'The name is that of a block, but a value is assigned to it. Blocks have no `=`.',
    text: (name: string) => `"${name}" must be a block, but is used as an attribute`,
    hint: name => `Write ${name} { ... }, without =.`,
  }),
  expectedAttribute: define({
    code: 'check/expected-attribute',
    explain: 'The name is that of an attribute, but it is written as a block. Attributes are assigned with `=`.',
    text: (name: string) => `"${name}" must be an attribute, but is used as a block`,
    hint: name => `Write ${name} = ...`,
  }),
  unexpectedLabel: define({
    code: 'check/unexpected-label',
    explain: 'Inner blocks have no label.',
    text: (name: string) => `block "${name}" requires empty label`,
  }),
  invalidValue: define({
    code: 'check/invalid-value',
    explain: 'The value has the wrong type, or is not among those the argument takes. Where components are wired to one another, the hint says what flows at each end.',
    text: (subject: string, problem: string, _hint?: string) => `${subject} ${problem}`,
    hint: (_subject, _problem, hint) => hint,
  }),
  doesNotFit: define({
    code: 'check/type-mismatch',
    explain: 'What is written here has another type than the argument, or is not among the words that it takes.',
    text: (reason: string, _hint?: string) => reason,
    hint: (_reason, hint) => hint,
  }),
  invalidArgument: define({
    code: 'check/invalid-argument',
    explain: 'The component itself does not accept its arguments: an expression that does not compile, an address that is none, two that exclude each other.',
    text: (reason: string, _hint?: string) => reason,
    hint: (_reason, hint) => hint,
  }),
  inert: define({
    code: 'check/inert',
    severity: 'warning',
    explain: 'Alloy has this argument, and without a host it has no effect; the message says what happens instead.',
    text: (name: string, what: string) => `"${name}" has no effect here: ${what}`,
  }),
  gated: define({
    code: 'check/stability',
    explain: 'The component or argument is less stable than the level you allow.',
    text: (subject: string, level: string, allowed: string) =>
      `${subject} is at stability level "${level}", which is below the minimum allowed stability level "${allowed}". Use --stability.level command-line flag to enable "${level}" features`,
  }),
  impossible: define({
    code: 'place/impossible',
    explain: 'The target platform cannot run this component; the message says why and what to use instead.',
    text: (name: string, target: string, reason: string) => `"${name}" cannot run on ${target}: ${reason}`,
  }),
  sharedPath: define({
    code: 'place/shared-path',
    severity: 'warning',
    explain: 'Behind one address two receivers cannot have the same path, so neither gets it. Each still has its own: /api/v0/component/<id>/<path>.',
    text: (paths: readonly string[], ids: readonly string[]) =>
      `${list(paths)} ${paths.length === 1 ? 'is' : 'are'} claimed by ${list(ids)}, so none of them gets ${paths.length === 1 ? 'it' : 'them'}`,
    hint: (paths, ids) => `Send to ${ids.map(id => `/api/v0/component/${id}${paths[0]!}`).join(' or ')}.`,
  }),
  sharedListener: define({
    code: 'place/shared-listener',
    severity: 'warning',
    explain: 'Two receivers ask for the same address. On Node it is opened once, for the first of them; behind the one door both are served.',
    text: (address: string, ids: readonly string[]) => `${address} is asked for by ${list(ids)}; it is opened for ${ids[0]!} only`,
  }),
  unguarded: define({
    code: 'place/unguarded-receiver',
    explain: 'The result will stand on the internet, and anyone could write to this receiver. Guard everything with the `http` block\'s `auth`, or this receiver with its own.',
    text: (id: string) => `receiver ${id} would accept data from anyone`,
    hint: () => 'Add http { auth { basic { username = ..., password = ... } } }, or pass --allow-unauthenticated if that is what you want.',
  }),
  unguardedWarning: define({
    code: 'place/unguarded-receiver-warning',
    severity: 'warning',
    explain: 'Nobody who writes to this receiver is asked who they are. On this machine that may be fine; a build for the internet refuses it.',
    text: (id: string) => `receiver ${id} accepts data from anyone`,
    hint: () => 'Add http { auth { basic { username = ..., password = ... } } }, or the auth of the receiver itself.',
  }),
  unreachable: define({
    code: 'place/unreachable',
    severity: 'warning',
    explain: 'No data and no value gets from this component to anything that acts, or nothing sends to it: it does no work.',
    text: (id: string) => `nothing uses ${id}`,
    hint: () => 'Refer to what it exports (for example in a forward_to), or remove it.',
  }),
  unusedArgument: define({
    code: 'graph/unused-argument',
    severity: 'warning',
    explain: 'The module asks for an argument and does not use it.',
    text: (name: string) => `argument "${name}" is never read`,
    hint: name => `Use argument.${name}.value in the module, or remove the argument.`,
  }),
  unreadableFile: define({
    code: 'place/unreadable-file',
    explain: 'A file that the configuration names must be there when it is built for a target without a disk.',
    text: (name: string, reason: string) => `the file ${JSON.stringify(name)} cannot be embedded: ${reason}`,
  }),
  secretFile: define({
    code: 'place/secret-file',
    explain: 'Secrets are never folded into a build. Give them to the platform as a secret and read them with sys.env.',
    text: (name: string) => `the file ${JSON.stringify(name)} holds a secret, and the target has no disk to read it from`,
    hint: () => 'Store it as a secret of the platform (wrangler secret put NAME, or the environment on Lambda) and write sys.env("NAME").',
  }),
}
