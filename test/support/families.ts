/** protobufjs as the writer of protobuf pages, by the names of client_model's metrics.proto. */
import protobuf from 'protobufjs'

const { root } = protobuf.parse(`
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Time { int64 seconds = 1; int32 nanos = 2; }
message Exemplar { repeated Label label = 1; double value = 2; Time timestamp = 3; }
message Simple { double value = 1; }
message Counter { double value = 1; Exemplar exemplar = 2; Time created_timestamp = 3; }
message Quantile { double quantile = 1; double value = 2; }
message Summary { uint64 sample_count = 1; double sample_sum = 2; repeated Quantile quantile = 3; Time created_timestamp = 4; }
message Bucket { uint64 cumulative_count = 1; double upper_bound = 2; Exemplar exemplar = 3; double cumulative_count_float = 4; }
message Span { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  uint64 sample_count = 1; double sample_sum = 2; repeated Bucket bucket = 3; double sample_count_float = 4; sint32 schema = 5; double zero_threshold = 6;
  uint64 zero_count = 7; double zero_count_float = 8; repeated Span negative_span = 9; repeated sint64 negative_delta = 10; repeated double negative_count = 11;
  repeated Span positive_span = 12; repeated sint64 positive_delta = 13; repeated double positive_count = 14; Time created_timestamp = 15;
  repeated Exemplar exemplars = 16; }
message Metric {
  repeated Label label = 1; Simple gauge = 2; Counter counter = 3; Summary summary = 4; Simple untyped = 5; int64 timestamp_ms = 6;
  Histogram histogram = 7; }
message MetricFamily { string name = 1; string help = 2; int32 type = 3; repeated Metric metric = 4; string unit = 5; }
`, { keepCase: true })

/** The type of a family's message. */
export const familyType: protobuf.Type = root.lookupType('MetricFamily')

/** The types that a family may have, by their numbers. */
export const familyTypes = ['COUNTER', 'GAUGE', 'SUMMARY', 'UNTYPED', 'HISTOGRAM', 'GAUGE_HISTOGRAM']

/** A page of families given as objects. */
export const encodeFamilies = (families: readonly object[]): Uint8Array =>
  Uint8Array.from(families.flatMap(family => [...familyType.encodeDelimited(familyType.fromObject(family)).finish()]))
