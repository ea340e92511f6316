// The Lambda runtime as far as a handler sees it: one process, one event after the other as JSON.
// Started as `node lambda-runtime.mjs ARTEFACT`; events come and answers go over the IPC channel.
const { handler } = await import(process.argv[2])

/** Answers of several events, since the tests send many at once to one process. */
process.on('message', async ({ id, event, timeoutMs }) => {
  const deadline = Date.now() + timeoutMs
  const context = { awsRequestId: String(id), functionName: 'sluice', getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) }
  try {
    process.send({ id, answer: await handler(event, context) })
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.stack : String(error) })
  }
})
process.on('disconnect', () => process.exit(0))
process.send('ready')
