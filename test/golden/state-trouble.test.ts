/**
 * Trouble with state, on real processes: a full disk, damaged files, a folder that may not be written, a change log that is gone, a second
 * process on a folder, deletions that may be missing, and an application that is made to begin anew. Each is named, and nothing is lost.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Broker } from '../../src/broker/broker.ts'
import { openCluster } from '../../src/cli/cluster.ts'
import { ProcessEngines } from '../../src/store/state-engines.ts'
import { runWeft, startWeft } from '../weft-process.ts'
import { CountingApplication, logged, partitions } from './counting-application.ts'

const folder = mkdtempSync(join(tmpdir(), 'weft-trouble-'))
const broker = new Broker({ clock: systemClock, random: systemRandom, logger: silentLogger })
let bootstrap: string
const timeoutMs = 120_000

beforeAll(async () => {
  chmodSync(folder, 0o755)
  bootstrap = `127.0.0.1:${(await broker.listen(0)).port}`
})

afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true })
})

/** Runs it to its end, where nothing is wrong. */
async function runsWell(application: CountingApplication, ...more: string[]): Promise<string> {
  const { code, stderr } = await runWeft(application.run('--until-end', ...more))
  expect(code, stderr).toBe(0)
  return stderr
}

function everyCount(counts: ReadonlyMap<string, number>, keys: number, each: number): void {
  expect(counts.size).toBe(keys)
  expect([...counts.values()].filter((count) => count !== each)).toEqual([])
}

/** Runs it until the disk is full, makes room, and runs it again. */
async function runsIntoFull(
  application: CountingApplication,
  disk: { readonly fileBlocksMax?: number; readonly makeRoom: () => void },
  ...more: string[]
): Promise<void> {
  const keys = 5000
  await application.produce(1, keys)
  const full = await runWeft(application.run('--until-end', ...more), disk)
  // By itself: a connection that stays open would keep it until it is killed.
  expect(full.code).toBe(1)
  expect(full.stderr).toContain('STORE_FULL')
  expect(full.stderr).toContain('Make room on the disk and start again')
  disk.makeRoom()
  await application.produce(1, keys)
  await runsWell(application, ...more)
  everyCount(await application.counts(2 * keys), keys, 2)
}

/** Only root may make a file system. */
const isRoot = process.platform === 'linux' && process.getuid?.() === 0

describe('a disk that is full', () => {
  test(
    'ends the application with its name; with room again, every record is counted once',
    async () => {
      const application = await CountingApplication.make('full', bootstrap, folder)
      // The system refuses the write that makes a file longer than 96 KiB.
      await runsIntoFull(application, { fileBlocksMax: 192, makeRoom: () => {} }, '--state-engine', 'rocksdb')
    },
    timeoutMs,
  )

  test.skipIf(!isRoot)(
    'the same with SQLite, on a file system of a quarter of a megabyte',
    async () => {
      const application = await CountingApplication.make('full-sqlite', bootstrap, folder)
      mkdirSync(application.stateDir)
      const mount = (options: string) =>
        spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', application.stateDir])
      expect(mount('size=256k').status).toBe(0)
      try {
        const makeRoom = (): unknown => mount('remount,size=64m')
        await runsIntoFull(application, { makeRoom }, '--state-engine', 'sqlite')
      } finally {
        spawnSync('umount', [application.stateDir])
      }
    },
    timeoutMs,
  )
})

describe('a machine without RocksDB', () => {
  /** As if the optional package had not been installed. */
  const without = `import { registerHooks } from 'node:module'
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('@nxtedition/rocksdb')) return next(specifier, context)
    throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'MODULE_NOT_FOUND' })
  },
})
`
  const hooks = join(folder, 'without-rocksdb.mjs')
  const options = { environment: { NODE_OPTIONS: `--import=${pathToFileURL(hooks).href}` } }

  test(
    'keeps its stores in SQLite and says why; asked for RocksDB by name, it does not begin',
    async () => {
      writeFileSync(hooks, without)
      const application = await CountingApplication.make('driverless', bootstrap, folder)
      await application.produce(1)
      const asked = await runWeft(application.run('--until-end', '--state-engine', 'rocksdb'), options)
      expect(asked.code).toBe(2)
      expect(asked.stderr).toContain('STORE_DRIVER_MISSING')
      expect(asked.stderr).toContain('The optional package @nxtedition/rocksdb is not installed')
      expect(asked.stderr).toContain('choose state.engine: sqlite')
      // Two threads, each of which must find the engine of its process.
      for (const records of [20, 40]) {
        const auto = await runWeft(application.run('--until-end', '--threads', '2'), options)
        expect(auto.code, auto.stderr).toBe(0)
        expect(auto.stderr).toMatch(/"engine":"sqlite","why":"RocksDB is not there: The optional package/)
        everyCount(await application.counts(records), 20, records / 20)
        if (records === 20) await application.produce(1)
      }
      expect(readdirSync(join(application.stateDir, application.name))).not.toContain('rocksdb')
    },
    timeoutMs,
  )
})

describe('a file that is damaged', () => {
  test(
    'is named when it is read; without it the store is rebuilt from its change log',
    async () => {
      const application = await CountingApplication.make('damaged', bootstrap, folder)
      const files = join(application.stateDir, application.name, 'rocksdb')
      await application.produce(1)
      await runsWell(application, '--state-engine', 'rocksdb')
      // A start sorts what the log holds into a file.
      await runsWell(application, '--state-engine', 'rocksdb')
      const tables = readdirSync(files).filter((name) => name.endsWith('.sst'))
      expect(tables).not.toEqual([])
      for (const name of tables) damage(join(files, name))
      await application.produce(1)
      const damaged = await runWeft(application.run('--state-engine', 'rocksdb', '--until-end'))
      expect(damaged.code).toBe(1)
      expect(damaged.stderr).toContain('STORE_CORRUPT')
      expect(damaged.stderr).toContain('Delete it and start again')
      rmSync(files, { recursive: true })
      await runsWell(application, '--state-engine', 'rocksdb')
      everyCount(await application.counts(40), 20, 2)
    },
    timeoutMs,
  )
})

describe('weft state', () => {
  test(
    'names a store that is damaged, shows the others, and fails',
    async () => {
      const application = await CountingApplication.make('partly', bootstrap, folder)
      await application.produce(1)
      await runsWell(application, '--state-engine', 'sqlite')
      const tasks = join(application.stateDir, application.name, 'sqlite')
      writeFileSync(join(tasks, '0_1', 'totals.sqlite'), Buffer.alloc(8192, 0x55))
      const { code, stdout, stderr } = await runWeft(['state', '--state-dir', application.stateDir])
      expect(code).toBe(1)
      expect(stdout.trim().split('\n')).toHaveLength(partitions)
      expect(stderr).toContain(join('0_1', 'totals.sqlite'))
      expect(stderr).not.toContain('no stores')
    },
    timeoutMs,
  )
})

describe('state of a newer version', () => {
  test(
    'stops the application, which goes on without it from the change log',
    async () => {
      const application = await CountingApplication.make('newer', bootstrap, folder)
      await application.produce(1)
      await runsWell(application, '--state-engine', 'sqlite')
      const file = join(application.stateDir, application.name, 'sqlite', '0_1', 'totals.sqlite')
      const store = new DatabaseSync(file)
      store.exec('PRAGMA user_version = 2')
      store.close()
      await application.produce(1)
      const refused = await runWeft(application.run('--state-engine', 'sqlite', '--until-end'))
      expect(refused.code).toBe(1)
      const looked = await runWeft(['state', '--state-dir', application.stateDir])
      expect(looked.code).toBe(1)
      for (const { stderr } of [refused, looked]) {
        expect(stderr).toContain('STATE_VERSION')
        expect(stderr).toContain(file)
      }
      rmSync(file)
      await runsWell(application, '--state-engine', 'sqlite')
      everyCount(await application.counts(40), 20, 2)
    },
    timeoutMs,
  )
})

/** Every block of a table but its end, where it says what is in it. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  bytes.fill(0x55, 0, Math.max(64, bytes.length - 1200))
  writeFileSync(file, bytes)
}

describe('a folder that may not be written', () => {
  /** Nothing is forbidden to root: there the process runs as somebody else. */
  const user = process.getuid?.() === 0 ? { user: 65_534 } : {}

  test(
    'is named before anything is read',
    async () => {
      const application = await CountingApplication.make('read-only', bootstrap, folder)
      mkdirSync(application.stateDir, { mode: 0o555 })
      await application.produce(1)
      const refused = await runWeft(application.run('--until-end'), user)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('STORE_UNWRITABLE')
      chmodSync(application.stateDir, 0o755)
      await runsWell(application)
      everyCount(await application.counts(20), 20, 1)
    },
    timeoutMs,
  )

  test.each(['rocksdb', 'sqlite'])(
    'nor its files, which were written before: %s',
    async (engine) => {
      const application = await CountingApplication.make(`read-only-${engine}`, bootstrap, folder)
      const { stateDir } = application
      await application.produce(1)
      await runsWell(application, '--state-engine', engine)
      readOnly(stateDir, true)
      const refused = await runWeft(application.run('--until-end', '--state-engine', engine), user)
      const looked = await runWeft(['state', '--state-dir', stateDir], user)
      readOnly(stateDir, false)
      expect(refused.code).toBe(2)
      for (const { stderr } of [refused, looked]) {
        expect(stderr).toContain('STORE_UNWRITABLE')
        expect(stderr).not.toContain('STATE_LOCKED')
      }
      await application.produce(1)
      await runsWell(application, '--state-engine', engine)
      everyCount(await application.counts(40), 20, 2)
    },
    timeoutMs,
  )

  function readOnly(root: string, on: boolean): void {
    const below = readdirSync(root, { recursive: true, withFileTypes: true })
    const [folders, files] = on ? [0o555, 0o444] : [0o755, 0o644]
    for (const entry of below)
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? folders : files)
    chmodSync(root, folders)
  }
})

describe('a change log that is gone', () => {
  test(
    'stops the application instead of counting from nothing, and leaves the store',
    async () => {
      const application = await CountingApplication.make('lost', bootstrap, folder)
      await application.produce(1)
      await runsWell(application)
      await using cluster = openCluster({ bootstrap }, silentLogger)
      await cluster.kafka.admin.deleteTopics(['lost-totals-changelog'])
      await application.produce(1)
      for (let start = 0; start < 2; start++) {
        const lost = await runWeft(application.run('--until-end'))
        expect(lost.code).toBe(1)
        expect(lost.stderr).toContain('CHANGE_LOG_LOST')
        expect(lost.stderr).toContain('the change log \\"lost-totals-changelog\\" of store')
      }
      const { stdout } = await runWeft(['state', '--state-dir', application.stateDir])
      expect(entriesIn(stdout)).toBe(20)
      everyCount(await application.counts(20), 20, 1)
    },
    timeoutMs,
  )
})

describe('a change log that is gone with the store on disk', () => {
  test(
    'stops the application, too: what it has committed says that there was one',
    async () => {
      const application = await CountingApplication.make('nowhere', bootstrap, folder)
      const inMemory = ['--state-engine', 'memory', '--leave']
      for (let start = 0; start < 2; start++) {
        await application.produce(1)
        expect(await runsWell(application, ...inMemory)).not.toContain('stores start empty')
      }
      await using cluster = openCluster({ bootstrap }, silentLogger)
      await cluster.kafka.admin.deleteTopics(['nowhere-totals-changelog'])
      await application.produce(1)
      for (let start = 0; start < 2; start++) {
        const lost = await runWeft(application.run('--until-end', ...inMemory))
        expect(lost.code).toBe(1)
        expect(lost.stderr).toContain('CHANGE_LOG_LOST')
      }
      everyCount(await application.counts(40), 20, 2)
      const create = ['topics', 'create', 'nowhere-totals-changelog', '--partitions', String(partitions)]
      expect((await runWeft([...create, '--bootstrap', bootstrap])).code).toBe(0)
      await runsWell(application, ...inMemory)
      everyCount(await application.counts(60), 20, 1)
    },
    timeoutMs,
  )
})

describe('a second process', () => {
  test(
    'on a folder is told so, and the first one goes on',
    async () => {
      const application = await CountingApplication.make('twice', bootstrap, folder)
      const first = startWeft(application.run())
      await logged(first, /"state":"running"/)
      const second = await runWeft(application.run('--until-end'))
      expect(second.code).toBe(1)
      expect(second.stderr).toContain('STATE_LOCKED')
      await application.produce(1)
      everyCount(await application.counts(20), 20, 1)
      expect((await first.stop()).code).toBe(0)
    },
    timeoutMs,
  )
})

describe('a store that is older than deletions are kept', () => {
  test(
    'is rebuilt from its change log, and the log says why',
    async () => {
      const application = await CountingApplication.make('old', bootstrap, folder)
      await application.produce(1)
      await runsWell(application, '--state-engine', 'sqlite')
      await makeOld(application)
      await application.produce(1)
      const stderr = await runsWell(application, '--state-engine', 'sqlite')
      expect(stderr).toContain('deletions may be missing from the change log')
      everyCount(await application.counts(40), 20, 2)
    },
    timeoutMs,
  )
})

/** As if its stores were a commit behind and had been left so for years. */
async function makeOld({ stateDir, name }: CountingApplication): Promise<void> {
  const settings = { kind: 'sqlite', folder: join(stateDir, name), budgetBytes: 16 * 1_048_576 } as const
  const engines = await ProcessEngines.open(settings)
  for (const place of engines.places()) {
    const store = engines.forThread(0).open(place)
    const position = store.position()
    if (position !== undefined)
      store.write({ entries: [], position: { ...position, offset: position.offset - 1, committedAtMs: 0 } })
    store.close()
  }
  await engines.close()
}

describe('weft reset', () => {
  const offsetsOf = async (group: string) => {
    await using cluster = openCluster({ bootstrap }, silentLogger)
    return await cluster.kafka.admin.groupOffsets(group)
  }

  test(
    'asks first; then offsets, internal topics and state are gone, and all input is counted again',
    async () => {
      const application = await CountingApplication.make('anew', bootstrap, folder)
      await application.produce(1)
      await runsWell(application)
      const reset = ['reset', 'anew', '--bootstrap', bootstrap, '--state-dir', application.stateDir]
      const unasked = await runWeft(reset)
      expect(unasked.code).toBe(2)
      expect(unasked.stderr).toContain('nobody is there to be asked')
      expect(await offsetsOf('anew')).toHaveLength(partitions)
      expect(readdirSync(application.stateDir)).toEqual(['anew'])

      const done = await runWeft([...reset, '--yes'])
      expect(done.code, done.stderr).toBe(0)
      expect(done.stderr).toContain('topic anew-totals-changelog')
      expect(await offsetsOf('anew')).toEqual([])
      expect(readdirSync(application.stateDir)).toEqual([])
      await using cluster = openCluster({ bootstrap }, silentLogger)
      expect(await cluster.kafka.admin.describeTopics(['anew-totals-changelog'])).toEqual([])

      await runsWell(application)
      everyCount(await application.counts(40), 20, 1)
    },
    timeoutMs,
  )

  test.each(['DeleteTopics', 'DeleteGroups'])(
    'that ends at %s lets nothing be counted twice, and the next one ends it',
    async (api) => {
      const application = await CountingApplication.make(`half-${api}`, bootstrap, folder)
      await application.produce(1)
      await runsWell(application)
      const where = ['--bootstrap', bootstrap, '--state-dir', application.stateDir]
      const reset = ['reset', application.name, ...where, '--yes']
      const fault = { kind: 'error', error: 'CLUSTER_AUTHORIZATION_FAILED', when: 'instead' } as const
      const rule = broker.faults.add({ api, fault })
      expect((await runWeft(reset)).stderr).toContain('NOT_AUTHORIZED')
      rule.remove()
      await application.produce(1)
      const { code, stderr } = await runWeft(application.run('--until-end'))
      if (code !== 0) expect(stderr).toContain('CHANGE_LOG_LOST')
      const before = code === 0 ? 40 : 20
      everyCount(await application.counts(before), 20, before / 20)

      const done = await runWeft(reset)
      expect(done.code, done.stderr).toBe(0)
      await runsWell(application)
      everyCount(await application.counts(before + 40), 20, 2)
    },
    timeoutMs,
  )

  test(
    'leaves the topics of an application alone whose id begins with the same words',
    async () => {
      const application = await CountingApplication.make('same', bootstrap, folder)
      const other = await CountingApplication.make('same-words', bootstrap, folder)
      for (const each of [application, other]) {
        await each.produce(1)
        await runsWell(each)
      }
      const where = ['--bootstrap', bootstrap, '--state-dir', application.stateDir]
      const done = await runWeft(['reset', 'same', ...where, '--yes'])
      expect(done.code, done.stderr).toBe(0)
      expect(done.stderr).not.toContain('same-words')
      await other.produce(1)
      await runsWell(other)
      everyCount(await other.counts(40), 20, 2)
    },
    timeoutMs,
  )

  test(
    'deletes nothing while a process runs the application',
    async () => {
      const application = await CountingApplication.make('running', bootstrap, folder)
      await application.produce(1)
      const run = startWeft(application.run())
      await application.counts(20)
      const where = ['--bootstrap', bootstrap, '--state-dir', application.stateDir]
      const refused = await runWeft(['reset', 'running', ...where, '--yes'])
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('STATE_LOCKED')
      const copy = join(folder, 'copy')
      cpSync(application.stateDir, copy, { recursive: true })
      const fromCopy = ['--bootstrap', bootstrap, '--state-dir', copy]
      const misled = await runWeft(['reset', 'running', ...fromCopy, '--yes'])
      expect(misled.code).toBe(1)
      expect(misled.stderr).toContain('has members that this folder knows nothing of')
      await run.stop()
      expect(await offsetsOf('running')).toHaveLength(partitions)
      expect(entriesIn((await runWeft(['state', '--state-dir', application.stateDir])).stdout)).toBe(20)
    },
    timeoutMs,
  )
})

function entriesIn(stdout: string): number {
  const [, ...rows] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
  return rows.reduce((sum, row) => sum + Number(row[4]), 0)
}
