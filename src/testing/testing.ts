/**
 * The package's entry `weft-streams/testing`: a definition in the hands of a test, alone or with the whole engine on a cluster, and a Kafka
 * broker inside one, whose time, chance and failures are the test's own. The guide is docs/guides/testing.md.
 */
export { openDriver, type OpenDriverOptions } from './open-driver.ts'
export { loadTopology, type LoadOptions } from './load-topology.ts'
export { TestCluster, type ClusterOptions, type ReadRecord, type TestRecord } from './cluster.ts'
export { TestDriver, type DriverInput, type DriverOutput, type TestDriverOptions } from './test-driver.ts'
export { startBroker, type RunningBroker, type StartOptions } from './start-broker.ts'
export { Broker, type BrokerConnection, type ListenerSecurity } from '../broker/broker.ts'
export type { BrokerConfig, BrokerOptions } from '../broker/broker-config.ts'
export type { ClusterControl, NewTopic } from '../broker/cluster-control.ts'
export type {
  ActiveFault,
  Fault,
  FaultControl,
  FaultRule,
  InterceptedRequest,
} from '../broker/fault-control.ts'
export { systemClock, type Clock, type Timer } from '../base/clock.ts'
export { ManualClock } from '../base/manual-clock.ts'
export { seededRandom, systemRandom, type Random } from '../base/random.ts'
export { silentLogger, type Logger } from '../base/logger.ts'
export { StreamError } from '../base/errors.ts'
