/** Invocations of this function by itself: asynchronous ones, which AWS queues, and makes again if they fail. */

import { AwsClient } from 'aws4fetch'

type Env = (name: string) => string | undefined

/** Attempts after one that the service refused; a round that is not handed out is made up for in any case. */
const retries = 2

/** Sends an event (below 1 MB as JSON) to another invocation of this function, and resolves once it is queued; undefined outside Lambda. */
export function invokerOf(env: Env): ((event: object) => Promise<void>) | undefined {
  const [name, region] = [env('AWS_LAMBDA_FUNCTION_NAME'), env('AWS_REGION')]
  const [accessKeyId, secretAccessKey, sessionToken] = [env('AWS_ACCESS_KEY_ID'), env('AWS_SECRET_ACCESS_KEY'), env('AWS_SESSION_TOKEN')]
  if (!name || !region || !accessKeyId || !secretAccessKey) return undefined
  const client = new AwsClient({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), region, service: 'lambda', retries })
  const endpoint = env('AWS_ENDPOINT_URL_LAMBDA') || env('AWS_ENDPOINT_URL') || `https://lambda.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`
  const url = `${endpoint.replace(/\/+$/, '')}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`
  return async event => {
    const answer = await client.fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' }, body: JSON.stringify(event) })
    if (answer.status === 202) return
    const why = (await answer.text()).slice(0, 300)
    const hint = answer.status === 403 ? '; its role needs lambda:InvokeFunction on itself (serverless.yml has the statement)' : ''
    throw new Error(`the function ${name} cannot invoke itself: ${answer.status} ${why}${hint}`)
  }
}
