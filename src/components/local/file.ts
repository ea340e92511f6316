import { text } from '../../lib/bytes.ts'
import { OptionalSecret, defineComponent } from '../contract/define.ts'
import { ArgumentError } from '../contract/errors.ts'
import { args, boolean, duration, string } from '../contract/schema.ts'

/** Exports the content of a file, and its new content when it changes. */
export default defineComponent({
  name: 'local.file',
  stability: 'generally-available',
  args: args({
    /** The file: read from the disk on Node, put into the build elsewhere. */
    filename: string({ required: true, reads: ({ is_secret }) => (is_secret === true ? 'secret' : 'text') }),
    /** How changes are noticed. */
    detector: string({
      default: 'fsnotify',
      oneOf: ['fsnotify', 'poll'],
      inert: 'The file is read again every poll_frequency; nothing runs in between that could watch it.',
    }),
    /** How often to read the file again. */
    poll_frequency: duration({ default: '1m' }),
    /** Whether the content is a secret. */
    is_secret: boolean({ default: false }),
  }),
  exports: { content: 'optional_secret' },
  build({ filename, poll_frequency, is_secret }) {
    if (poll_frequency <= 0) throw new ArgumentError(['poll_frequency'], 'poll_frequency must be greater than 0')
    return {
      refresh: {
        everyMs: poll_frequency,
        run: async call => ({ content: new OptionalSecret(text(await call.readFile(filename)), is_secret) }),
      },
    }
  },
})
