/**
 * What a caller may do, as bits by the numbers of Kafka's operations. There are no access rules yet: everyone may do all that
 * a resource of the kind allows.
 */
const bits = (operations: readonly number[]): number => operations.reduce((sum, at) => sum | (1 << at), 0)

/** What is answered when nobody asked. */
export const notAsked = -2_147_483_648
/** read, write, create, delete, alter, describe, describe and alter configs */
export const topicOperations = bits([3, 4, 5, 6, 7, 8, 10, 11])
/** read, delete, describe, describe and alter configs */
export const groupOperations = bits([3, 6, 8, 10, 11])
/** create, alter, describe, cluster action, describe and alter configs, idempotent write */
export const clusterOperations = bits([5, 7, 8, 9, 10, 11, 12])
