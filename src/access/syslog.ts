/** Sends the record to syslog hosts, which may be slow or gone: it never waits for them. */
import { createSocket, type Socket } from 'node:dgram';
import type { Finding, Participant } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import type { AuditChange, AuditKind } from '../store/audit.ts';
import { syslogMessage, type SyslogMessage } from './syslog-message.ts';

/** Datagrams that the kernel has not taken yet; those beyond it are dropped, and counted. */
const SYSLOG_WAITING_MAX = 1_000;

/** Example enterprise number of RFC 5612: this program has none of its own. */
const ELEMENT = 'audit@32473';

type Hosts = Configuration['system']['syslog']['host'];

const severities: Readonly<Record<AuditKind, SyslogMessage['severity']>> = {
  login: 'informational',
  logout: 'informational',
  command: 'informational',
  refusal: 'warning',
  commit: 'notice',
};

export class Syslog implements Participant {
  readonly #report: (error: unknown) => void;
  readonly #sockets = new Map<'udp4' | 'udp6', Socket>();
  #hosts: Hosts = new Map();
  #hostName = '';
  #waiting = 0;
  #dropped = 0;
  #failing = false;

  /** `report` is told once of hosts that cannot be reached, until one can again. */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Messages that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  verify(): readonly Finding[] {
    return [];
  }

  apply({ system }: Configuration): Promise<readonly Finding[]> {
    this.#hosts = system.syslog.host;
    this.#hostName = system['host-name'];
    if (this.#hosts.size === 0) this.close();
    return Promise.resolve([]);
  }

  send(change: AuditChange): void {
    for (const [address, { port, facility }] of this.#hosts) {
      const octets = syslogMessage(this.#messageOf(change, facility));
      this.#sendTo(address, port, octets);
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #messageOf(change: AuditChange, facility: SyslogMessage['facility']): SyslogMessage {
    const { kind, user, way, address, text, result, count } = change;
    const from = address === undefined ? {} : { address };
    return {
      facility,
      severity: severities[kind],
      wallNanos: change.lastWallNanos,
      hostName: this.#hostName,
      application: 'dnrouter',
      processId: String(process.pid),
      messageId: kind.toUpperCase(),
      data: { [ELEMENT]: { user, way, ...from, result, count: String(count) } },
      text: `${user === '' ? '' : `${user} `}${kind}${text === '' ? '' : ` '${text}'`}: ${result}`,
    };
  }

  #sendTo(address: string, port: number, octets: Uint8Array): void {
    if (this.#waiting >= SYSLOG_WAITING_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += 1;
    this.#socketFor(address).send(octets, port, address, (error) => {
      this.#waiting -= 1;
      this.#tell(error);
    });
  }

  #tell(error: Error | null): void {
    if (error && !this.#failing) this.#report(new Error(`syslog: ${error.message}`));
    this.#failing = error !== null;
  }

  /** One for each family, while there are hosts; alone it does not keep the process alive. */
  #socketFor(address: string): Socket {
    const family = address.includes(':') ? 'udp6' : 'udp4';
    const known = this.#sockets.get(family);
    if (known) return known;
    const socket = createSocket(family).unref();
    socket.on('error', (error) => this.#tell(error));
    this.#sockets.set(family, socket);
    return socket;
  }
}
