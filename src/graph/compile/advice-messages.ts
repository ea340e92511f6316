/**
 * Advice: what Alloy accepts without a word and is probably not meant, and what the target platform makes of it. Warnings all, apart
 * from a bundle that cannot be deployed.
 */

import { define } from '../../language/messages.ts'
import { sizeText } from './limits.ts'

export const adviceMessages = {
  dataEnds: define({
    code: 'advice/data-ends',
    severity: 'warning',
    explain: 'Data gets as far as this component and no further. Its sender is told that all is well, and the data is gone.',
    text: (id: string, what: string, why: string) => `the way of ${what} ends at ${id}, which acknowledges all of it: ${why}`,
    hint: () => 'Name a receiver or an endpoint to send it to, or remove the component.',
  }),
  servesNothing: define({
    code: 'advice/serves-nothing',
    severity: 'warning',
    explain: 'No request can reach this receiver: it opens no protocol that can be served here, or none of its signals goes anywhere.',
    text: (id: string) => `${id} receives nothing`,
    hint: () => 'Give it a protocol over HTTP (an http block), and an output for each signal that it should take.',
  }),
  unusedModule: define({
    code: 'advice/unused-module',
    severity: 'warning',
    explain: 'The module is declared, and nothing uses it: none of what is in it runs.',
    text: (name: string) => `nothing uses the module "${name}"`,
    hint: name => `Use it (${name} "default" { ... }), or remove it.`,
  }),
  labelName: define({
    code: 'advice/label-name',
    severity: 'warning',
    explain: 'Alloy takes any text for the name of a label here, and the destination may not: a Loki refuses all but letters, digits and underscores, a Prometheus '
      + 'or Mimir unless it has been told to take UTF-8 names. What is refused is the whole request, with everything in it.',
    text: (name: string, _better?: string) => `${JSON.stringify(name)} is not a label name that every destination takes`,
    hint: (_name, better) => (better === undefined ? 'Names start with a letter or underscore, followed by letters, digits and underscores.' : `Write ${better}.`),
  }),
  body: define({
    code: 'limit/request-size',
    severity: 'warning',
    explain: 'The receiver would take larger requests than the platform lets through. Senders get the platform\'s own refusal, and nothing is said about it here.',
    text: (name: string, asked: number, platform: string, most: number, why: string) =>
      `${name} of ${sizeText(asked)} cannot be used on ${platform}, where a request has at most ${sizeText(most)}: ${why}`,
    hint: (_name, _asked, _platform, most) => `Set it to at most ${Math.floor(most)}, and let senders make smaller batches.`,
  }),
  answerTime: define({
    code: 'limit/answer-time',
    severity: 'warning',
    explain: 'Something is given more time than the platform gives the whole request, so the time is never used up: the request ends first.',
    text: (name: string, platform: string, why: string) => `${name} is longer than a request lasts on ${platform}: ${why}`,
    hint: () => 'Set it to less than senders wait for their answer, usually 10s.',
  }),
  connections: define({
    code: 'limit/connections',
    severity: 'warning',
    explain: 'A platform lets one invocation have so many requests on their way at a time. The others wait for one of them to end, so a slow destination delays them all.',
    text: (id: string, destinations: number, platform: string, most: number) =>
      `one request to ${id} goes on to ${destinations} destinations, and ${platform} has ${most} connections at a time: the others wait`,
    hint: () => 'Give slow destinations a short timeout, or divide the destinations among several builds.',
  }),
  interval: define({
    code: 'limit/interval',
    severity: 'warning',
    explain: 'The platform\'s clock does not strike as often as this component wants to run. It does run as often, in another way, which the message names.',
    text: (id: string, seconds: number, platform: string, met: string) => `${id} runs every ${seconds} s, and the clock of ${platform} is slower: ${met}`,
    hint: () => 'An interval of a minute or more costs one short invocation each.',
  }),
  variables: define({
    code: 'limit/variables',
    severity: 'warning',
    explain: 'The configuration reads more from the environment than the platform lets one set.',
    text: (what: string, platform: string, most: string) => `the configuration reads ${what}, and ${platform} has room for ${most}`,
    hint: () => 'Put several values into one variable as JSON, and take it apart with encoding.from_json(sys.env("NAME")).',
  }),
  frozenFile: define({
    code: 'limit/frozen-file',
    severity: 'warning',
    explain: 'The target has no disk. The file is read when the configuration is built, and its content goes into the build.',
    text: (name: string, platform: string) => `${platform} has no disk: the file ${JSON.stringify(name)} goes into the build as it is then, and changes with the next build only`,
    hint: () => 'Build again when the file changes; use sys.env for values that are set where it runs.',
  }),
  bundle: define({
    code: 'limit/bundle',
    explain: 'What was built is larger than the platform takes, so it could not be deployed.',
    text: (size: string, how: string, platform: string, most: string) => `the bundle has ${size}${how}, and ${platform} takes at most ${most}`,
    hint: () => 'Files that the configuration reads are inside: make them smaller, or divide the configuration into several builds.',
  }),
  bundleFree: define({
    code: 'limit/bundle-free',
    severity: 'warning',
    explain: 'What was built fits the platform\'s paid plans, and not its free one.',
    text: (size: string, how: string, platform: string, most: string) => `the bundle has ${size}${how}, more than the ${most} of the free plan of ${platform}`,
    hint: () => 'Files that the configuration reads are inside: make them smaller, or use a paid plan.',
  }),
}
