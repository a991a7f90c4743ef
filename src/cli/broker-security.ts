/** How clients of `weft broker` prove who they are: TLS from files in PEM, SASL with users from a file. */
import { readFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import { StreamError } from '../base/errors.ts'
import type { BrokerConfig } from '../broker/broker-config.ts'
import type { ListenerSecurity } from '../broker/broker.ts'
import { readProperties } from './config/kafka-properties-file.ts'
import { oneOf } from './options.ts'

type Tls = NonNullable<ListenerSecurity['tls']>
type ClientAuth = NonNullable<Tls['clientAuth']>
type Mechanism = NonNullable<ListenerSecurity['sasl']>['mechanisms'][number]
type Users = BrokerConfig['users']

export interface BrokerSecurityOptions {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsCa?: string
  readonly tlsClientAuth?: ClientAuth
  readonly sasl?: readonly Mechanism[]
  readonly users?: string
  readonly dataDir?: string
}

/** Those that ask for a user's password. */
const mechanisms: readonly Mechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
/** Takes whoever comes at their word: only where it is asked for by its name. */
const unsecured = 'OAUTHBEARER'

export function withBrokerSecurity(command: Command): Command {
  return command
    .option('--tls-cert <file>', 'TLS: the certificate of the broker with its chain, in PEM')
    .option('--tls-key <file>', 'the key of the certificate, in PEM')
    .option('--tls-ca <file>', 'authorities that sign the certificates of clients, in PEM')
    .option(
      '--tls-client-auth <whether>',
      'whether clients show a certificate: none, requested, required; with --tls-ca required',
      oneOf('none', 'requested', 'required'),
    )
    .option(
      '--sasl <mechanisms>',
      `SASL: ${mechanisms.join(', ')}; with --users all of them; ${unsecured} for tests, with tokens that nobody signs`,
      mechanismList,
    )
    .option('--users <file>', 'users and their passwords, one name=password a line')
}

/**
 * Reads the files that the options name.
 *
 * @throws StreamError `USAGE_INVALID` for options that need others, `FILE_UNREADABLE`, `CONFIG_INVALID` for users without a password
 */
export function brokerSecurityOf(options: BrokerSecurityOptions): {
  readonly security: ListenerSecurity
  readonly users: Users
} {
  const tls = tlsOf(options)
  const users = options.users === undefined ? {} : readUsers(options.users)
  const sasl = options.sasl ?? (options.users === undefined ? undefined : mechanisms)
  const asksForPasswords = sasl?.some((mechanism) => mechanism !== unsecured) === true
  if (asksForPasswords && options.users === undefined && options.dataDir === undefined)
    throw incomplete('"--sasl" knows no user', 'Give "--users FILE", or a "--data-dir" that holds users.')
  const security = { ...(tls && { tls }), ...(sasl && { sasl: { mechanisms: sasl } }) }
  return { security, users }
}

/** For the line that tells where the broker listens. */
export function describeSecurity({ tls, sasl }: ListenerSecurity): string {
  const clients = tls?.clientAuth === 'required' ? ' with certificates of clients' : ''
  return `${tls === undefined ? '' : `, TLS${clients}`}${sasl === undefined ? '' : `, SASL ${sasl.mechanisms.join(' ')}`}`
}

function tlsOf({ tlsCert, tlsKey, tlsCa, tlsClientAuth }: BrokerSecurityOptions): Tls | undefined {
  if (tlsCert === undefined || tlsKey === undefined) {
    if ([tlsCert, tlsKey, tlsCa, tlsClientAuth].every((option) => option === undefined)) return undefined
    throw incomplete('TLS needs a certificate and its key', 'Give both "--tls-cert" and "--tls-key".')
  }
  const clientAuth = tlsClientAuth ?? (tlsCa === undefined ? 'none' : 'required')
  if (clientAuth !== 'none' && tlsCa === undefined)
    throw incomplete('nobody signs the certificates of clients', 'Give their authorities with "--tls-ca".')
  return {
    cert: readGiven('--tls-cert', tlsCert),
    key: readGiven('--tls-key', tlsKey),
    ...(tlsCa === undefined ? {} : { ca: readGiven('--tls-ca', tlsCa) }),
    clientAuth,
  }
}

function readUsers(path: string): Users {
  const users = readProperties(readGiven('--users', path))
  const names = Object.keys(users)
  const open = names.find((name) => users[name] === '')
  if (names.length > 0 && open === undefined) return users
  throw new StreamError(
    'CONFIG_INVALID',
    open === undefined ? `no user is in "${path}"` : `user "${open}" in "${path}" has no password`,
    { hint: 'Write name=password, one user a line.' },
  )
}

function readGiven(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new StreamError('FILE_UNREADABLE', `could not read "${path}" of "${option}"`, {
      detail: cause instanceof Error ? cause.message : '',
      hint: 'Give a file that is there and that this user may read.',
      cause,
    })
  }
}

function mechanismList(text: string): readonly Mechanism[] {
  return text.split(',').map((word) => {
    const offered = [...mechanisms, unsecured] as const
    const found = offered.find((known) => known === word.trim().toUpperCase())
    if (found === undefined)
      throw new InvalidArgumentError(`It takes ${offered.join(', ')}, with commas between.`)
    return found
  })
}

function incomplete(message: string, hint: string): StreamError {
  return new StreamError('USAGE_INVALID', message, { hint })
}
