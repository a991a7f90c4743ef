/**
 * A broker that dies in the middle of a write: `node child.ts FOLDER BYTES` serves the folder on a port that it prints, and
 * kills itself as kill -9 does when it has written so many bytes.
 */
import { flushCompileCache } from 'node:module'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { systemRandom } from '../../../src/base/random.ts'
import { Broker } from '../../../src/broker/broker.ts'
import { BreakingDisk } from '../../../src/broker/fixtures/breaking-disk.ts'

const [folder = '', bytes = '0'] = process.argv.slice(2)
let leftBytes = Number(bytes)

const disk = new BreakingDisk((wanted) => {
  const written = Math.min(leftBytes, wanted)
  leftBytes -= written
  return written < wanted ? { written, broken: die } : { written }
})

function die(): Error {
  process.kill(process.pid, 'SIGKILL')
  return new Error('killed')
}

const broker = new Broker({
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
  dataFolder: folder,
  disk,
  retentionCheckMs: 50,
  compactionRestMs: 5,
})
const { port } = await broker.listen(0)
process.stdout.write(`${port}\n`)
// Whoever is killed writes nothing at its end: the next child starts in a third of the time.
flushCompileCache()
