/** The Servers and clients of a run: Servers are started once, then commands one cell at a time. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import {
  runRouter,
  startBatch,
  startDaemon,
  startRouter,
  startTwampd,
  type Program,
  type Workshop,
} from '../benchmark/programs.ts';
import { copyTwampdConfiguration, keyStatements, passphrases } from '../benchmark/shared-secrets.ts';
import { CONTROL_PORT } from '../../src/twamp/protocol.ts';
import { substitute } from './command.ts';
import { describeAgreement, describeConversation, record, type Recorder } from './recorder.ts';
import { describeReport, isOver } from './report.ts';
import { servers, type Client, type Row, type ServerKind, type ServerName } from './rows.ts';

/** Where other implementations are. */
export interface Peers {
  readonly twping: string;
  readonly twampd: string;
  /** Directory with twamp-server.conf, .limits and .pfs. */
  readonly twampdConfiguration: string;
  readonly twampy: string;
}

/** Who has which secret: `misled` has a wrong one, of `stranger` no Server has heard. */
const serverSecrets = { ada: 'twamp-secret-1', misled: 'twamp-secret-2' };
const clientSecrets = { ada: 'twamp-secret-1', misled: 'not-that-one', stranger: 'twamp-secret-1' };

/** Longer than any command takes. */
const COMMAND_MILLIS_MAX = 300_000;

/** Until a command that occupies a Server does so. */
const OCCUPY_MILLIS_MAX = 10_000;

export class Stage {
  readonly #workshop: Workshop;
  readonly #peers: Peers;
  /** twping's file of secrets. */
  readonly #keys: string;
  readonly #ports = new Map<string, number>();
  /** State directories of routers as clients that no process uses now: one process, one directory. */
  readonly #states: string[] = [];

  constructor(workshop: Workshop, peers: Peers) {
    this.#workshop = workshop;
    this.#peers = peers;
    this.#keys = join(workshop.room(), 'client.pfs');
    writeFileSync(this.#keys, passphrases(clientSecrets));
  }

  /** Starts every Server, for IPv4 and IPv6. */
  async open(): Promise<void> {
    for (const [name, kind] of Object.entries<ServerKind>(servers)) {
      this.#ports.set(name, await this.#start(kind));
    }
  }

  /** Runs the command of a cell; gives what was seen, to be compared with what the row expects. */
  async see(row: Row, cell: string): Promise<string> {
    const recorder = row.recorded && (await this.#record(row.recorded, row.client, cell));
    const occupant = row.occupant === undefined ? undefined : await this.#occupy(row.occupant, row.recorded!);
    const recorded = recorder ? { [row.recorded]: recorder.port } : {};
    const command = this.#completed(cell, recorded);
    try {
      const runs = Array.from({ length: row.atOnce ?? 1 }, () => this.#run(row.client, command));
      const outputs = await Promise.all(runs);
      const reports = outputs.map((output) => describeReport(output) ?? lastLineOf(output));
      const seen = reports.join(' | ');
      if (recorder === undefined) return seen;
      if (describeReport(outputs.join()) === undefined) return describeConversation(recorder.conversation());
      return row.agreement ? `${describeAgreement(recorder.conversation())}; ${seen}` : seen;
    } finally {
      recorder?.close();
      await occupant?.stop();
    }
  }

  #start(kind: ServerKind): Promise<number> {
    if (kind.kind === 'router') return this.#startRouter(kind);
    return kind.kind === 'twampd' ? this.#startTwampd(kind) : this.#startResponder(kind);
  }

  async #startRouter({ statements }: ServerKind & { kind: 'router' }): Promise<number> {
    const port = await freePort();
    const own = statements.map((statement) => substitute(statement, { PORT: port }));
    await startRouter(this.#workshop, { port, statements: [...keyStatements(serverSecrets), ...own] });
    return port;
  }

  async #startResponder({ paddingOctets }: ServerKind & { kind: 'responder' }): Promise<number> {
    const port = await freePort();
    for (const host of ['127.0.0.1', '[::1]']) {
      const options = ['--padding', String(paddingOctets)];
      this.#workshop.start([this.#peers.twampy, 'responder', `${host}:${port}`, ...options]);
    }
    await untilBound(port);
    return port;
  }

  async #startTwampd({ modes, sessionsMax }: ServerKind & { kind: 'twampd' }): Promise<number> {
    const { twampd, twampdConfiguration } = this.#peers;
    const configuration = copyTwampdConfiguration(this.#workshop, twampdConfiguration, serverSecrets);
    const limits = join(configuration, 'twamp-server.limits');
    const limited = readFileSync(limits, 'utf8').replace(/test_sessions=\d+/, `test_sessions=${sessionsMax}`);
    writeFileSync(limits, limited);
    const { port } = await startTwampd(this.#workshop, twampd, configuration, { modes });
    await startTwampd(this.#workshop, twampd, configuration, { modes, port, address: '[::1]' });
    return port;
  }

  /** Stands before a Server. twampy knows no port but 862. */
  #record(server: ServerName, client: Client, command: string): Promise<Recorder> {
    const host = command.includes('::1') ? '::1' : '127.0.0.1';
    return record(host, this.#ports.get(server)!, client === 'twampy' ? CONTROL_PORT : 0);
  }

  #completed(command: string, ports: Readonly<Record<string, number>>): string {
    return substitute(command, { ...Object.fromEntries(this.#ports), ...ports, KEYS: this.#keys });
  }

  /** What a command printed, also when it failed. */
  async #run(client: Client, command: string): Promise<string> {
    if (client === 'router') return this.#runRouter(command);
    if (client === 'configured') return this.#runConfigured(command);
    // Copies of twampy that were taught other ports than 862 are told of it like this.
    const environment = { TWAMPY_CTRL_PORT: String(CONTROL_PORT) };
    return outputOf(this.#workshop.start([this.#peers[client], ...command.split(' ')], environment));
  }

  async #runRouter(line: string): Promise<string> {
    const state = this.#states.pop() ?? (await this.#makeState());
    const output = await outputOf(startBatch(this.#workshop, state, [line]));
    this.#states.push(state);
    return output;
  }

  /** Commits a control connection; gives its results once a test is over. */
  async #runConfigured(statement: string): Promise<string> {
    const state = await this.#makeState();
    const port = await freePort();
    await runRouter(this.#workshop, state, [
      'configure',
      'edit services rpm twamp',
      // Listening tells that it runs.
      `set server port ${port} client-list here address 127.0.0.0/8`,
      `set client control-connection c1 ${statement}`,
      'commit and-quit',
    ]);
    const program = await startDaemon(this.#workshop, state, port);
    const latest = Date.now() + COMMAND_MILLIS_MAX;
    const show = 'show services rpm twamp client probe-results | display json';
    const results = (): Promise<string> => outputOf(startBatch(this.#workshop, state, [show]));
    let seen = await results();
    while (!isOver(seen) && Date.now() < latest) {
      await sleep(500);
      seen = await results();
    }
    await program.stop();
    return seen;
  }

  async #makeState(): Promise<string> {
    const state = this.#workshop.room();
    const edit = 'edit services rpm twamp client';
    await runRouter(this.#workshop, state, [
      'configure',
      edit,
      ...keyStatements(clientSecrets),
      'commit and-quit',
    ]);
    return state;
  }

  /** Starts a twping; fulfilled once its session runs. */
  async #occupy(command: string, server: ServerName): Promise<Program> {
    const recorder = await this.#record(server, 'twping', command);
    const words = this.#completed(command, { [server]: recorder.port }).split(' ');
    const program = this.#workshop.start([this.#peers.twping, ...words]);
    const latest = Date.now() + OCCUPY_MILLIS_MAX;
    while (!recorder.started()) {
      if (Date.now() > latest) throw new Error(`A Server could not be occupied: ${program.errors}`);
      await sleep(20);
    }
    recorder.close();
    return program;
  }
}

async function outputOf(program: Program): Promise<string> {
  const late = setTimeout(() => void program.stop(), COMMAND_MILLIS_MAX);
  const lines = await program.finish();
  clearTimeout(late);
  return [...lines, program.errors].join('\n');
}

/** Fulfilled once both families have a UDP socket at `port`. */
async function untilBound(port: number): Promise<void> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const latest = Date.now() + OCCUPY_MILLIS_MAX;
  const bound = (table: string): boolean => readFileSync(`/proc/net/${table}`, 'utf8').includes(local);
  while (!(bound('udp') && bound('udp6'))) {
    if (Date.now() > latest) throw new Error(`Nobody is at UDP port ${port}.`);
    await sleep(50);
  }
}

const lastLineOf = (output: string): string => output.trim().split('\n').at(-1)!;
