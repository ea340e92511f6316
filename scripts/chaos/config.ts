/** The configuration of a chaos run: every exporter twice, once straight through and once by its queue. */

import type { Mode } from './load.ts'

const pipeline = (mode: Mode, url: string) => `
otelcol.receiver.otlp "${mode}" {
  http { }
  output {
    traces  = [otelcol.exporter.otlphttp.${mode}.input]
    metrics = [otelcol.exporter.otlphttp.${mode}.input]
    logs    = [otelcol.exporter.otlphttp.${mode}.input]
  }
}
otelcol.exporter.otlphttp "${mode}" {
  client { endpoint = "${url}" }
  ${mode === 'queued' ? 'sending_queue { enabled = true }' : ''}
  retry_on_failure {
    initial_interval = "200ms"
    max_interval     = "2s"
  }
}
prometheus.receive_http "${mode}" {
  http { }
  forward_to = [prometheus.remote_write.${mode}.receiver]
}
prometheus.remote_write "${mode}" {
  endpoint {
    url = "${url}/api/v1/write"
    queue_config {
      max_samples_per_send = 20
      max_backoff          = "2s"
    }
  }
  ${mode === 'queued' ? 'wal { }' : ''}
}
loki.source.api "${mode}" {
  http { }
  forward_to = [loki.write.${mode}.receiver]
}
loki.write "${mode}" {
  endpoint {
    url                = "${url}/loki/api/v1/push"
    max_backoff_period = "2s"
  }
  ${mode === 'queued' ? 'wal {\n    enabled = true\n  }' : ''}
}
`

/** The text, for a destination at `url`. */
export const configFor = (url: string): string => pipeline('through', url) + pipeline('queued', url)
