/**
 * Files of certificates and keys, by the properties that the JVM's clients have for them: `….location`, `….type`, `….password`. PEM and key
 * stores in PKCS #12 can be read here. A file in PKCS #12 without a key is none that Node reads, and Java's own format is Java's alone: both
 * are refused with the command that converts them.
 */
import { readFileSync } from 'node:fs'
import { StreamError } from './errors.ts'
import type { Identity } from './secure-context.ts'

/** What a property is set to; undefined where it is not there. */
export type ReadProperty = (name: string) => string | undefined

/**
 * Authorities, as PEM text.
 *
 * @param store - what the names of its properties begin with, `ssl.truststore`
 * @throws StreamError `CONFIG_INVALID`, `FILE_UNREADABLE`
 */
export function readTrustStore(store: string, property: ReadProperty): string | undefined {
  const file = readStore(store, property, certificatesAsPem)
  if (file === undefined || file.isPem) return file?.bytes.toString('utf8')
  throw refused(`${store}.type`, 'PEM, the one kind of trust store that can be read here', certificatesAsPem)
}

/**
 * Certificate and key of our own.
 *
 * @param store - as for {@link readTrustStore}
 * @param keyPassword - opens an encrypted key in PEM
 * @throws StreamError `CONFIG_INVALID`, `FILE_UNREADABLE`
 */
export function readKeyStore(
  store: string,
  property: ReadProperty,
  keyPassword?: string,
): Identity | undefined {
  const file = readStore(store, property, keyAsPkcs12)
  if (file === undefined) return undefined
  if (file.isPem) {
    const text = file.bytes.toString('utf8')
    return { cert: text, key: text, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) }
  }
  const passphrase = property(`${store}.password`)
  if (passphrase === undefined)
    throw refused(`${store}.password`, 'there, which opens the key store', 'Set it to the password.')
  return { pfx: file.bytes, passphrase }
}

interface StoreFile {
  readonly bytes: Buffer
  readonly isPem: boolean
}

function readStore(store: string, property: ReadProperty, conversion: string): StoreFile | undefined {
  const path = property(`${store}.location`)
  const type = (property(`${store}.type`) ?? 'JKS').toUpperCase()
  if (path === undefined) return undefined
  if (type !== 'PEM' && type !== 'PKCS12' && type !== 'JKS')
    throw refused(`${store}.type`, 'one of PEM, PKCS12, JKS', 'Set it to what the file is.')
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}" of "${store}.location"`, {
      cause: error,
    })
  }
  // Java reads PKCS #12 where JKS is said, and the reverse: the file tells what it is.
  if (isJks(bytes))
    throw refused(`${store}.location`, 'a file in a format other than JKS, which only Java reads', conversion)
  return { bytes, isPem: type === 'PEM' }
}

function isJks(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfe_ed_fe_ed
}

const keyAsPkcs12 =
  'Convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12; then set the type to PKCS12.'
const certificatesAsPem =
  'Write its certificates out as PEM: keytool -list -rfc -keystore FILE > FILE.pem, or openssl pkcs12 -in FILE -nokeys -out FILE.pem; then set the type to PEM.'

function refused(name: string, wanted: string, hint: string): StreamError {
  return new StreamError('CONFIG_INVALID', `"${name}" is not ${wanted}`, { hint })
}
