/** protobufjs as the oracle: the messages of remote-write and Loki as their protocols number them. */
import protobuf from 'protobufjs'

const source = `
syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
message Span { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  uint64 count_int = 1; double count_float = 2; double sum = 3; sint32 schema = 4; double zero_threshold = 5;
  uint64 zero_count_int = 6; double zero_count_float = 7;
  repeated Span negative_spans = 8; repeated sint64 negative_deltas = 9; repeated double negative_counts = 10;
  repeated Span positive_spans = 11; repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
  int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
}
message Request2 { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
message TimeSeries2 {
  repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3; repeated Exemplar2 exemplars = 4;
  Metadata2 metadata = 5; int64 created_timestamp = 6;
}
message Exemplar2 { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
message Metadata2 { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
message PushRequest { repeated Stream streams = 1; string format = 2; }
message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
message Entry { Timestamp timestamp = 1; string line = 2; repeated Label structured_metadata = 3; }
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
`
const { root } = protobuf.parse(source, { keepCase: true })

type Message = 'WriteRequest' | 'Request2' | 'PushRequest' | 'Histogram'

/** protobufjs' own reader and writer of a message: what benches compare with. */
export const typeOf = (message: Message): protobuf.Type => root.lookupType(message)

/** The bytes of a message given as an object. */
export const encode = (message: Message, value: object): Uint8Array => {
  const type = root.lookupType(message)
  return Uint8Array.from(type.encode(type.fromObject(value)).finish())
}

/** The object of a message's bytes: 64-bit integers as strings, what is absent left out. */
export const decode = (message: Message, bytes: Uint8Array): Record<string, unknown> => {
  const type = root.lookupType(message)
  return type.toObject(type.decode(bytes), { longs: String })
}

/** A request with everything that remote-write 1.0 knows. */
export const sampleWriteRequest = {
  timeseries: [
    {
      labels: [{ name: '__name__', value: 'http_requests_total' }, { name: 'code', value: '200' }, { name: 'job', value: 'api' }],
      samples: [{ value: 1.5, timestamp: '1700000000000' }, { value: 2.5, timestamp: '1700000015000' }],
      exemplars: [{ labels: [{ name: 'trace_id', value: 'abc' }], value: 1, timestamp: '1700000000001' }],
    },
    {
      labels: [{ name: '__name__', value: 'latency' }, { name: 'job', value: 'api' }, { name: 'zone', value: 'größer' }],
      histograms: [{
        count_int: '3', sum: 4.5, schema: 2, zero_threshold: 1e-128, zero_count_int: '1',
        positive_spans: [{ offset: -3, length: 2 }], positive_deltas: ['1', '-1'], timestamp: '1700000000000',
      }],
    },
    { labels: [{ name: '__name__', value: 'up' }, { name: 'job', value: 'db' }], samples: [{ value: 1, timestamp: '-5' }] },
  ],
  metadata: [{ type: 1, metric_family_name: 'http_requests_total', help: 'Requests.', unit: 'requests' }],
}

/** A push with everything that Loki's protocol knows. */
export const samplePush = {
  streams: [
    {
      labels: '{app="web", level="info"}',
      entries: [
        { timestamp: { seconds: '1700000000', nanos: 123_456_789 }, line: 'first line', structured_metadata: [{ name: 'trace', value: 'x' }] },
        { timestamp: { seconds: '1700000001', nanos: 5 }, line: 'zwölf' },
      ],
      hash: '18446744073709551615',
    },
    { labels: '{app="db", __tenant_id__="t1"}', entries: [{ timestamp: { seconds: '1', nanos: 0 }, line: '' }] },
  ],
}

/** Whether the oracle reads `bytes` too; where text is no UTF-8, which it refuses and Go does not, it is not asked. */
export const readable = (message: Message, bytes: Uint8Array): boolean => {
  try {
    decode(message, bytes)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
  }
}
