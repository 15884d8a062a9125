/** The way in for Prometheus: HTTP, which answers GET /metrics and nothing else. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Finding, Participant } from '../../config/commit.ts';
import type { Configuration } from '../../config/configuration.ts';
import { applyErrorOf, keyOf, ListenFailure, moveDoors, type ListenAddress } from '../listening.ts';
import type { Exposition } from './exposition.ts';

const PATH: readonly string[] = ['system', 'services', 'metrics'];

/** Figures are nobody's business beyond this machine, unless somebody says so. */
const LISTEN_DEFAULT = ['127.0.0.1'];

/** Of one address; those beyond it are closed. */
export const METRICS_CONNECTIONS_MAX = 16;

/** A request is to be there within, and a connection may then idle for. */
const REQUEST_MILLIS_MAX = 5_000;
const IDLE_MILLIS_MAX = 60_000;

/** What is longer is no request for metrics. */
const HEADER_OCTETS_MAX = 8_192;

const PAGE = '/metrics';

export interface MetricsParts {
  readonly expose: () => Promise<Exposition>;
  /** Hears of what goes wrong by no fault of a client. */
  readonly report: (error: unknown) => void;
}

export class MetricsAccess implements Participant {
  readonly #parts: MetricsParts;
  readonly #servers = new Map<string, Server>();
  #listening: readonly ListenAddress[] = [];

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  verify(): readonly Finding[] {
    return [];
  }

  /** Rejects with ApplyError, having changed nothing. */
  async apply({ system }: Configuration): Promise<readonly Finding[]> {
    const wanted = wantedAddresses(system.services.metrics);
    const doors = {
      open: (at: ListenAddress) => this.#open(at),
      close: (at: ListenAddress) => this.#close(at),
    };
    try {
      await moveDoors(doors, this.#listening, wanted, this.#parts.report);
    } catch (error) {
      throw error instanceof ListenFailure ? applyErrorOf(error, PATH) : error;
    }
    this.#listening = wanted;
    return [];
  }

  async close(): Promise<void> {
    await Promise.all(this.#listening.map((at) => this.#close(at)));
    this.#listening = [];
  }

  async #open(at: ListenAddress): Promise<void> {
    const server = createServer(
      {
        headersTimeout: REQUEST_MILLIS_MAX,
        requestTimeout: REQUEST_MILLIS_MAX,
        keepAliveTimeout: IDLE_MILLIS_MAX,
        maxHeaderSize: HEADER_OCTETS_MAX,
      },
      (request, response) => void this.#answer(request, response),
    );
    server.maxConnections = METRICS_CONNECTIONS_MAX;
    try {
      server.listen({ host: at.address, port: at.port, ipv6Only: true });
      await once(server, 'listening');
    } catch (error) {
      throw new ListenFailure(at, (error as NodeJS.ErrnoException).code ?? '');
    }
    server.on('error', this.#parts.report);
    this.#servers.set(keyOf(at), server);
  }

  async #close(at: ListenAddress): Promise<void> {
    const server = this.#servers.get(keyOf(at));
    this.#servers.delete(keyOf(at));
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const [path] = url.split('?');
    if (path !== PAGE) say(response, 404, `The metrics are at ${PAGE}.`);
    else if (method === 'GET' || method === 'HEAD') await this.#tell(response);
    else say(response.setHeader('Allow', 'GET, HEAD'), 405, `${PAGE} can only be read.`);
  }

  async #tell(response: ServerResponse): Promise<void> {
    try {
      const { contentType, text } = await this.#parts.expose();
      response.writeHead(200, { 'Content-Type': contentType }).end(text);
    } catch (error) {
      this.#parts.report(error);
      say(response, 500, 'The metrics cannot be read.');
    }
  }
}

function say(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${line}\n`);
}

function wantedAddresses(metrics: Configuration['system']['services']['metrics']): readonly ListenAddress[] {
  if (metrics === undefined) return [];
  const named = metrics['listen-address'];
  const addresses = named.length === 0 ? LISTEN_DEFAULT : [...new Set(named)];
  return addresses.map((address) => ({ address, port: metrics.port }));
}
