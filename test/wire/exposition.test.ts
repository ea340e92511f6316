import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { utf8 } from '../../src/lib/bytes.ts'
import { WireError } from '../../src/wire/error.ts'
import { type ExpositionFormat, ExpositionReader } from '../../src/wire/exposition.ts'
import { survives } from '../support/hostile.ts'

type Row = readonly unknown[]

type Options = ConstructorParameters<typeof ExpositionReader>[2]

/** Everything that an input holds, as rows. */
function read(input: string | Uint8Array, format: ExpositionFormat, options: Options = {}): Row[] {
  const reader = new ExpositionReader(typeof input === 'string' ? utf8(input) : input, format, options)
  const rows: Row[] = []
  for (let entry = reader.next(); entry !== 'end'; entry = reader.next()) {
    if (entry === 'comment') rows.push([entry, reader.entryText()])
    else if (entry !== 'series') rows.push([entry, reader.name(), entry === 'type' ? reader.type : reader.entryText()])
    else rows.push(sample(reader))
  }
  return rows
}

function sample(reader: ExpositionReader): Row {
  const labels = Object.fromEntries(Array.from({ length: reader.labels.count }, (_, i) => [reader.labelName(i), reader.labelValue(i)]))
  const row: unknown[] = [reader.name(), labels, reader.value]
  if (reader.hasTimestamp) row.push(reader.timestamp)
  if (reader.hasExemplar) {
    const at = reader.hasExemplarTimestamp ? [reader.exemplarTimestamp] : []
    row.push([Object.fromEntries(reader.exemplarLabelPairs()), reader.exemplarValue, ...at])
  }
  return row
}

const refusal = (input: string | Uint8Array, format: ExpositionFormat): string => {
  try {
    read(input, format)
  } catch (error) {
    if (error instanceof WireError) return error.message
    throw error
  }
  return 'taken'
}

const assertBegins = (message: string, words: string) => assert.equal(message.slice(0, words.length), words)

const om = (lines: string) => `${lines}\n# EOF\n`

const classic = [
  '# HELP door_opened_total How often the "door"\\nwas opened \\\\ closed.',
  '# TYPE door_opened_total counter',
  'door_opened_total{side="left",who="a \\"b\\" \\\\ \\n c"} 17 1700000000123',
  '#just a remark',
  '',
  '\t door_opened_total { side = "right" , } 2.5e3',
  '# TYPE wait_seconds histogram',
  'wait_seconds_bucket{le="1"} 3',
  'wait_seconds_bucket{le="+Inf"} 5',
  'wait_seconds_sum -Inf',
  '{"höhe.meter","a.b"="c" plain="d"} NaN',
].join('\n')

const openMetrics = om([
  '# HELP wait_seconds Time \\"waiting\\".',
  '# TYPE wait_seconds histogram',
  '# UNIT wait_seconds seconds',
  'wait_seconds_bucket{le="0.5"} 3 # {trace="a1",span="\\"2"} 0.25 1700000000.5',
  'wait_seconds_bucket{le="+Inf"} 5 1700000000.123 # {} 1',
  'wait_seconds_count 5',
  'wait_seconds_created 1690000000.25',
  '{"a.b",c="d",} 1e-3',
].join('\n'))

describe('Prometheus text', () => {
  it('gives metadata, comments and samples', () => {
    assert.deepEqual(read(classic, 'text'), [
      ['help', 'door_opened_total', 'How often the "door"\nwas opened \\ closed.'],
      ['type', 'door_opened_total', 'counter'],
      ['door_opened_total', { side: 'left', who: 'a "b" \\ \n c' }, 17, 1_700_000_000_123],
      ['comment', '#just a remark'],
      ['door_opened_total', { side: 'right' }, 2500],
      ['type', 'wait_seconds', 'histogram'],
      ['wait_seconds_bucket', { le: '1.0' }, 3],
      ['wait_seconds_bucket', { le: '+Inf' }, 5],
      ['wait_seconds_sum', {}, -Infinity],
      ['höhe.meter', { 'a.b': 'c', plain: 'd' }, NaN],
    ])
  })

  it('gives the range of a series, so that the same series is known again', () => {
    const reader = new ExpositionReader(utf8('a{b="c"} 1\na{b="c"} 2\na 3\n'), 'text')
    const series: string[] = []
    while (reader.next() !== 'end') series.push(new TextDecoder().decode(reader.bytes.subarray(reader.seriesFrom, reader.seriesTo)))
    assert.deepEqual(series, ['a{b="c"}', 'a{b="c"}', 'a'])
  })

  it('ends at a NUL where a line could begin, and has NULs in values', () => {
    assert.deepEqual(read('a{b="c\0d"} 1\n\0b 2\n', 'text'), [['a', { b: 'c\0d' }, 1]])
  })

  for (const [input, words] of [
    ['a{b=\'c\'} 1', 'expected label value, got "\'" ("INVALID") while parsing: "a{b=\'" at byte 4'],
    ['a{b="c"} 1 2 3', 'expected next entry after timestamp, got "3\\n" ("TIMESTAMP") while parsing: "a{b=\\"c\\"} 1 2 3\\n"'],
    ['a 1 -5', 'expected timestamp or new record, got "-" ("INVALID") while parsing: "a 1 -"'],
    ['a 1 9223372036854775808', 'strconv.ParseInt: parsing "9223372036854775808": value out of range while parsing: "a 1 9223372036854775808"'],
    ['a 0x1p2', 'unsupported character in float while parsing: "a 0x1p2"'],
    ['a 0x12', 'strconv.ParseFloat: parsing "0x12": invalid syntax while parsing: "a 0x12"'],
    ['a 1e999', 'strconv.ParseFloat: parsing "1e999": value out of range while parsing: "a 1e999"'],
    ['# TYPE a gaugehistogram', 'invalid metric type "gaugehistogram"'],
    ['# TYPE 5 gauge', 'expected metric name after TYPE, got "5" ("INVALID") while parsing: "# TYPE 5"'],
    ['{b="c"} 1', 'metric name not set while parsing: "{b=\\"c\\"} 1"'],
    ['a{"b"} 1', 'metric name already set while parsing: "a{\\"b\\"}"'],
    ['?', 'expected a valid start token, got "?" ("INVALID") while parsing: "?"'],
    ['{b}1', 'expected equal, got "}1" ("BCLOSE") while parsing: "{b}1"'],
  ] as const) it(`refuses ${input}`, () => assertBegins(refusal(input, 'text'), `Prometheus text: ${words}`))

  it('refuses labels and help texts that are not UTF-8', () => {
    assert.match(refusal(Uint8Array.from([...utf8('a{b="'), 0xff, ...utf8('"} 1\n')]), 'text'), /invalid UTF-8 label value: "\\"\\xff\\""/)
    assert.match(refusal(Uint8Array.from([...utf8('# HELP a '), 0xc3, 10]), 'text'), /help text "\\xc3" is not a valid utf8 string/)
  })
})

describe('OpenMetrics', () => {
  it('gives metadata, samples and exemplars', () => {
    assert.deepEqual(read(openMetrics, 'openmetrics'), [
      ['help', 'wait_seconds', 'Time "waiting".'],
      ['type', 'wait_seconds', 'histogram'],
      ['unit', 'wait_seconds', 'seconds'],
      ['wait_seconds_bucket', { le: '0.5' }, 3, [{ trace: 'a1', span: '\\"2' }, 0.25, 1_700_000_000_500]],
      ['wait_seconds_bucket', { le: '+Inf' }, 5, 1_700_000_000_123, [{}, 1]],
      ['wait_seconds_count', {}, 5],
      ['wait_seconds_created', {}, 1_690_000_000.25],
      ['a.b', { c: 'd' }, 0.001],
    ])
  })

  for (const [input, words] of [
    ['', 'data does not end with # EOF'],
    ['a 1', 'data does not end with # EOF'],
    ['# EOF\n\n', 'unexpected data after # EOF'],
    [om(' a 1'), 'expected a valid start token, got " " ("INVALID") while parsing: " "'],
    [om('a  1'), 'expected value after metric, got "  " ("INVALID") while parsing: "a  "'],
    [om('a 1 '), 'expected a valid start token, got "\\n#" ("LINEBREAK") while parsing: "\\n#"'],
    [om('a 1 2 3'), 'expected next entry after timestamp, got " 3\\n" ("TIMESTAMP") while parsing: "a 1 2 3\\n"'],
    [om('a 1 +Inf'), 'invalid timestamp +Inf'],
    [om('a 1 #x'), 'strconv.ParseFloat: parsing "#x": invalid syntax while parsing: "a 1 #x"'],
    [om('a 1 # {"b"} 1'), 'expected label name, got "} " ("BCLOSE") while parsing: "a 1 # {\\"b\\"} "'],
    [om('a 1 # {b="c"} 1 nan'), 'invalid exemplar timestamp NaN'],
    [om('a{b="c"d="e"} 1'), 'expected comma or brace close, got "d=" ("LNAME") while parsing: "a{b=\\"c\\"d="'],
    [om('a{b="c\nd"} 1'), 'expected label value, got "\\"c\\n" ("INVALID") while parsing: "a{b=\\"c\\n"'],
    [om('# UNIT a_seconds second'), 'unit "second" not a suffix of metric "a_seconds"'],
    [om('# TYPE a untyped'), 'invalid metric type "untyped"'],
    [om('# TYPE a'), 'expected text in TYPE'],
  ] as const) {
    it(`refuses ${JSON.stringify(input)}`, () => assertBegins(refusal(input, 'openmetrics'), `OpenMetrics: ${words} at byte`))
  }
})

describe('created timestamps', () => {
  const starts = (input: string, skipCreated = true) => {
    const reader = new ExpositionReader(utf8(input), 'openmetrics', { skipCreated })
    const found: [string, number | undefined][] = []
    while (reader.next() !== 'end') if (reader.entry === 'series') found.push([reader.name(), reader.created()])
    return found
  }

  it('come from the line that follows with the same labels', () => {
    assert.deepEqual(starts(openMetrics), [
      ['wait_seconds_bucket', 1_690_000_000_250], ['wait_seconds_bucket', 1_690_000_000_250], ['wait_seconds_count', 1_690_000_000_250],
      ['a.b', undefined],
    ])
    const counters = om('# TYPE a counter\na_total{b="1"} 1\na_created{b="1"} 2\na_total{b="2"} 1\na_total{b="3"} 1\na_created{b="3"} 4.5')
    assert.deepEqual(starts(counters).map(([, start]) => start), [2000, undefined, 4500])
  })

  it('are of one family only, and of types that have a beginning', () => {
    const families = om('# TYPE a counter\na_total 1\n# TYPE b gauge\nb 1\na_created 3')
    assert.deepEqual(starts(families), [['a_total', undefined], ['b', undefined], ['a_created', undefined]])
  })

  it('read everything twice at most', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `a_total{i="${i}"} 1`).join('\n')
    const reader = new ExpositionReader(utf8(om(`# TYPE a counter\n${many}`)), 'openmetrics')
    let series = 0
    while (reader.next() !== 'end') if (reader.entry === 'series' && reader.created() === undefined) series++
    // Looking ahead from each line would take 200 million lines.
    assert.equal(series, 20_000)
  })
})

describe('hostile exposition', () => {
  const drain = (format: ExpositionFormat) => (bytes: Uint8Array) => {
    const reader = new ExpositionReader(bytes, format)
    while (reader.next() !== 'end') {
      if (reader.entry !== 'series') reader.entryText()
      else {
        sample(reader)
        reader.created()
      }
    }
  }

  it('throws nothing but its own error', async () => {
    await survives(utf8(classic), 3000, drain('text'), [WireError])
    await survives(utf8(openMetrics), 3000, drain('openmetrics'), [WireError])
  })

  it('keeps to the limits', () => {
    const limits = { line: 100, labels: 2 }
    const labels = (count: number) => Array.from({ length: count }, (_, i) => `l${i}="v"`).join(',')
    assert.deepEqual(read(`a{${labels(2)}} 1`, 'text', { limits }), [['a', { l0: 'v', l1: 'v' }, 1]])
    assert.throws(() => read(`a{${labels(3)}} 1`, 'text', { limits }), /more than 2 labels, which is the limit/)
    assert.throws(() => read(om(`a 1 # {${labels(3)}} 1`), 'openmetrics', { limits }), /more than 2 labels, which is the limit/)
    assert.throws(() => read(`a{b="${'x'.repeat(100)}"} 1`, 'text', { limits }), /a line of more than 100 bytes/)
    assert.throws(() => read(`#${'x'.repeat(100)}`, 'text', { limits }), /a line of more than 100 bytes/)
  })

  it('shows the beginning of a long line only', () => {
    const message = refusal(`a{b="${'x'.repeat(100_000)}"`, 'text')
    assert.match(message, /xxx\.\.\."/)
    assert.ok(message.length < 4000)
  })
})

describe('what is known of earlier pages', () => {
  const view = (text: string) => new DataView(utf8(text).buffer)
  const known = (page: string, key: string, format: ExpositionFormat = 'text') => {
    const reader = new ExpositionReader(utf8(page), format)
    return reader.nextKnown(view(key), 0, utf8(key).length) ? [reader.value, reader.hasTimestamp ? reader.timestamp : undefined] : reader.tokens.pos
  }

  it('spares the labels of a series', () => {
    assert.deepEqual(known('a{b="c"} 5 7\n', 'a{b="c"}'), [5, 7])
    assert.deepEqual(known('up 1\n', 'up'), [1, undefined])
    assert.deepEqual(known('a{b="ü"} 5 1.5 # {x="y"} 3\n# EOF\n', 'a{b="ü"}', 'openmetrics'), [5, 1500])
  })

  it('is nothing where another series begins alike', () => {
    for (const [page, key] of [['up_time 1\n', 'up'], ['up{a="b"} 1\n', 'up'], ['up {a="b"} 1\n', 'up'], ['up  {a="b"} 1\n', 'up'], ['a{b="c"}5\n', 'a{b="c"}'], ['u', 'up'], ['up', 'up'], ['ua 1\n', 'up']] as const) {
      assert.equal(known(page, key), 0, page)
    }
  })

  it('refuses the same values', () => {
    assert.throws(() => known('up x\n', 'up'), WireError)
    assert.throws(() => known('up 1 2 3\n', 'up'), WireError)
    assert.throws(() => known('up 1', 'up', 'openmetrics'), WireError)
  })

  it('steps over a line, and leaves its type', () => {
    const reader = new ExpositionReader(utf8('# TYPE a counter\na 1\n'), 'text')
    const line = '# TYPE a counter\n'
    assert.equal(reader.skipKnown(view(`${line}a 1\n# and more than there is`), 0, line.length + 30, 'counter', 1), false)
    assert.equal(reader.skipKnown(view(line), 0, line.length, 'counter', 1), true)
    assert.deepEqual([reader.type, reader.next(), reader.name()], ['counter', 'series', 'a'])
  })
})
