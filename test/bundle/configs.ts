/** Configurations whose bundles are weighed. */

const guard = `
http {
  auth {
    basic {
      username = "sluice"
      password = sys.env("SLUICE_PASSWORD")
    }
  }
}
`

export const otlpOnly = `${guard}
otelcol.receiver.otlp "in" {
  http { }
  output { traces = [otelcol.exporter.otlphttp.out.input] }
}

otelcol.exporter.otlphttp "out" {
  client { endpoint = sys.env("OTLP_ENDPOINT") }
}
`

export const lokiOnly = `${guard}
loki.source.api "in" {
  forward_to = [loki.write.out.receiver]
}

loki.write "out" {
  endpoint { url = sys.env("LOKI_URL") }
}
`
