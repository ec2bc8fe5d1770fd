// Asks @cloud-copilot/iam-simulate for its verdict on every request and fails where it is not the one that is written down, which
// is the one that Caretaker's simulated cloud gives as well (tests/deploy/iam.rs).
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const { account, common, edges, requests } = read('requests.json')
const { roles, resources } = read('policies.json')

async function verdict(request) {
  const edge = edges[request.policies]
  const documents = edge ? [edge] : roles[request.policies]
  const names = new Set(Object.keys(request.context).map((key) => key.toLowerCase()))
  const shared = Object.entries(common).filter(([key]) => !names.has(key.toLowerCase()))
  const result = await runSimulation(
    {
      request: {
        action: request.action,
        principal: `arn:aws:iam::${account}:role/${request.policies}`,
        resource: { resource: request.resource, accountId: account },
        contextVariables: { ...Object.fromEntries(shared), ...request.context },
      },
      identityPolicies: documents.map((policy, n) => ({ name: `policy-${n}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: request.resourcePolicy ? resources[request.resourcePolicy] : undefined,
    },
    {},
  )
  return result.resultType === 'error' ? JSON.stringify(result.errors) : result.overallResult
}

let different = 0
for (const request of requests) {
  const theirs = await verdict(request)
  if (theirs !== request.verdict) {
    different += 1
    console.log(`${request.policies}: ${request.says}: ${request.action} is ${theirs}, not ${request.verdict}`)
  }
}
const refused = requests.filter((request) => request.verdict !== 'Allowed').length
console.log(`${requests.length} requests, ${refused} of them refused, ${different} verdicts differ`)
process.exit(different === 0 ? 0 : 1)
