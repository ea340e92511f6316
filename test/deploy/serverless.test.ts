/** serverless.yml: what would be deployed, and that it serves. Needs `npm ci --prefix test/deploy`. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ask, basic } from '../support/ask.ts'
import { collector, until } from '../support/platform.ts'
import { freePort } from '../support/sink.ts'

const root = path.resolve(import.meta.dirname, '../..')
const modules = path.join(import.meta.dirname, 'node_modules')
const quiet = { SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }

const osls = (...args: string[]) => {
  const output = collector()
  const child = spawn(process.execPath, [path.join(modules, 'serverless/bin/serverless.js'), ...args], {
    cwd: root, env: { ...process.env, ...quiet, NODE_PATH: modules, SLUICE_PASSWORD: 'pw' }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', output.add)
  return { child, output: output.text, ended: once(child, 'exit').then(([code]) => code as number | null) }
}

interface Resource { readonly Type: string; readonly Properties: Record<string, unknown> }

describe('serverless.yml', { timeout: 120_000 }, () => {
  let folder: string
  before(async () => { folder = await mkdtemp(path.join(tmpdir(), 'sluice-osls-')) })
  after(() => rm(folder, { recursive: true, force: true }))

  it('packages one file, with rights on its own bucket and itself alone', async () => {
    const { output, ended } = osls('package', '--package', folder)
    assert.equal(await ended, 0, output())
    const template = JSON.parse(await readFile(path.join(folder, 'cloudformation-template-update-stack.json'), 'utf8')) as { Resources: Record<string, Resource> }
    const { Resources: resources } = template
    const types = Object.values(resources).map(({ Type }) => Type)
    for (const type of ['AWS::Lambda::Url', 'AWS::Events::Rule', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup']) assert.ok(types.includes(type), type)

    const { Policies: [policy] } = resources.IamRoleLambdaExecution!.Properties as { Policies: { PolicyDocument: { Statement: { Action: string[]; Resource: unknown }[] } }[] }
    const statements = policy!.PolicyDocument.Statement
    const onState = statements.filter(({ Action }) => Action.some(action => action.startsWith('s3:')))
    assert.deepEqual(onState.map(({ Action, Resource }) => [Action, Resource]), [
      [['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], { 'Fn::Sub': '${StateBucket.Arn}/*' }],
      [['s3:ListBucket'], { 'Fn::GetAtt': ['StateBucket', 'Arn'] }],
    ])
    const onItself = statements.filter(({ Action }) => Action.some(action => action.startsWith('lambda:')))
    const { CollectLambdaFunction: { Properties: { FunctionName: own } } } = resources as { CollectLambdaFunction: Resource }
    assert.deepEqual(onItself.map(({ Action }) => Action), [['lambda:InvokeFunction']])
    assert.match(JSON.stringify(onItself[0]!.Resource), new RegExp(`:function:${String(own)}"`))
    const others = statements.filter(statement => !onState.includes(statement) && !onItself.includes(statement)).flatMap(({ Action }) => Action)
    assert.ok(others.every(action => action.startsWith('logs:')), others.join())

    const { Runtime, Architectures, Timeout, Environment } = resources.CollectLambdaFunction!.Properties
    assert.deepEqual([Runtime, Architectures, Timeout], ['nodejs20.x', ['arm64'], 90])
    assert.deepEqual((Environment as { Variables: Record<string, unknown> }).Variables.SLUICE_BUCKET, { Ref: 'StateBucket' })
    const bucket = resources.StateBucket!.Properties
    assert.deepEqual(bucket.PublicAccessBlockConfiguration, { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true })
    assert.ok('BucketEncryption' in bucket && 'LifecycleConfiguration' in bucket)
  })

  it('serves under serverless-offline, behind its password', async () => {
    const [port, lambdaPort] = [await freePort(), await freePort()]
    const { child, output, ended } = osls('offline', '--host=127.0.0.1', `--httpPort=${port}`, `--lambdaPort=${lambdaPort}`, '--noSponsor')
    try {
      const url = `http://127.0.0.1:${port}`
      const ready = await until('an answer', () => ask(`${url}/-/ready`, { headers: basic('sluice', 'pw') }).then(reply => (reply.status === 200 ? reply : undefined), () => undefined), 60_000)
        .catch((error: unknown) => { throw new Error(output(), { cause: error }) })
      assert.equal(ready.text, 'Alloy is ready.\n')
      assert.equal((await ask(`${url}/-/ready`)).status, 401)
      const sent = await ask(`${url}/v1/traces`, { body: '{}', headers: { 'content-type': 'application/json', ...basic('sluice', 'pw') } })
      assert.deepEqual([sent.status, sent.text], [200, '{}'])
    } finally {
      child.kill('SIGTERM')
      await ended
    }
  })
})
