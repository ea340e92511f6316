// A cold start: `node lambda-once.mjs ARTEFACT EVENT` runs the handler once and says which status it answered.
const { handler } = await import(process.argv[2])
const { statusCode } = await handler(JSON.parse(process.argv[3]), { awsRequestId: '1', functionName: 'bench', getRemainingTimeInMillis: () => 30_000 })
process.stdout.write(`\nanswered ${statusCode}\n`)
process.exit(0)
