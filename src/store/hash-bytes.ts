/** FNV-1a with a last mix, so that neighbours among keys are none among hashes: 32 bits without sign; never 0. */
export function hashBytes(key: Buffer): number {
  let hash = 0x811c_9dc5
  for (let index = 0; index < key.length; index++)
    hash = Math.imul(hash ^ (key[index] as number), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  hash = (hash ^ (hash >>> 16)) >>> 0
  return hash === 0 ? 1 : hash
}
