/** What the scanner and the parser can say. Wording follows Alloy where Alloy has the message. */
import { quote } from '../lib/go-text.ts'
import { define } from './message.ts'

const tokenHints: Record<string, string> = {
  'TERMINATOR': 'Each attribute and each block stands on a line of its own.',
  '}': 'A block or an object is not closed.',
  ')': 'A parenthesis is not closed.',
  ']': 'A bracket is not closed, or the index has more than one value.',
}

export const syntaxMessages = {
  illegalCharacter: define({
    code: 'syntax/illegal-character',
    explain: 'This character has no meaning outside strings and comments. Quotes must be straight ones, comments start with `//`, and nothing is separated by `;` or `:`.',
    text: (char: string) => `illegal character ${char}`,
    hint: char => characterHints[char.slice(0, 6)],
  }),
  illegalNul: define({
    code: 'syntax/illegal-nul',
    explain: 'The file holds a zero byte. It may be saved as UTF-16: save it as UTF-8.',
    text: () => 'illegal character NUL',
    hint: () => 'Save the file as UTF-8.',
  }),
  illegalEncoding: define({
    code: 'syntax/illegal-encoding',
    explain: 'The file holds bytes that are not UTF-8. Save it as UTF-8.',
    text: () => 'illegal UTF-8 encoding',
    hint: () => 'Save the file as UTF-8.',
  }),
  illegalByteOrderMark: define({
    code: 'syntax/illegal-byte-order-mark',
    explain: 'A byte order mark may only be the first character of a file.',
    text: () => 'illegal byte order mark',
    hint: () => 'Remove the invisible character U+FEFF.',
  }),
  singleQuotes: define({
    code: 'syntax/single-quotes',
    explain: 'Strings are written in double quotes, or in backticks where escapes are not wanted.',
    text: () => 'illegal single-quoted string; use double quotes',
  }),
  missingSecond: define({
    code: 'syntax/missing-operator-character',
    explain: 'The operators are `||` and `&&`; there are no single `|` and `&`.',
    text: (char: string) => `missing second ${char} in ${char}${char}`,
  }),
  exponentWithoutDigits: define({
    code: 'syntax/exponent-without-digits',
    explain: 'A number with an exponent needs digits after the `e`, as in `1e3`.',
    text: () => 'exponent has no digits',
  }),
  unterminatedString: define({
    code: 'syntax/unterminated-string',
    explain: 'A string in double quotes ends on the line where it starts. Text of several lines goes between backticks.',
    text: () => 'string literal not terminated',
    hint: () => 'Close the string on this line, or write it between backticks if it has several lines.',
  }),
  unterminatedComment: define({
    code: 'syntax/unterminated-comment',
    explain: 'A comment that starts with `/*` runs to the next `*/`, which is missing.',
    text: () => 'block comment not terminated',
  }),
  unknownEscape: define({
    code: 'syntax/unknown-escape',
    explain: 'After a backslash a string may have one of `a b f n r t v \\ "`, three octal digits, `x` and two, `u` and four, or `U` and eight hexadecimal digits. '
      + 'A backslash itself is written `\\\\`; regular expressions read best between backticks.',
    text: () => 'unknown escape sequence',
    hint: () => 'Write \\\\ for a backslash, or put the text between backticks, where nothing is an escape.',
  }),
  unterminatedEscape: define({
    code: 'syntax/unterminated-escape',
    explain: 'The file ends inside an escape sequence.',
    text: () => 'escape sequence not terminated',
  }),
  illegalEscapeCharacter: define({
    code: 'syntax/illegal-escape-character',
    explain: 'An escape sequence has too few digits, or one that is none: `\\x41`, `\\u00e9`, `\\U0001f600`, `\\101`.',
    text: (char: string) => `illegal character ${char} in escape sequence`,
  }),
  invalidCodePoint: define({
    code: 'syntax/invalid-code-point',
    explain: 'An escape sequence names a number that is no Unicode character (or, in octal, more than a byte).',
    text: () => 'escape sequence is invalid Unicode code point',
  }),
  expected: define({
    code: 'syntax/expected-token',
    explain: 'Something else should stand here. TERMINATOR is the end of a line: attributes and blocks stand on lines of their own, '
      + 'and a list that goes over several lines needs a comma after its last element.',
    text: (wanted: string, got: string) => `expected ${wanted}, got ${got}`,
    hint: wanted => tokenHints[wanted],
  }),
  expectedStatement: define({
    code: 'syntax/expected-statement',
    explain: 'After a name comes either `=` and a value (an attribute) or `{` (a block).',
    text: (got: string) => `expected attribute assignment or block body, got ${got}`,
  }),
  expectedBody: define({
    code: 'syntax/expected-body',
    explain: 'After a block\'s name and label comes its body in braces, and the opening brace stands on the same line.',
    text: (got: string) => `expected block body, got ${got}`,
    hint: got => got === 'TERMINATOR' ? 'The opening brace must stand on the line of the block\'s name.' : undefined,
  }),
  expectedLabel: define({
    code: 'syntax/expected-label',
    explain: 'After a name comes `=`, `{` or a label in double quotes.',
    text: (got: string) => `expected block label, got ${got}`,
    hint: got => got === 'IDENT' ? 'Labels stand in double quotes.' : undefined,
  }),
  rawLabel: define({
    code: 'syntax/raw-label',
    explain: 'A block\'s label stands in double quotes, not in backticks.',
    text: (text: string) => `expected block label to be a double quoted string, but got ${quote(text)}`,
  }),
  invalidLabel: define({
    code: 'syntax/invalid-label',
    explain: 'A block\'s label is an identifier: letters, digits and underscores, not starting with a digit.',
    text: (label: string) => `expected block label to be a valid identifier, but got ${quote(label)}`,
    hint: label => {
      const fixed = label.replace(/[^\p{L}\p{Nd}_]/gu, '_').replace(/^(?=\p{Nd})/u, '_')
      return fixed === '' ? undefined : `A label has letters, digits and underscores only: ${quote(fixed)} would do.`
    },
  }),
  dottedAttribute: define({
    code: 'syntax/dotted-attribute',
    explain: 'An attribute\'s name has no dots. Dotted names are for blocks, which have a body in braces and no `=`.',
    text: () => 'attribute names may only consist of a single identifier with no "."',
  }),
  labelledAttribute: define({
    code: 'syntax/labelled-attribute',
    explain: 'An attribute has no label. Labels are for blocks, which have a body in braces and no `=`.',
    text: () => 'attribute names may not have labels',
    hint: () => 'Remove the = to write a block, or the label to write an attribute.',
  }),
  blockAsExpression: define({
    code: 'syntax/block-as-expression',
    explain: 'A block is no value. Declare the component on its own and refer to what it exports, as in `prometheus.remote_write.default.receiver`.',
    text: () => 'cannot use a block as an expression',
    hint: () => 'Declare the block on its own and refer to what it exports.',
  }),
  expectedExpression: define({
    code: 'syntax/expected-expression',
    explain: 'A value should stand here: a literal, a list, an object, a reference or a call.',
    text: (got: string) => `expected expression, got ${got}`,
  }),
  expectedField: define({
    code: 'syntax/expected-field',
    explain: 'Fields of an object are named by an identifier or a string: `{ a = 1, "b c" = 2 }`.',
    text: (got: string) => `expected field name (string or identifier), got ${got}`,
    hint: got => got === 'IDENT' || got === 'STRING' ? undefined : 'Put the name in double quotes.',
  }),
  missingComma: define({
    code: 'syntax/missing-comma',
    explain: 'Elements are separated by commas, and where the closing bracket stands on a line of its own the last element has one too.',
    text: (list: 'expression' | 'field') => `missing ',' in ${list} list`,
    hint: () => 'Where the closing bracket stands on a line of its own, the last element needs a comma too.',
  }),
  tooDeep: define({
    code: 'syntax/too-deep',
    explain: 'Blocks, lists, parentheses, accesses and operators may be nested to a fixed depth, which keeps every later step bounded. Long chains of `+` count too.',
    text: (limit: number) => `nested more than ${limit} levels deep`,
    hint: () => 'Split the value: declare parts of it elsewhere, or use string.format or string.join for long concatenations.',
  }),
}

const characterHints: Record<string, string> = {
  'U+0023': 'Comments start with //.',
  'U+003A': 'Attributes and fields are assigned with =.',
  'U+003B': 'Statements end with the line; remove the semicolon.',
  'U+201C': 'Use straight double quotes.',
  'U+201D': 'Use straight double quotes.',
  'U+00A0': 'Replace the no-break space by a plain one.',
}
