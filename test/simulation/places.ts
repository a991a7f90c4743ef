import type { Random } from '../../src/base/random.ts'
import type { Application } from '../../src/runtime/application.ts'
import type { TestCluster, TestApplicationSettings } from '../../src/testing/cluster.ts'
import { SimulatedDisk } from '../../src/testing/simulated-disk.ts'
import type { Topology } from '../../src/topology/topology.ts'
import type { Deed, Trap } from './faults/traps.ts'

export interface PlaceOptions {
  readonly processId: string
  readonly cluster: TestCluster
  readonly topology: Topology
  readonly settings: TestApplicationSettings
  readonly disk: boolean
  readonly tell: (what: string) => void
  /** A deed was done at this step. */
  readonly onDeed: (deed: Deed, step: string) => void
}

/** A place for one process, which is started, killed, stopped and cut off, and comes back under its own name and with its own disk. */
export class Place {
  readonly processId: string
  readonly disk: SimulatedDisk | undefined
  trap: Trap | undefined = undefined
  /** Takes a look at the disk each time its process has died. */
  onDeath: () => void = () => {}
  readonly #options: PlaceOptions
  #application: Application | undefined = undefined

  constructor(options: PlaceOptions) {
    this.#options = options
    this.processId = options.processId
    this.disk = options.disk ? new SimulatedDisk(options.cluster.random) : undefined
  }

  /** The process that runs here, orderly end included: one whose application has ended is gone, whatever in it did not end in time. */
  get application(): Application | undefined {
    const application = this.#application
    if (application?.state === 'stopped' || application?.state === 'failed') {
      this.#options.cluster.kill(application)
      this.#application = undefined
    }
    return this.#application
  }

  start(): void {
    const { cluster, topology, settings, processId, tell } = this.#options
    tell('starts')
    this.#application = cluster.application(
      topology,
      { ...settings, identity: { kind: 'fixed', processId } },
      {
        ...(this.disk === undefined ? {} : { disk: this.disk }),
        onStep: (step, detail) => this.#at(step, detail),
        latencyMs: () => latency(cluster.random),
      },
    )
    this.#application.start()
  }

  do(deed: Deed, step = 'at any time'): void {
    const { application } = this
    if (application === undefined) return
    const { cluster, onDeed, tell } = this.#options
    tell(`${deed.kind}${'forMs' in deed ? ` for ${deed.forMs} ms` : ''}, ${step}`)
    onDeed(deed, step)
    switch (deed.kind) {
      case 'kill':
        return this.#die(application)
      case 'fail power':
        this.#die(application)
        this.disk?.failPower()
        return this.onDeath()
      case 'stop':
        void application.stop()
        return
      case 'pause': {
        const host = cluster.host(application)
        host.pause()
        cluster.clock.setTimer(deed.forMs, () => {
          if (host.paused) tell('goes on')
          host.resume()
        })
        return
      }
      case 'cut': {
        const network = cluster.network(application)
        network.cut()
        cluster.clock.setTimer(deed.forMs, () => network.mend())
      }
    }
  }

  /** Undoes what would end by itself: from now on the process runs and reaches the cluster. */
  mend(): void {
    this.trap = undefined
    const { application } = this
    if (application === undefined) return
    this.#options.cluster.host(application).resume()
    this.#options.cluster.network(application).mend()
  }

  #die(application: Application): void {
    this.#options.cluster.kill(application)
    this.#application = undefined
    this.onDeath()
  }

  #at(step: string, detail: string): void {
    if (!step.startsWith('log ')) this.#options.tell(detail === '' ? step : `${step} (${detail})`)
    const { trap } = this
    if (trap?.step !== step) return
    if (trap.skip > 0) {
      trap.skip -= 1
      return
    }
    this.trap = undefined
    this.do(trap.deed, step)
  }
}

/** Half a millisecond most often; now and then so much that what was sent later is there first, over another connection. */
function latency(random: Random): number {
  const dice = random.next()
  return dice < 0.8 ? 0.2 + dice : dice < 0.97 ? 10 * random.next() : 100 * random.next()
}
