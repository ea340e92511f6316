/**
 * Every component that Alloy has, so that a name is never "unknown" when it is only not here: which platforms could run it, and for
 * those that no platform can, why and what to use instead. Reviewed against Alloy's component reference.
 */

/** Could run on Workers, Lambda and Node. */
const anywhere = `
  database_observability.mysql database_observability.postgres discovery.aws discovery.azure discovery.consul
  discovery.consulagent discovery.digitalocean discovery.dns discovery.ec2 discovery.eureka discovery.gce
  discovery.hetzner discovery.http discovery.ionos discovery.kubernetes discovery.kuma discovery.lightsail
  discovery.linode discovery.marathon discovery.nomad discovery.openstack discovery.ovhcloud discovery.puppetdb
  discovery.relabel discovery.scaleway discovery.uyuni faro.receiver local.file loki.echo loki.enrich loki.process
  loki.relabel loki.rules.kubernetes loki.secretfilter loki.source.api loki.source.awsfirehose loki.source.cloudflare
  loki.source.gcplog loki.source.heroku loki.source.kubernetes_events loki.write mimir.alerts.kubernetes
  mimir.rules.kubernetes otelcol.auth.basic otelcol.auth.bearer otelcol.auth.google otelcol.auth.headers
  otelcol.auth.oauth2 otelcol.auth.sigv4 otelcol.connector.count otelcol.connector.host_info
  otelcol.connector.servicegraph otelcol.connector.signaltometrics otelcol.connector.spanlogs
  otelcol.connector.spanmetrics otelcol.exporter.awss3 otelcol.exporter.datadog otelcol.exporter.debug
  otelcol.exporter.faro otelcol.exporter.loki otelcol.exporter.otlphttp otelcol.exporter.prometheus
  otelcol.exporter.splunkhec otelcol.exporter.syslog otelcol.extension.jaeger_remote_sampling
  otelcol.processor.attributes otelcol.processor.batch otelcol.processor.cumulativetodelta
  otelcol.processor.deltatocumulative otelcol.processor.discovery otelcol.processor.filter
  otelcol.processor.groupbyattrs otelcol.processor.interval otelcol.processor.memory_limiter
  otelcol.processor.metric_start_time otelcol.processor.probabilistic_sampler otelcol.processor.redaction
  otelcol.processor.resourcedetection otelcol.processor.span otelcol.processor.tail_sampling
  otelcol.processor.transform otelcol.receiver.awscloudwatch otelcol.receiver.awss3 otelcol.receiver.cloudflare
  otelcol.receiver.datadog otelcol.receiver.faro otelcol.receiver.influxdb otelcol.receiver.jaeger
  otelcol.receiver.loki otelcol.receiver.nginx otelcol.receiver.otlp otelcol.receiver.prometheus
  otelcol.receiver.splunkhec otelcol.receiver.vcenter otelcol.receiver.zipkin prometheus.echo prometheus.enrich
  prometheus.exporter.apache prometheus.exporter.azure prometheus.exporter.blackbox prometheus.exporter.catchpoint
  prometheus.exporter.cloudwatch prometheus.exporter.consul prometheus.exporter.databricks
  prometheus.exporter.elasticsearch prometheus.exporter.gcp prometheus.exporter.github prometheus.exporter.memcached
  prometheus.exporter.mysql prometheus.exporter.postgres prometheus.exporter.redis prometheus.exporter.self
  prometheus.exporter.squid prometheus.exporter.static prometheus.operator.probes prometheus.operator.scrapeconfigs
  prometheus.receive_http prometheus.relabel prometheus.remote_write prometheus.scrape pyroscope.enrich
  pyroscope.receive_http pyroscope.relabel pyroscope.scrape pyroscope.write remote.http remote.kubernetes.configmap
  remote.kubernetes.secret remote.s3 remote.vault
`

/** Could run on Lambda and Node: what they need (gRPC out, client certificates, database protocols, private networks) Workers lack. */
const notWorkers = `
  database_observability.sql_server discovery.dockerswarm discovery.file discovery.kubelet discovery.nerve
  discovery.serverset discovery.triton loki.source.azure_event_hubs loki.source.kafka loki.source.kubernetes
  loki.source.podlogs otelcol.exporter.googlecloud otelcol.exporter.googlecloudpubsub otelcol.exporter.kafka
  otelcol.exporter.loadbalancing otelcol.exporter.otlp otelcol.processor.k8sattributes
  otelcol.receiver.googlecloudpubsub otelcol.receiver.kafka prometheus.exporter.kafka prometheus.exporter.mongodb
  prometheus.exporter.mssql prometheus.exporter.oracledb prometheus.exporter.snmp prometheus.exporter.snowflake
  prometheus.operator.podmonitors prometheus.operator.servicemonitors
`

/** Need a host: why, and what to use instead. */
const needHost: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  'beyla.ebpf': ['it loads programs into the kernel of a host', 'run it in Grafana Alloy or Beyla on the host and send its OTLP here'],
  'discovery.docker': ['it talks to the Docker daemon of one host', 'use discovery.http or discovery.kubernetes'],
  'discovery.process': ['it reads the processes of a host', 'run Alloy on the host'],
  'local.file_match': ['it looks for files on the disk of a host', 'run Alloy on the host and send to loki.source.api'],
  'loki.source.docker': ['it follows the containers of one host', 'use the Docker Loki driver or Alloy on the host, and send to loki.source.api'],
  'loki.source.file': ['it follows files on the disk of a host', 'run Alloy on the host and send to loki.source.api'],
  'loki.source.gelf': ['it listens for UDP', 'send OTLP logs, or to loki.source.api'],
  'loki.source.journal': ['it reads the journal of a host', 'run Alloy on the host and send to loki.source.api'],
  'loki.source.syslog': ['it listens on a raw TCP or UDP port', 'send OTLP logs, or to loki.source.api'],
  'loki.source.windowsevent': ['it reads the event log of a Windows host', 'run Alloy on the host and send to loki.source.api'],
  'otelcol.exporter.file': ['it writes to the disk of a host', 'use otelcol.exporter.otlphttp'],
  'otelcol.receiver.awsecscontainermetrics': ['it reads the metadata of the ECS task that it runs in', 'run it as a sidecar and send its OTLP here'],
  'otelcol.receiver.file_stats': ['it looks at files on the disk of a host', 'run Alloy on the host'],
  'otelcol.receiver.filelog': ['it follows files on the disk of a host', 'run Alloy on the host and send its OTLP here'],
  'otelcol.receiver.fluentforward': ['it listens on a raw TCP port', 'let Fluent Bit send OTLP or Loki over HTTP'],
  'otelcol.receiver.opencensus': ['it was removed from Alloy', 'use otelcol.receiver.otlp'],
  'otelcol.receiver.solace': ['it holds one long session with a broker', 'use the broker\'s REST delivery'],
  'otelcol.receiver.syslog': ['it listens on a raw TCP or UDP port', 'send OTLP logs'],
  'otelcol.receiver.tcplog': ['it listens on a raw TCP port', 'send OTLP logs'],
  'otelcol.storage.file': ['it keeps queues on the disk of a host', 'leave it out: state is kept by the platform'],
  'prometheus.exporter.cadvisor': ['it reads the containers of a host', 'run it on the host and let prometheus.scrape or remote-write bring its series'],
  'prometheus.exporter.dnsmasq': ['it reads a file of the host beside the server', 'run it on the host and remote-write here'],
  'prometheus.exporter.process': ['it reads the processes of a host', 'run it on the host and remote-write here'],
  'prometheus.exporter.statsd': ['it listens for UDP, TCP and unix sockets', 'run a StatsD exporter on the host and remote-write here'],
  'prometheus.exporter.unix': ['it reads the kernel of a host', 'run node_exporter or Alloy on the host and remote-write here'],
  'prometheus.exporter.windows': ['it reads the counters of a Windows host', 'run it on the host and remote-write here'],
  'pyroscope.ebpf': ['it loads programs into the kernel of a host', 'run it in Alloy on the host'],
  'pyroscope.java': ['it attaches to the processes of a host', 'run it in Alloy on the host'],
}

/** Blocks of the configuration itself. */
const blocks: Readonly<Record<string, string>> = {
  remotecfg: 'remote configuration is planned, and not part of this version yet; deploy a new build instead',
  tracing: 'Sluice traces itself in a later version; leave the block out',
  livedebugging: 'data is not streamed to a page in this version; use otelcol.exporter.debug or an echo component',
}

const words = (text: string) => text.split(/\s+/).filter(word => word !== '')
const planned = new Map([
  ...words(anywhere).map(name => [name, 'Workers, Lambda and Node'] as const),
  ...words(notWorkers).map(name => [name, 'Lambda and Node'] as const),
])

/** Every component name that Alloy knows. */
export const knownComponents: readonly string[] = [...planned.keys(), ...Object.keys(needHost)].sort()

/** Why a component or block that Alloy knows is not here, and what to use instead; undefined for a name that Alloy does not know. */
export function unavailable(name: string): string | undefined {
  if (Object.hasOwn(blocks, name)) return blocks[name]
  const host = Object.hasOwn(needHost, name) ? needHost[name] : undefined
  if (host !== undefined) return `${host[0]}, and there is no host here; ${host[1]}`
  const platforms = planned.get(name)
  return platforms === undefined ? undefined : `it is planned for ${platforms}, and not part of this version yet`
}
