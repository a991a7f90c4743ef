/** What a client of TLS trusts and shows, made ready once. */
import { createSecureContext, type SecureContext } from 'node:tls'
import { StreamError } from './errors.ts'

/** What a client shows. Plain data: it crosses to worker threads. */
export interface Identity {
  /** Our own certificate with its chain, and its key, PEM text: for servers that ask who we are. */
  readonly cert?: string
  readonly key?: string
  /** Certificate, chain and key in one: the bytes of a PKCS #12 file. */
  readonly pfx?: Uint8Array
  /** Opens `key` or `pfx`. */
  readonly passphrase?: string
}

export interface Credentials extends Identity {
  /** Authorities that sign servers' certificates, PEM text; absent: those that Node trusts. */
  readonly ca?: string
}

interface Guess {
  readonly pattern: RegExp
  readonly detail: string
  readonly hint: string
}

const guesses: readonly Guess[] = [
  {
    pattern: /bad decrypt|mac verify failure|interrupted or cancelled|empty password|passphrase/i,
    detail: 'The password does not open the key.',
    hint: 'Check the password of the key, or of the key store.',
  },
  {
    pattern: /key values mismatch/i,
    detail: 'The key does not belong to the certificate.',
    hint: 'Give the key that the certificate was made for, and the certificate itself before its chain.',
  },
  {
    pattern: /unable to load private key/i,
    detail: 'The key store holds certificates and no key.',
    hint: 'Give a PKCS #12 file with a key; authorities go into the trust store, as PEM.',
  },
  {
    pattern: /unsupported|unknown pbe/i,
    detail: 'The key store is encrypted in a way that OpenSSL does not have any more.',
    hint: 'Write it anew: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12, with Java 17 or newer.',
  },
  {
    pattern: /no start line|not enough data|wrong tag|asn1|bad base64/i,
    detail: 'What was given is no PEM text, or no PKCS #12 file.',
    hint: 'PEM text begins with "-----BEGIN".',
  },
]

/** @throws StreamError `CONFIG_INVALID` with the usual cause, never with what was read */
export function openSecureContext({ ca, cert, key, pfx, passphrase }: Credentials): SecureContext {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(pfx === undefined ? {} : { pfx: Buffer.from(pfx) }),
      ...(passphrase === undefined ? {} : { passphrase }),
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const guess = guesses.find(({ pattern }) => pattern.test(reason))
    throw new StreamError('CONFIG_INVALID', 'the certificates or the key for TLS cannot be used', {
      detail: guess?.detail ?? `OpenSSL says: ${reason}.`,
      hint: guess?.hint ?? 'Check the settings of TLS.',
    })
  }
}
