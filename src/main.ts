/** The composition root: the only file that knows every part. */
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { absence } from './access/absence.ts';
import { Accounts } from './access/accounts.ts';
import { UserAliases } from './access/aliases.ts';
import { ownOrReach } from './access/attach/client.ts';
import { LateAttach } from './access/attach/late.ts';
import { AttachError } from './access/attach/messages.ts';
import { AttachServer, type AttachParts } from './access/attach/server.ts';
import { attend, isBatch, stopSignal, visit } from './access/attend.ts';
import { AuditTrail } from './access/audit-trail.ts';
import { Histories } from './access/histories.ts';
import { Logins } from './access/logins.ts';
import { readOptions, USAGE, UsageError, type Options } from './access/options.ts';
import { ownUser } from './access/own-user.ts';
import { exposition } from './access/metrics/exposition.ts';
import { MetricsAccess } from './access/metrics/metrics-access.ts';
import { Reception } from './access/reception.ts';
import { Roll } from './access/roll.ts';
import { SshAccess, type SshParts } from './access/ssh/ssh-access.ts';
import { completionScript } from './access/completion.ts';
import { complain } from './access/standard-streams.ts';
import { Syslog } from './access/syslog.ts';
import { SystemClock, systemRandom } from './clock.ts';
import type { Router } from './commands/command.ts';
import { commands } from './commands/commands.ts';
import { live } from './commands/live.ts';
import { describe, describeFinding } from './commands/messages.ts';
import { describeNotice } from './commands/notice-messages.ts';
import { ConfigurationDatabase } from './config/database.ts';
import { Secrets } from './config/secrets.ts';
import { available } from './native/libc.ts';
import { WorkerDatapath } from './datapath/worker-datapath.ts';
import { Engine } from './engine/engine.ts';
import { deriveKey } from './engine/key-chains.ts';
import { NativeSockets } from './engine/native-sockets.ts';
import { TcpTransport } from './engine/tcp-transport.ts';
import { Fleet, type FleetParts } from './fleet/fleet.ts';
import { NotationError } from './grammar/notation.ts';
import { exampleCaptures } from './services/capture/example-captures.ts';
import { censusOf, Services, type ServicesParts } from './services/services.ts';
import { readGrammars, type CompiledGrammars, type Grammars } from './shell/grammars.ts';
import type { AuditChange } from './store/audit.ts';
import { Files } from './store/files.ts';
import { openState, stateDirectory, type Notice, type State } from './store/state-directory.ts';

/** dist/ and src/ both stand in the package's folder. */
const packageDirectory = fileURLToPath(new URL('..', import.meta.url));

/** The exit status. */
async function main(words: readonly string[]): Promise<number> {
  let options: Options;
  let grammars: Grammars;
  try {
    options = readOptions(words);
    if (options.help) return print(USAGE);
    if (options.version) return print(`dnrouter ${version()}\n`);
    grammars = readGrammars(grammarFile, compiledGrammars());
    if (options.completion) return print(completionScript(options.completion, [...grammars.classes.keys()]));
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof NotationError)) throw error;
    complain(error.message);
    return 2;
  }
  try {
    const directory = options.state ?? stateDirectory(process.env);
    const open = (): State => openState(directory);
    // A router that serves others has nobody here who could use another's.
    const entered = options.daemon ? open() : await ownOrReach(directory, open);
    if ('socket' in entered) return await visit(options, entered);
    try {
      return await serve(options, grammars, directory, entered);
    } finally {
      entered.close();
    }
  } catch (error) {
    const isPlain = error instanceof UsageError || error instanceof AttachError;
    complain(isPlain ? error.message : describe(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function serve(options: Options, grammars: Grammars, directory: string, state: State): Promise<number> {
  const clock = new SystemClock();
  const report = (error: unknown): void => complain(describe(error));
  const secrets = new Secrets(state.secretKey);
  const fleet: Fleet = openFleet(state, { clock, secrets, report }, () => ({ engine, services }));
  const engine = openEngine(state, clock, secrets, fleet, report);
  const services = openServices({ state, clock, engine, report });
  const accounts = new Accounts(grammars.classes, clock);
  const ssh = openSsh({ clock, accounts, reception: () => reception, hostKeyDirectory: directory, report });
  const syslog = new Syslog(report);
  const metrics = new MetricsAccess({ expose: () => exposition(router), report });
  // Accounts last: whom they end is not brought back when another part then cannot follow.
  const participants = [engine, services, ssh, metrics, syslog, fleet, accounts];
  const configuration = new ConfigurationDatabase({
    schema: grammars.schema,
    archive: state.revisions,
    participants,
    clock,
    secrets,
    absence: absence(accounts, () => ({ logins, audit, report })),
  });
  const logins = new Logins(clock, accounts);
  const histories = new Histories({ store: state.histories, accounts, clock, report });
  const router: Router = {
    ...aboutItself(clock),
    grammars,
    clock,
    configuration,
    engine,
    services,
    fleet,
    sessions: state.sessions,
    results: state.rpm,
    people: new Roll(accounts, logins),
    audit: state.audit,
    files: new Files(directory),
    aliases: new UserAliases({ store: state.aliases, accounts, report }),
  };
  const forward = (change: AuditChange): void => syslog.send(change);
  const audit = new AuditTrail({ store: state.audit, clock, report, forward });
  const parts = { grammars, commands, live, router, describeFinding, clock, logins, audit, histories };
  const reception = new Reception(parts);
  tellOf(state.notices, options, audit);
  try {
    const { failures } = await configuration.start();
    // What there is to warn of was said at the commit; that a service does not run is news, for whoever may know of it.
    if (options.role === undefined) for (const failure of failures) complain(`warning: ${describe(failure)}`);
    // Whoever can attach may also see to it that the router ends.
    const stop = stopSignal();
    const open = (): ReturnType<typeof openAttach> => openAttach({ directory, accounts, reception, clock });
    const attach = isBatch(options) ? new LateAttach(clock, open) : await open();
    return await attend(options, { accounts, reception, logins, attach, clock }, stop);
  } finally {
    configuration.close();
    await Promise.all([ssh.close(), metrics.close()]);
    await Promise.all([services.close(), engine.close()]);
    // Commands that were under way until now are on record, too.
    audit.flush();
    histories.flush();
    syslog.close();
    // What has ended with the others is published, too.
    await fleet.close();
  }
}

/** What was wrong with the state directory: for whoever may know of it, and on record. */
function tellOf(notices: readonly Notice[], { role }: Options, audit: AuditTrail): void {
  const entry = {
    kind: 'commit',
    user: 'router',
    way: 'start',
    address: undefined,
    result: 'damage',
  } as const;
  for (const text of notices.map(describeNotice)) {
    if (role === undefined) complain(`warning: ${text}`);
    audit.record({ ...entry, text });
  }
}

function aboutItself(clock: SystemClock): Pick<Router, 'version' | 'host' | 'startedNanos'> {
  return { version: version(), host: os, startedNanos: clock.wallNanos() };
}

function openSsh(parts: Omit<SshParts, 'workerUrl'>): SshAccess {
  return new SshAccess({ ...parts, workerUrl: new URL('./ssh-worker.js', import.meta.url) });
}

function openAttach(parts: Omit<AttachParts, 'environment' | 'userOf'>): Promise<AttachServer | undefined> {
  return AttachServer.open({ ...parts, environment: process.env, userOf }).catch((error: unknown) => {
    complain(`warning: nobody can attach: ${(error as Error).message}`);
    return undefined;
  });
}

type Report = (error: unknown) => void;

function conntrack(): ReturnType<ServicesParts['conntrack']> {
  const found = available();
  const workerUrl = new URL('./conntrack-worker.js', import.meta.url);
  if ('libc' in found) return { libc: found.libc, workerUrl };
  return process.platform === 'linux' ? 'program' : undefined;
}

interface ServicesOptions {
  readonly state: State;
  readonly clock: SystemClock;
  readonly engine: Engine;
  readonly report: Report;
}

function openServices({ state, clock, engine, report }: ServicesOptions): Services {
  const url = new URL('./records-worker.js', import.meta.url);
  const records = (): Worker =>
    new Worker(url, { execArgv: [], name: 'records', workerData: state.servicesFile });
  return new Services({
    store: state.services,
    marks: state.tracking,
    records,
    clock,
    conntrack,
    example: exampleCaptures(join(packageDirectory, 'docs/examples')),
    measured: () => engine.sessions({}, 'live'),
    report,
  });
}

function openFleet(
  state: State,
  parts: Pick<FleetParts, 'clock' | 'secrets' | 'report'>,
  others: () => { readonly engine: Engine; readonly services: Services },
): Fleet {
  const url = new URL('./fleet-worker.js', import.meta.url);
  const start = (): Worker => new Worker(url, { execArgv: [], name: 'fleet', workerData: state.fleetFile });
  return new Fleet({
    ...parts,
    start,
    software: version(),
    sources: {
      live: () => others().engine.sessions({}, 'live'),
      ended: state.sessions,
      services: state.services,
      audit: state.audit,
      revisions: state.revisions,
    },
    census: (signal) => censusOf(others().services, signal),
    useMeshed: (connections) => others().engine.useMeshed(connections),
  });
}

function openEngine(
  state: State,
  clock: SystemClock,
  secrets: Secrets,
  fleet: Fleet,
  report: Report,
): Engine {
  return new Engine({
    clock,
    random: systemRandom,
    transport: new TcpTransport(),
    datapath: new WorkerDatapath(new URL('./datapath-worker.js', import.meta.url), report),
    store: state.sessions,
    results: fleet.tapped(state.rpm),
    secrets,
    deriveKey,
    report,
  });
}

/** The user whose program has attached, if it is ours or root's; the socket's file keeps others out, too. */
function userOf(socket: Socket): string | undefined {
  const own = ownUser();
  const found = available();
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const uid = 'libc' in found ? new NativeSockets(found.libc).peerUid(fd) : own.uid;
  if (uid === own.uid) return own.username;
  return uid === 0 ? 'root' : undefined;
}

function grammarFile(name: string): string {
  return readFileSync(join(packageDirectory, 'grammar', name), 'utf8');
}

/** Of the program that was built; none where it runs from its sources. */
function compiledGrammars(): CompiledGrammars | undefined {
  const file = new URL('./grammars.json', import.meta.url);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as CompiledGrammars;
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

void main(process.argv.slice(2)).then((status) => {
  if (status !== 0) process.exitCode = status;
});
