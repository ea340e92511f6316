/** HTTP requests as the events that AWS makes of them, in the three shapes there are, and the answers back. */

import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'

/** Function URL (an HTTP API with the stage `$default` looks the same), HTTP API with a named stage, REST API. */
export type Shape = 'url' | 'stage' | 'rest'

/** What a handler returns to each of them. */
export interface LambdaAnswer {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string>>
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>
  readonly cookies?: readonly string[]
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

const stage = 'prod'

export function httpEvent(shape: Shape, request: IncomingMessage, body: Uint8Array, address = '203.0.113.9'): object {
  return shape === 'rest' ? restEvent(request, body, address) : version2Event(shape === 'stage' ? stage : '$default', request, body, address)
}

/** The schedule's tick, as an EventBridge rule sends it. */
export const tickEvent = () => ({
  'version': '0',
  'id': '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  'source': 'aws.events',
  'account': '123456789012',
  'time': '2015-10-08T16:53:06Z',
  'region': 'us-east-1',
  'resources': ['arn:aws:events:us-east-1:123456789012:rule/MyScheduledRule'],
  'detail': {},
})

/** What a bucket tells when an object is put into it. */
const bucketEvent = () => ({
  Records: [{
    eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'us-east-1', eventTime: '2015-10-08T16:53:06.000Z', eventName: 'ObjectCreated:Put',
    s3: { s3SchemaVersion: '1.0', bucket: { name: 'state', arn: 'arn:aws:s3:::state' }, object: { key: 'queue/loki.write.main/main/1-1-1-1-00000000', size: 10 } },
  }],
})

/** The ways in which a function hears that something waits: from the bucket, and from the bucket by way of a queue. */
export const workEvents = {
  s3: bucketEvent,
  sqs: () => ({
    Records: [{
      messageId: '059f36b4-87a3-44ab-83d2-661975830a7d', receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a', eventSource: 'aws:sqs', awsRegion: 'us-east-1',
      eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:state', body: JSON.stringify(bucketEvent()), attributes: {}, messageAttributes: {},
    }],
  }),
}

/** Payload format 2.0: one value a header, text bodies as they are, others in base64. */
function version2Event(named: string, request: IncomingMessage, body: Uint8Array, sourceIp: string): object {
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  const rawPath = named === '$default' ? path : `/${named}${path}`
  const method = request.method ?? 'GET'
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query,
    headers: Object.fromEntries(pairs(request).map(([name, values]) => [name.toLowerCase(), values.join(',')])),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abcdefghij',
      domainName: 'abcdefghij.lambda-url.us-east-1.on.aws',
      domainPrefix: 'abcdefghij',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent: request.headers['user-agent'] ?? '' },
      requestId: 'e1506fd5-9e7b-434f-bd42-4f8fa224b599',
      routeKey: '$default',
      stage: named,
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: 1583348638390,
    },
    ...bodyOf(body, isText(request) && isUtf8(body)),
  }
}

/** A REST API with binaryMediaTypes set to everything; its path has no stage, its request context has. */
function restEvent(request: IncomingMessage, body: Uint8Array, sourceIp: string): object {
  const [path = '/', query = ''] = (request.url ?? '/').split('?')
  const method = request.method ?? 'GET'
  const all = pairs(request)
  const parameters = [...new URLSearchParams(query)]
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: Object.fromEntries(all.map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: Object.fromEntries(all),
    queryStringParameters: parameters.length === 0 ? null : Object.fromEntries(parameters),
    multiValueQueryStringParameters: parameters.length === 0 ? null : Object.fromEntries(parameters.map(([name]) => [name, parameters.filter(([other]) => other === name).map(([, value]) => value)])),
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      resourceId: '123456',
      resourcePath: '/{proxy+}',
      httpMethod: method,
      path: `/${stage}${path}`,
      accountId: '123456789012',
      protocol: 'HTTP/1.1',
      stage,
      domainName: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
      requestTimeEpoch: 1428582896000,
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      identity: { sourceIp, userAgent: request.headers['user-agent'] ?? '' },
      apiId: '1234567890',
    },
    ...(body.length === 0 ? { body: null, isBase64Encoded: false } : bodyOf(body, false)),
  }
}

/** Header names with their values, as they were sent. */
function pairs({ rawHeaders }: IncomingMessage): [string, string[]][] {
  const found = new Map<string, [string, string[]]>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i]!, rawHeaders[i + 1]!]
    const known = found.get(name.toLowerCase())
    if (known === undefined) found.set(name.toLowerCase(), [name, [value]])
    else known[1].push(value)
  }
  return [...found.values()]
}

const isText = ({ headers }: IncomingMessage) =>
  headers['content-encoding'] === undefined && /^(text\/|application\/(json|xml|javascript))/.test(headers['content-type'] ?? '')

const bodyOf = (body: Uint8Array, asText: boolean) =>
  body.length === 0 ? { isBase64Encoded: false }
    : asText ? { body: new TextDecoder().decode(body), isBase64Encoded: false }
      : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }
