/** What the configuration asks of the ssh server. */
import type { Configuration } from '../../config/configuration.ts';
import type { ListenAddress } from '../listening.ts';
import type { RetrySettings } from './limits.ts';
import type { SshSettings } from './link.ts';

export const SSH_PATH: readonly string[] = ['system', 'services', 'ssh'];

export interface WantedSsh {
  readonly settings: SshSettings;
  readonly retry: RetrySettings;
  readonly listen: readonly ListenAddress[];
}

/** Every address of the machine, IPv6 and IPv4. */
const ANY = '::';

const SECONDS_PER_MINUTE = 60;

/** Undefined where ssh is off. */
export function wantedSsh({ system }: Configuration): WantedSsh | undefined {
  const { ssh } = system.services;
  if (ssh === undefined) return undefined;
  const retry = system.login['retry-options'];
  const addresses = ssh['listen-address'].length === 0 ? [ANY] : [...new Set(ssh['listen-address'])];
  return {
    settings: {
      connectionLimit: ssh['connection-limit'],
      rateLimit: ssh['rate-limit'],
      sessionsPerConnection: ssh['max-sessions-per-connection'],
      passwords: ssh['no-password-authentication'] === undefined,
      publicKeys: ssh['no-public-keys'] === undefined,
      aliveIntervalSeconds: ssh['client-alive-interval'],
      aliveCountMax: ssh['client-alive-count-max'],
      triesBeforeDisconnect: retry['tries-before-disconnect'],
      loginSecondsMax: retry['maximum-time'],
    },
    retry: {
      backoffThreshold: retry['backoff-threshold'],
      backoffFactorSeconds: retry['backoff-factor'],
      triesBeforeDisconnect: retry['tries-before-disconnect'],
      lockoutSeconds: retry['lockout-period'] * SECONDS_PER_MINUTE,
    },
    listen: addresses.map((address) => ({ address, port: ssh.port })),
  };
}
