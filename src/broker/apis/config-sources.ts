/** Where a setting's value comes from, and what it belongs to: the numbers that the APIs of configuration share. */
export const configSources = { topic: 1, broker: 4, default: 5 } as const
export const resourceTypes = { topic: 2, broker: 4 } as const
