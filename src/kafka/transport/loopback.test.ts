import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { StreamError } from '../../base/errors.ts'
import { openKafka } from '../client.ts'
import { tcpConnector } from '../tcp-connector.ts'

const servers: Server[] = []
const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** A port of this machine on which `onConnect` answers. */
async function listen(onConnect: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket)
    onConnect(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function closedPort(): Promise<number> {
  const port = await listen(() => {})
  await new Promise((resolve) => servers.pop()?.close(resolve))
  return port
}

async function failureOf(work: Promise<unknown>): Promise<StreamError> {
  try {
    await work
  } catch (error) {
    if (error instanceof StreamError) return error
    throw error
  }
  throw new Error('it succeeded')
}

const request = { apiKey: 18, apiVersion: 0, flexible: false, body: [Buffer.alloc(0)], timeoutMs: 40 }

describe('over loopback', () => {
  test('a connection that is refused names the address and what is usually wrong', async () => {
    const port = await closedPort()
    const error = await failureOf(tcpConnector().connect('127.0.0.1', port, 'test'))
    expect(error.code).toBe('BROKER_UNREACHABLE')
    expect(error.message).toBe(`could not connect to 127.0.0.1:${port}`)
    expect(error.detail).toBe('Nothing listens on that port.')
  })

  test('a request that is not answered in time fails and ends its connection', async () => {
    const port = await listen(() => {})
    const connection = await tcpConnector().connect('127.0.0.1', port, 'test')
    const error = await failureOf(connection.send(request))
    expect(error.code).toBe('REQUEST_TIMED_OUT')
    expect(error.message).toBe(`127.0.0.1:${port} did not answer ApiVersions within 40 ms`)
    expect(connection.closed).toBe(true)
    expect((await failureOf(connection.send(request))).code).toBe('CONNECTION_CLOSED')
  })

  test('requests under way fail when the broker ends the connection', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.destroy()))
    const connection = await tcpConnector().connect('127.0.0.1', port, 'test')
    const error = await failureOf(connection.send(request))
    expect(error.code).toBe('CONNECTION_CLOSED')
    expect(error.message).toBe(`the connection to 127.0.0.1:${port} was closed`)
  })

  test('an answer goes to the request with its correlation id, whatever order they come in', async () => {
    const port = await listen((socket) => {
      const answer = (id: number): Buffer => Buffer.from([0, 0, 0, 5, 0, 0, 0, id, 65 + id])
      let bytes = 0
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes === 2 * 18) socket.write(Buffer.concat([answer(1), answer(0)]))
      })
    })
    const connection = await tcpConnector().connect('127.0.0.1', port, 'test')
    const answers = await Promise.all([connection.send(request), connection.send(request)])
    expect(answers.map(String)).toEqual(['A', 'B'])
    await connection.close()
  })

  test('a cluster that cannot be reached is named with every address that was tried', async () => {
    const ports = [await closedPort(), await closedPort()]
    const kafka = openKafka({
      bootstrap: ports.map((port) => `127.0.0.1:${port}`),
      clientId: 'test',
      connector: tcpConnector(),
      startTimeoutMs: 30,
    })
    const error = await failureOf(kafka.admin.listTopics())
    expect(error.code).toBe('BROKER_UNREACHABLE')
    expect(error.message).toBe(`could not reach Kafka at 127.0.0.1:${ports[0]}, 127.0.0.1:${ports[1]}`)
    expect(error.detail).toBe(
      'Tried for 1s.\n' +
        `Could not connect to 127.0.0.1:${ports[0]}. Nothing listens on that port.\n` +
        `Could not connect to 127.0.0.1:${ports[1]}. Nothing listens on that port.`,
    )
    expect(error.hint).toBe('Start the broker, or correct the address.')
    await kafka.close()
  })

  test('a last try without an answer does not hide what the one before met', async () => {
    let connections = 0
    // The first one is ended at its request, as a port that wants SASL does; the next is never answered.
    const port = await listen((socket) => {
      if (++connections === 1) socket.on('data', () => socket.destroy())
    })
    const kafka = openKafka({
      bootstrap: [`127.0.0.1:${port}`],
      clientId: 'test',
      connector: tcpConnector(),
      startTimeoutMs: 500,
    })
    const error = await failureOf(kafka.admin.listTopics())
    expect(error.detail).toContain('it expects TLS or SASL on this port')
    expect(connections).toBe(2)
    await kafka.close()
  })
})
