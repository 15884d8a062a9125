/** What the configuration says of the fleet: where its database is, and as whom. */
import { isAbsolute } from 'node:path';
import { findingsBelow, type Finding } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Secrets } from '../config/secrets.ts';

export const FLEET_PATH: readonly string[] = ['system', 'fleet', 'postgresql'];

type FleetConfiguration = Configuration['system']['fleet']['postgresql'];

export type TlsMode = FleetConfiguration['tls'];

/** As whom somebody is at the database. */
export interface Credentials {
  readonly user: string;
  readonly password: string | undefined;
}

export interface DatabasePlace {
  /** A name, an address, or (absolute) the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls: TlsMode;
  readonly caFile: string | undefined;
}

export interface FleetSettings {
  /** As people are shown it; there is no password in it. */
  readonly url: string;
  readonly place: DatabasePlace;
  readonly router: Credentials;
  /** Undefined: nobody asks here. */
  readonly reader: Credentials | undefined;
  readonly node: string;
  readonly intervalSeconds: number;
  readonly outboxOctetsMax: number;
}

const MEBI = 2 ** 20;
const PORT_DEFAULT = 5432;

const error = findingsBelow(FLEET_PATH);

/** Statements that say something only together with others. */
export function verifyFleet({ system }: Configuration, secrets: Secrets): readonly Finding[] {
  const { url, password, reader } = system.fleet.postgresql;
  const findings: Finding[] = [];
  const wrong = (code: string, path: readonly string[], when: boolean): void => {
    if (when) findings.push(error('error', code, path, {}));
  };
  const isAlone = password !== undefined || reader.user !== undefined || reader.password !== undefined;
  wrong('fleet-no-url', [], url === undefined && isAlone);
  wrong('fleet-no-reader', ['reader'], reader.user === undefined && reader.password !== undefined);
  wrong('unreadable-secret', ['password'], isUnreadable(secrets, ['password'], password));
  const ofReader = ['reader', 'password'];
  wrong('unreadable-secret', ofReader, isUnreadable(secrets, ofReader, reader.password));
  return findings;
}

function isUnreadable(secrets: Secrets, path: readonly string[], stored: string | undefined): boolean {
  return stored !== undefined && secrets.open([...FLEET_PATH, ...path], stored) === undefined;
}

/** Undefined: this router is of no fleet. */
export function fleetSettingsOf({ system }: Configuration, secrets: Secrets): FleetSettings | undefined {
  const { url, reader, ...fleet } = system.fleet.postgresql;
  if (url === undefined) return undefined;
  const open = (stored: string | undefined, ...path: string[]): string | undefined =>
    stored === undefined ? undefined : secrets.open([...FLEET_PATH, ...path], stored);
  const { user, ...place } = placeOf(url);
  return {
    url,
    place: { ...place, tls: fleet.tls, caFile: fleet['tls-ca-file'] },
    router: { user, password: open(fleet.password, 'password') },
    reader:
      reader.user === undefined
        ? undefined
        : { user: reader.user, password: open(reader.password, 'reader', 'password') },
    node: fleet['node-name'] ?? system['host-name'],
    intervalSeconds: fleet.interval,
    outboxOctetsMax: fleet['outbox-size'] * MEBI,
  };
}

/** Of a URL that the grammar has accepted. */
function placeOf(
  text: string,
): Pick<DatabasePlace, 'host' | 'port' | 'database'> & { readonly user: string } {
  const url = new URL(text);
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT_DEFAULT : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
  };
}

export const isSocket = ({ host }: Pick<DatabasePlace, 'host'>): boolean => isAbsolute(host);
