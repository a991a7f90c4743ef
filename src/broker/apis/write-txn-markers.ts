/**
 * WriteTxnMarkers (27): ends a producer's transaction in some partitions, past its coordinator. Brokers send it among themselves;
 * administrators to be rid of a transaction that hangs. Version 0 is gone; version 2 names the transaction version: from the second one on a
 * marker has an epoch of its own, which no batch has.
 */
import type { DeepPartial } from '../../protocol/api.ts'
import { apis, type RequestOf, type ResponseOf } from '../../protocol/apis.ts'
import { kafkaErrorCode, type KafkaErrorName } from '../../protocol/error-codes.ts'
import type { ProducerState } from '../log/producer-states.ts'
import { appendTransactionMarker } from '../node/transaction-markers.ts'
import { defineHandler, type Call } from './api-handler.ts'
import { onCluster } from './demand.ts'
import { findLed, type Found } from './partition-lookup.ts'
import type { Topic } from '../topics/topics.ts'

type Marker = RequestOf<typeof apis.writeTxnMarkers>['markers'][number]
type Response = DeepPartial<ResponseOf<typeof apis.writeTxnMarkers>>

const ownEpochFromVersion = 2

export const writeTxnMarkersHandler = defineHandler({
  api: apis.writeTxnMarkers,
  minVersion: 1,
  demands: () => [onCluster('clusterAction')],
  handle: (request, call): Response => ({
    markers: request.markers.map((marker) =>
      everywhere(marker, (topic, partition) => kafkaErrorCode(write(marker, { topic, partition }, call))),
    ),
  }),
  refuse: (request, errorCode): Response => ({
    markers: request.markers.map((marker) => everywhere(marker, () => errorCode)),
  }),
})

function everywhere({ producerId, topics }: Marker, errorOf: (topic: string, partition: number) => number) {
  return {
    producerId,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        errorCode: errorOf(name, partitionIndex),
      })),
    })),
  }
}

function write(
  marker: Marker,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  call: Call,
): KafkaErrorName {
  const known = call.node.topics.get(topic)
  const found: Found<Topic> =
    known === undefined
      ? { kind: 'missing', error: 'UNKNOWN_TOPIC_OR_PARTITION' }
      : { kind: 'found', it: known }
  const led = findLed(found, partition, call)
  if (led.kind === 'missing') return led.error
  const { producerId, producerEpoch, coordinatorEpoch, transactionResult } = marker
  const state = led.it.producers.get(producerId)
  if (state !== undefined && isOld(marker, state)) return 'INVALID_PRODUCER_EPOCH'
  if (state !== undefined && coordinatorEpoch < state.coordinatorEpoch)
    return 'TRANSACTION_COORDINATOR_FENCED'
  const outcome = transactionResult ? 'commit' : 'abort'
  const facts = { producerId, producerEpoch, coordinatorEpoch, outcome } as const
  const written = appendTransactionMarker(led.it, facts, call.node.clock.nowMs())
  return written ? 'NONE' : 'KAFKA_STORAGE_ERROR'
}

function isOld(
  { producerEpoch, transactionVersion }: Marker,
  { epoch, openSinceOffset }: ProducerState,
): boolean {
  if (producerEpoch !== epoch || transactionVersion < ownEpochFromVersion) return producerEpoch < epoch
  // Where nothing is open, it is the marker that has been here.
  return openSinceOffset !== undefined
}
