import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** As many ports of the loopback that nobody has, for a program that has to be told them: held all at once, so that none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => server.close()[Symbol.asyncDispose]()))
  return ports
}
