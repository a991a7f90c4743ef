/** Reader types that Avro's resolution of schemas promotes each primitive of a writer to: what a registry allows is what a reader does. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

/** Whether a value of one kind of Avro type may be read as the other, another kind. */
export function isPromoted(writerKind: string, readerKind: string): boolean {
  return promotions[writerKind]?.includes(readerKind) === true
}
