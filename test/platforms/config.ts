/** The configuration that the platform suite serves: every receiver, with destinations that can be made to fail in each way. */

/** Who may come in; its `sys.env` reads the password, SINK, NOWHERE and OTLP_ADDRESS. NOTE_FILE stands for the name of a file. */
export const credentials = { user: 'writer', password: 'open sesame' } as const

/** An OTLP exporter that tries once; `path` is below the sink. */
const exporter = (label: string, endpoint: string, { retry = 'enabled = false', more = '' } = {}) => `
otelcol.exporter.otlphttp "${label}" {
  client {
    endpoint    = ${endpoint}
    compression = "none"
    ${more}
  }
  retry_on_failure { ${retry} }
}
`

/** A receiver of traces that hands them to `targets` as they are. */
const receiver = (label: string, targets: readonly string[], more = '') => `
otelcol.receiver.otlp "${label}" {
  http {
    endpoint        = "127.0.0.1:0"
    traces_url_path = "/${label}/v1/traces"
    ${more}
  }
  output { traces = [${targets.map(target => `${target}.input`).join(', ')}] }
}
`

const otlphttp = (label: string) => `otelcol.exporter.otlphttp.${label}`

/** The bound on bodies that this configuration sets for OTLP. */
export const otlpLimit = 256 * 1024

export const config = `
logging { level = "debug" }

http {
  auth {
    basic {
      username = "${credentials.user}"
      password = sys.env("DOOR_PASSWORD")
    }
    filter {
      paths                       = ["/api/v0/component/otelcol.receiver.otlp.behind_the_door"]
      authenticate_matching_paths = true
    }
  }
}

local.file "note" {
  filename       = "NOTE_FILE"
  poll_frequency = "1s"
}

// The one way in with everything in between.
otelcol.receiver.otlp "main" {
  http {
    endpoint              = sys.env("OTLP_ADDRESS")
    max_request_body_size = "256KiB"
  }
  output {
    traces  = [otelcol.processor.memory_limiter.main.input]
    metrics = [otelcol.processor.memory_limiter.main.input]
    logs    = [otelcol.processor.memory_limiter.main.input]
  }
}

otelcol.processor.memory_limiter "main" {
  check_interval = "1s"
  limit          = "64MiB"
  output {
    traces  = [otelcol.processor.attributes.main.input]
    metrics = [otelcol.processor.attributes.main.input]
    logs    = [otelcol.processor.attributes.main.input]
  }
}

otelcol.processor.attributes "main" {
  action {
    key    = "via"
    value  = "sluice"
    action = "upsert"
  }
  action {
    key    = "secret"
    action = "delete"
  }
  output {
    traces  = [otelcol.processor.batch.main.input]
    metrics = [otelcol.processor.batch.main.input]
    logs    = [otelcol.processor.batch.main.input]
  }
}

otelcol.processor.batch "main" {
  output {
    traces  = [${otlphttp('main')}.input, otelcol.exporter.debug.main.input]
    metrics = [${otlphttp('main')}.input]
    logs    = [${otlphttp('main')}.input]
  }
}

otelcol.exporter.debug "main" { verbosity = "normal" }
${exporter('main', 'sys.env("SINK") + "/main"', { more: 'headers = { "x-note" = local.file.note.content }' })}

// Ways to fail.
${receiver('fan', [otlphttp('left'), otlphttp('right')])}
${exporter('left', 'sys.env("SINK") + "/left"')}
${exporter('right', 'sys.env("SINK") + "/right"')}
${receiver('down', [otlphttp('down')])}
${exporter('down', 'sys.env("NOWHERE")')}
${receiver('slow', [otlphttp('slow')])}
${exporter('slow', 'sys.env("SINK") + "/slow"', { more: 'timeout = "300ms"' })}
${receiver('again', [otlphttp('again')])}
${exporter('again', 'sys.env("SINK") + "/again"', { retry: 'initial_interval = "20ms"' })}

// Ways to come in.
${receiver('behind_the_door', [otlphttp('main')])}
${receiver('behind_a_handler', [otlphttp('main')], 'auth = otelcol.auth.basic.sender.handler')}
otelcol.auth.basic "sender" {
  username = "${credentials.user}"
  password = sys.env("DOOR_PASSWORD")
}
${['a', 'b'].map(twin => `
otelcol.receiver.otlp "twin_${twin}" {
  http {
    endpoint        = "127.0.0.1:0"
    traces_url_path = "/twin/v1/traces"
  }
  output { traces = [otelcol.exporter.otlphttp.${twin === 'a' ? 'left' : 'right'}.input] }
}`).join('\n')}

prometheus.receive_http "main" {
  http { listen_port = 0 }
  forward_to = [prometheus.relabel.main.receiver]
}

prometheus.relabel "main" {
  rule {
    target_label = "via"
    replacement  = "sluice"
  }
  rule {
    source_labels = ["__name__"]
    regex         = "noise_.*"
    action        = "drop"
  }
  forward_to = [prometheus.remote_write.main.receiver, prometheus.echo.main.receiver]
}

prometheus.echo "main" { }

prometheus.remote_write "main" {
  external_labels = { cluster = "test" }
  endpoint {
    url = sys.env("SINK") + "/prometheus"
  }
}

loki.source.api "main" {
  http { listen_port = 0 }
  use_incoming_timestamp = true
  labels                 = { via = "sluice" }
  forward_to             = [loki.relabel.main.receiver]
}

loki.relabel "main" {
  rule {
    action = "labeldrop"
    regex  = "noise"
  }
  forward_to = [loki.write.main.receiver, loki.echo.main.receiver]
}

loki.echo "main" { }

loki.write "main" {
  external_labels = { cluster = "test" }
  endpoint {
    url                 = sys.env("SINK") + "/loki"
    max_backoff_retries = 1
  }
}
`
