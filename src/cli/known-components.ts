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

const kafka = 'Kafka\'s protocol, which needs TCP connections that outlive a request'
const privateNetwork = 'a network of its own, into which Workers cannot reach'
const grpc = 'calls by gRPC, which a Worker\'s fetch cannot make'

/** Could run on Lambda and Node, and what they need that Workers lack. */
const notWorkers: Readonly<Record<string, string>> = {
  'database_observability.sql_server': 'SQL Server\'s protocol, for which Workers have no client',
  'discovery.dockerswarm': 'a Docker Engine\'s socket or client certificates',
  'discovery.file': 'files that are watched',
  'discovery.kubelet': 'a private certificate authority, which a Worker\'s fetch cannot trust',
  'discovery.nerve': 'long sessions with ZooKeeper',
  'discovery.serverset': 'long sessions with ZooKeeper',
  'discovery.triton': 'client certificates, which a Worker\'s fetch cannot show',
  'loki.source.azure_event_hubs': kafka,
  'loki.source.kafka': kafka,
  'loki.source.kubernetes': `the logs of pods in ${privateNetwork}`,
  'loki.source.podlogs': `the logs of pods in ${privateNetwork}`,
  'otelcol.exporter.googlecloud': grpc,
  'otelcol.exporter.googlecloudpubsub': grpc,
  'otelcol.exporter.kafka': kafka,
  'otelcol.exporter.loadbalancing': grpc,
  'otelcol.exporter.otlp': grpc,
  'otelcol.processor.k8sattributes': `the addresses of pods in ${privateNetwork}`,
  'otelcol.receiver.googlecloudpubsub': grpc,
  'otelcol.receiver.kafka': kafka,
  'prometheus.exporter.kafka': kafka,
  'prometheus.exporter.mongodb': 'MongoDB\'s protocol, whose client is too heavy for Workers',
  'prometheus.exporter.mssql': 'SQL Server\'s protocol, for which Workers have no client',
  'prometheus.exporter.oracledb': 'Oracle\'s protocol, for which Workers have no client',
  'prometheus.exporter.snmp': 'UDP, which Workers do not have',
  'prometheus.exporter.snowflake': 'Snowflake\'s protocol, whose client is too heavy for Workers',
  'prometheus.operator.podmonitors': `pods in ${privateNetwork}`,
  'prometheus.operator.servicemonitors': `pods in ${privateNetwork}`,
}

/** What to do until a component is here, by how its name starts; the longest counts. */
const meanwhile: Readonly<Record<string, string>> = {
  'database_observability.': 'run it in Grafana Alloy, and send its logs to loki.source.api and its metrics to prometheus.receive_http',
  'discovery.': 'write the targets out as a list, or discover and scrape in Grafana Alloy and send to prometheus.receive_http',
  'faro.receiver': 'run it in Grafana Alloy, and send its logs to loki.source.api and its traces to otelcol.receiver.otlp',
  'loki.': 'run it in Grafana Alloy, and send its logs to loki.source.api',
  'loki.enrich': 'set labels with loki.relabel',
  'loki.rules.': 'keep the rules with lokitool, or run it in Grafana Alloy',
  'mimir.': 'keep them with mimirtool, or run it in Grafana Alloy',
  'otelcol.': 'run it in Grafana Alloy, and send its data to otelcol.receiver.otlp',
  'otelcol.auth.': 'use otelcol.auth.basic, otelcol.auth.bearer or otelcol.auth.headers',
  'otelcol.exporter.': 'use otelcol.exporter.otlphttp',
  'otelcol.extension.': 'give samplers their settings where they run',
  'prometheus.': 'run it in Grafana Alloy, and send its metrics to prometheus.receive_http',
  'pyroscope.': 'run it in Grafana Alloy',
  'remote.': 'give the value as a variable and read it with sys.env, or as a file with local.file',
}

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

const planned = new Set(anywhere.split(/\s+/).filter(name => name !== ''))

/** Every component name that Alloy knows. */
export const knownComponents: readonly string[] = [...planned, ...Object.keys(notWorkers), ...Object.keys(needHost)].sort()

/** Why a component or block that Alloy knows is not here, and what to use instead; undefined for a name that Alloy does not know. */
export function unavailable(name: string): string | undefined {
  if (Object.hasOwn(blocks, name)) return blocks[name]
  const host = Object.hasOwn(needHost, name) ? needHost[name] : undefined
  if (host !== undefined) return `${host[0]}, and there is no host here; ${host[1]}`
  if (planned.has(name)) return `it is planned for Workers, Lambda and Node, and not part of this version yet; until then ${instead(name)}`
  if (!Object.hasOwn(notWorkers, name)) return undefined
  return `it is planned for Lambda and Node, and not part of this version yet (Workers cannot run it: it needs ${notWorkers[name]!}); until then ${instead(name)}`
}

function instead(name: string): string {
  const [start] = Object.keys(meanwhile).filter(prefix => name.startsWith(prefix)).sort((a, b) => b.length - a.length)
  return meanwhile[start!]!
}
