/** The words for everything that can go wrong: one table an error type, code by code. */
import { ApplyError, CommitError, type Finding } from '../config/commit.ts';
import type { TimedOutcome } from '../config/database.ts';
import { EditError } from '../config/edit-error.ts';
import { LoadError, type FaultCode } from '../config/load/faults.ts';
import { ConfigTextError } from '../config/text.ts';
import { MeasurementError } from '../engine/measurement-error.ts';
import { ListenError } from '../engine/server.ts';
import { FleetError } from '../fleet/problems.ts';
import { fleetFindings, fleetProblemText } from './fleet-messages.ts';
import { importTexts, serviceFindings } from './service-messages.ts';
import { Refusal, refusalTexts, type Details } from './refusal.ts';
import { ImportError } from '../services/records/import.ts';
import { sourceFinding, SourceError } from '../services/source.ts';
import { StoreError } from '../store/database.ts';
import { FileError } from '../store/file-error.ts';
import { counted } from '../render/counted.ts';
import { dateTime } from '../render/time.ts';

type Texts<Code extends string> = { readonly [C in Code]: (details: Details) => string };

const edit: Texts<EditError['code']> = {
  'no-such-statement': ({ path }) => `There is no statement '${path!}' to delete.`,
  'not-found': ({ path }) => `There is no statement '${path!}'.`,
  exists: ({ path }) => `There is a statement '${path!}' already.`,
  'not-one-list': ({ path }) => `'${path!}' is in another list.`,
  'beside-itself': () => 'An entry cannot stand beside itself.',
  'several-statements': ({ path }) =>
    `'${path!}' stands for several statements; name them by their own words.`,
  'no-match': () => 'Nothing matches the pattern.',
  'replaced-value': ({ path, value, expected }) =>
    `'${path!}' cannot be '${value!}': it must be ${expected!}.`,
  'comment-ends': () => "A comment cannot have '*/' in it.",
  forbidden: ({ path }) =>
    `Nothing was changed: you may not change ${path === '' ? 'all that this would change' : `'${path!}'`}.`,
  'nothing-left': ({ path }) => `At least one value of '${path!}' must be left.`,
  'foreign-secret': ({ path }) =>
    `The secret of '${path!}' was sealed for another statement or by another router; type it in clear.`,
};

const commit: Texts<CommitError['code']> = {
  verify: () => 'The configuration is not valid, nothing was changed.',
  apply: () => 'Commit failed, nothing was changed.',
  forbidden: ({ path }) =>
    `Commit failed, you may not change ${path === '' ? 'all that has been changed' : `'${path!}'`}.`,
  conflict: () =>
    'Commit failed, another commit has changed the same statements (commit again overwrites them, rollback drops the edits).',
  locked: ({ who }) => `configuration database locked by:\n${who!}`,
  modified: () => 'configuration database modified',
  'shared-modified': () => 'shared configuration database modified',
  scheduled: ({ who, time }) =>
    `A commit of ${who!} is scheduled for ${time!} (clear system commit gives it up).`,
  past: () => 'That time has passed.',
  unchanged: () => 'No configuration changes to commit.',
  'no-revision': () => 'There is no such revision (show system commit lists them).',
};

const faults: Texts<FaultCode> = {
  'unknown-word': ({ word }) => `unknown word '${word!}'`,
  'ambiguous-word': ({ word }) => `'${word!}' is ambiguous`,
  'missing-value': () => 'a value is missing',
  'missing-key': () => 'the name of an entry is missing',
  'unexpected-word': ({ word }) => `'${word!}' is not expected here`,
  'invalid-value': ({ word, expected }) =>
    word === undefined ? `value must be ${expected!}` : `value must be ${expected!}, not '${word}'`,
  'several-values': () => 'there can be one value only',
  'nothing-below': () => 'nothing can stand below it',
  'hidden-secret': () => 'the secret was hidden from whoever saved this; type it in clear',
  'foreign-secret': () =>
    'the secret was sealed for another statement or by another router; type it in clear',
  'no-such-statement': () => 'there is no such statement',
  'not-empty': () => 'there is more in it than is taken away',
  edit: ({ code, ...details }) => edit[code as EditError['code']](details),
  'comment-ends': () => "a comment cannot have '*/' in it",
  'open-quote': () => 'a quote is not closed',
  'open-comment': () => 'a comment is not closed',
  'open-list': () => "a list is not closed (']')",
  'open-brace': () => "a brace is not closed ('}')",
  'unexpected-brace': ({ brace }) => `'${brace!}' is not expected here`,
  'missing-semicolon': () => "';' is missing",
  'missing-banner': () => "a patch begins with a level, as in '[edit services]'",
  'not-json': ({ expected }) => `this is no JSON, expected ${expected!}`,
  'not-xml': ({ problem }) => `this is no XML, ${problem!}`,
  'unknown-operation': ({ operation }) => `unknown operation '${operation!}'`,
  'not-loadable': ({ command }) => `'${command!}' is no command that can be loaded`,
  refused: ({ text }) => String(text),
  'too-large': ({ maximum }) => `longer than ${maximum!} characters`,
  'too-deep': ({ maximum }) => `more than ${maximum!} levels below each other`,
  'too-many-statements': ({ maximum }) => `more than ${maximum!} statements`,
  'too-many-faults': ({ maximum }) => `more than ${maximum!} errors, the rest was not read`,
};

/** A line an error, below how many there are. */
function describeLoad({ faults: all, source }: LoadError): string {
  const lines = all.map(({ line, path, code, details }) => {
    const where = path.length === 0 ? '' : `${path.join(' ')}: `;
    return `${source}:${line}: ${where}${faults[code](details)}`;
  });
  return [`Nothing was loaded (${counted(all.length, 'error')}):`, ...lines].join('\n');
}

/** Threads count as processes: RLIMIT_NPROC, and pids.max of a control group. */
const NO_THREAD = 'the system starts no more threads (raise LimitNPROC or TasksMax of the service)';

const measurement: Texts<MeasurementError['code']> = {
  'port-in-use': () => 'Unable to measure, the port is in use.',
  'port-permission': () => 'Unable to measure, the port may not be bound.',
  'no-such-instance': ({ name }) => `Unable to measure, there is no routing instance '${name!}'.`,
  'no-such-user': ({ name }) =>
    `Unable to measure, no key of the client is called '${name!}' (services rpm twamp client authentication-key-chain).`,
  'no-such-namespace': () => "Unable to measure, the routing instance's network namespace does not exist.",
  'no-such-device': () => "Unable to measure, the routing instance's device does not exist.",
  'namespace-permission': () =>
    "Unable to measure, the routing instance's network namespace may not be entered (run as root).",
  'no-native-sockets': () =>
    'Unable to measure, only the default routing instance can be used on this machine.',
  'too-many-to-log': ({ maximum }) =>
    `Unable to measure, 'raw' reports no more than ${maximum!} packets of all sessions together.`,
  'no-such-interface': ({ name }) => `Unable to measure, there is no interface '${name!}'.`,
  'name-unresolved': () => 'Unable to measure, the name of the host is not known.',
  'connection-refused': () =>
    'Unable to measure, the connection was refused (does a TWAMP server listen on that port?).',
  'no-ipv4-address': () => 'Unable to measure, the host has no IPv4 address.',
  'no-ipv6-address': () => 'Unable to measure, the host has no IPv6 address.',
  'source-of-other-version': ({ address }) =>
    `Unable to measure, the host has no address of the family of source-address ${address!}.`,
  'source-unusable': ({ address }) =>
    `Unable to measure, packets cannot leave from source-address ${address!} to the host.`,
  unreachable: () => 'Unable to measure, the host is not reachable.',
  'connect-timeout': () => 'Unable to measure, the host does not answer.',
  failed: () => 'Unable to measure, the connection failed.',
  'ports-exhausted': ({ first, last }) =>
    `Unable to measure, no UDP port of ${first!}-${last!} is free here (port-range, or data-port-range of the client).`,
  'address-unavailable': ({ address }) =>
    `Unable to measure, ${address!} is not an address of this routing instance (source-address).`,
  'no-thread': () => `Unable to measure, ${NO_THREAD}.`,
  'greeting-timeout': ({ seconds }) =>
    `Unable to measure, the host speaks no TWAMP (it said nothing for ${seconds!} seconds).`,
  'answer-timeout': ({ seconds }) => `Unable to measure, the server did not answer for ${seconds!} seconds.`,
  'not-twamp': ({ said }) =>
    `Unable to measure, the host speaks no TWAMP (it began with ${JSON.stringify(said)}).`,
  declined: () =>
    'Unable to measure, the server refuses this client (its client list, or its limit of connections).',
  'mode-not-offered': () => 'Unable to measure, the server does not offer this authentication mode.',
  'count-refused': ({ count }) =>
    `Unable to measure, the server asks for a key of ${count!} iterations (1024 to 32768 are done).`,
  'wrong-hmac': () => 'Unable to measure, what the server said was changed on the way (HMAC).',
  'set-up-refused': ({ accept }) => `Unable to measure, the server refused the connection (${accept!}).`,
  'session-refused': ({ accept }) =>
    `Unable to measure, the server refused the test session (${accept!}${refusedFor[accept!] ?? ''}).`,
  'start-refused': ({ accept }) => `Unable to measure, the server did not start the sessions (${accept!}).`,
  'connection-closed': () => 'Unable to measure, the server closed the connection.',
  'protocol-error': () => 'Unable to measure, the server broke the protocol.',
  interrupted: () => 'Interrupted before anything was measured.',
};

/** What Accept values of sessions are likely to mean; a Server holds the port of a stopped session: RFC 5357 §3.5. */
const refusedFor: Details = {
  'temporary-resource-limit':
    ': its sessions or UDP ports are in use, also those of sessions stopped less than their timeout ago',
};

/** Remedies for a port that the kernel reserves for those with the right to bind it. */
const PORT_REMEDY =
  'run as root, give node the capability (setcap cap_net_bind_service=+ep), or choose a port of 1024 or more';

const listen: Readonly<Partial<Record<ListenError['code'], (port: number) => string>>> = {
  'port-in-use': (port) => `Port ${port} is in use by another program.`,
  'port-permission': (port) => `Port ${port} may not be bound without the right to: ${PORT_REMEDY}.`,
};

const store: Texts<StoreError['problem']['code']> = {
  'not-writable': ({ file }) => `${file!} is not writable (choose another directory with --state).`,
  'disk-full': ({ file }) => `${file!} cannot be written, the disk is full.`,
  corrupt: ({ file }) => `${file!} is damaged (the next start keeps it aside and saves what can be read).`,
  'in-use': ({ file }) => `${file!} is in use by another dnrouter.`,
  'input-output': ({ file }) => `${file!} cannot be read or written.`,
  gone: ({ file }) =>
    `${file!} was moved or deleted while the router ran; nothing is kept any more until it is restarted.`,
  'newer-version': ({ file, found, supported }) =>
    `${file!} was written by a newer dnrouter (its schema is ${found!}, this program knows ${supported!}).`,
  'other-node': () =>
    `better-sqlite3 was compiled for another Node.js than this ${process.version} (npm rebuild compiles it anew; npm rebuild --global, of an installed program).`,
  'not-compiled': () =>
    'better-sqlite3 was not compiled, as where npm may run no install scripts (npm rebuild compiles it; npm rebuild --global, of an installed program).',
  'no-home': () => 'No home directory is set (HOME); choose a state directory with --state.',
};

const files: Texts<FileError['code']> = {
  'no-such-file': ({ file }) => `'${file!}' does not exist.`,
  'no-such-directory': ({ file }) => `The directory of '${file!}' does not exist.`,
  exists: ({ file }) => `'${file!}' is there already ('replace' takes its place).`,
  'is-directory': ({ file }) => `'${file!}' is a directory.`,
  'no-directory': ({ file }) => `'${file!}' leads through something that is no directory.`,
  'is-link': ({ file }) => `'${file!}' is a symbolic link.`,
  'not-regular': ({ file }) => `'${file!}' is no regular file.`,
  outside: ({ file }) => `'${file!}' is outside your directory.`,
  'bad-name': ({ file }) => `'${file!}' is no name for a file.`,
  'name-too-long': ({ file }) => `'${file!}' is too long a name for a file.`,
  'not-permitted': ({ file }) => `You may not read or write '${file!}' (file permissions).`,
  'no-space': ({ file }) => `There is no space for '${file!}', it was left as it was.`,
  quota: ({ file, mebibytes }) =>
    `Your files may take up ${mebibytes!} MiB together, '${file!}' was left as it was.`,
  'too-many-files': ({ file, maximum }) => `You may have ${maximum!} files, '${file!}' would be one more.`,
  'too-long': ({ file, mebibytes }) => `'${file!}' is longer than ${mebibytes!} MiB.`,
  'not-text': ({ file }) => `'${file!}' is no text (UTF-8).`,
  busy: ({ file }) => `'${file!}' is being written by another command.`,
  'input-output': ({ file }) => `'${file!}' cannot be read or written (input/output error).`,
};

/** What a part of the router says about a configuration. */
const findings: Readonly<Record<string, (details: Details) => string>> = {
  'unknown-group': ({ name }) => `There is no group '${name!}'.`,
  'group-loop': () => 'The group inherits from itself.',
  'unknown-routing-instance': ({ name }) => `Routing instance '${name!}' does not exist.`,
  'routing-instances': ({ maximum }) => `No more than ${maximum!} routing instances can be listed.`,
  'default-routing-instance': () => 'The default routing instance is always there and stands for itself.',
  'namespace-or-device': () => 'A routing instance stands for either a namespace or a device.',
  'no-such-namespace': ({ namespace }) => `Network namespace '${namespace!}' does not exist.`,
  'no-such-device': ({ device }) => `Device '${device!}' does not exist.`,
  'namespace-permission': ({ namespace }) =>
    `Network namespace '${namespace!}' may not be entered (run as root).`,
  'no-native-sockets': () => 'Without native sockets only the default routing instance can be used.',
  failed: () => 'No socket can be made in this routing instance.',
  'target-address-required': () => 'target-address is required.',
  'managed-target-address': () => 'target-address requires managed control-type',
  'session-target-required': () => 'A test session needs a target-address with light control-type.',
  'light-mode': ({ mode }) =>
    `Test packets of light control-type are open or authenticated; '${mode!}' requires managed control-type.`,
  'no-control-connection': () => 'This has no effect: light control-type has no control connection.',
  'data-size-too-small': ({ octets }) => `Test packets have ${octets!} octets at least.`,
  'no-such-key-chain': ({ chain }) => `The client has no key chain '${chain!}'.`,
  'no-such-key': ({ 'key-id': keyId, chain }) =>
    chain === ''
      ? `No key of the client is called '${keyId!}'.`
      : `The key chain '${chain!}' has no key '${keyId!}'.`,
  'several-keys': ({ mode }) => `The mode '${mode!}' needs one key, there are several (key-id names one).`,
  'key-without-mode': () => "A key has no effect with the authentication-mode 'none'.",
  'no-test-session': () => 'There is no test-session: nothing is measured.',
  'interface-without-address': ({ name }) =>
    `Interface '${name!}' has no address now: no client can connect until it has one.`,
  'interface-or-instance': () => 'Test sessions leave by an interface or in a routing instance, not both.',
  'light-destination-port': () => 'destination-port requires light control-type',
  'local-link': () => 'A link-local target address needs local-link, and no other has one.',
  'address-families': () => 'Source and target address are not both IPv4 or both IPv6.',
  'option-without-effect': () => 'This has no effect without native sockets.',
  'no-key-chain': ({ mode }) => `The mode '${mode!}' needs a key (authentication-key-chain).`,
  'no-secret': () => 'A key needs a secret.',
  'not-one-key': () => 'STAMP packets name no key: there is to be one.',
  'light-reflectors': ({ maximum }) =>
    `No more than ${maximum!} sockets can reflect without control connections: two for each port and routing instance.`,
  'light-port-twice': () => 'Both statements for reflectors without control connections name this port.',
  'key-id-twice': ({ 'key-id': keyId }) => `The key '${keyId!}' is in another chain already.`,
  'unreadable-secret': () =>
    'The secret was sealed for another statement or by another router; type it again.',
  'class-and-role': () => 'A user has either a class or a role.',
  'grant-not-held': ({ privilege }) =>
    `This would give the privilege '${privilege!}', which you do not hold yourself.`,
  'key-and-type': () => 'A public key needs key and type, and one that fits the other.',
  'password-in-clear': () => 'A password is typed here and kept as encrypted-password.',
  'no-such-class': ({ name }) => `There is no login class '${name!}'.`,
  'class-built-in': ({ name }) => `The login class '${name!}' is one of ours and cannot be changed.`,
  'no-authentication': ({ name }) => `${name!} has neither a password nor a public key, and cannot log in.`,
  'no-client-list': () => 'No client list: only clients on this machine may connect.',
  'no-client-allowed': () => 'No client list allows anybody: no client may connect.',
  'no-client-prefix': ({ prefix }) => `No client can have an address of ${prefix!}.`,
  'limit-out-of-reach': ({ limit, whole, 'whole-limit': wholeLimit }) =>
    `The limit of ${limit!} is never reached, ${whole!} is ${wholeLimit!}.`,
  conflict: () => 'Another commit has changed this.',
  'kept-own': () => 'Another commit has changed this; it stays as it was edited here.',
  'server-closed': ({ port }) => `Port ${port!} is no longer served; its connections were closed.`,
  'ssh-no-authentication': () => 'Neither passwords nor public keys: nobody could log in.',
  'ssh-no-user': () => 'There is no user who could log in (system login user).',
  'address-in-use': ({ address, port }) =>
    `Port ${port!} is in use by another program on ${addressWords(address)}.`,
  'port-permission': ({ port }) => `Port ${port!} may not be bound without the right to: ${PORT_REMEDY}.`,
  'no-such-address': ({ address }) => `This machine has no address ${address!}.`,
  'not-listening': ({ address, port }) => `Port ${port!} cannot be listened on, on ${addressWords(address)}.`,
  ...serviceFindings,
  ...fleetFindings,
  'port-closed': ({ port }) => `Port ${port!} is no longer served; its open connections go on.`,
};

function addressWords(address: string | number | undefined): string {
  return address === '::' ? 'some address' : String(address);
}

const ends: Texts<'logged-out' | 'account-removed' | 'idle' | 'router-ending'> = {
  'logged-out': ({ by }) => `Logged out by ${by!}.`,
  'account-removed': () => 'Logged out, the user was removed.',
  idle: () => 'Idle timeout exceeded: closing session',
  'router-ending': () => 'The router is ending.',
};

/** Why a login was ended, for whoever was at it. */
export function describeEnd({ code, ...details }: { readonly code: keyof typeof ends } & Details): string {
  return ends[code](details);
}

export function describeFinding({ code, path, details }: Finding): string {
  const text = reasonOf({ code, details });
  return path.length === 0 ? text : `${path.join(' ')}: ${text}`;
}

function reasonOf({ code, details }: Pick<Finding, 'code' | 'details'>): string {
  const { group } = details;
  const text = findings[code]?.(details) ?? code;
  return group === undefined ? text : `${text} (inherited from group '${group}')`;
}

/** Why a commit was refused, statement by statement. */
export interface CommitFailure {
  readonly code: 'verify' | 'conflict';
  /** In a line, without the reasons. */
  readonly text: string;
  readonly reasons: readonly { readonly path: readonly string[]; readonly text: string }[];
}

/** Undefined for an error that is told in a line. */
export function commitFailure(error: unknown): CommitFailure | undefined {
  if (!(error instanceof CommitError) || (error.code !== 'verify' && error.code !== 'conflict'))
    return undefined;
  const reasons = error.findings
    .filter(({ severity }) => severity === 'error')
    .map((finding) => ({ path: finding.path, text: reasonOf(finding) }));
  return { code: error.code, text: commitText(error), reasons };
}

function commitText({ code, path, who, dueWallNanos }: CommitError): string {
  const time = dueWallNanos === undefined ? 'the next start' : dateTime(dueWallNanos);
  return commit[code]({ path: path.join(' '), who, time });
}

/** Why something pending was not made. */
export function describeTimed({ kind, user, error }: TimedOutcome): string {
  const what = kind === 'at' ? `The scheduled commit of ${user}` : `The rollback of ${user}'s commit`;
  return `${what} was not made: ${describe(error)}`;
}

/** One line for a person; what is no error of ours is named as a fault of the program. */
export function describe(error: unknown): string {
  if (error instanceof Refusal) return refusalTexts[error.code](error.details);
  if (error instanceof EditError) return edit[error.code]({ ...error.details, path: error.path.join(' ') });
  if (error instanceof CommitError) {
    const reasons = error.findings.filter((finding) => finding.severity === 'error').map(describeFinding);
    const causes = error.cause === undefined ? [] : [describe(error.cause)];
    return [commitText(error), ...reasons, ...causes].join(' ');
  }
  if (error instanceof LoadError) return describeLoad(error);
  if (error instanceof ApplyError) return describeFinding(error.finding);
  if (error instanceof MeasurementError) return measurement[error.code](error.details);
  if (error instanceof ListenError)
    return listen[error.code]?.(error.port) ?? `Port ${error.port} cannot be listened on.`;
  if (error instanceof FleetError) return fleetProblemText(error.problem);
  if (error instanceof SourceError) return describeFinding(sourceFinding(error.problem));
  if (error instanceof ImportError) return importTexts[error.code](error.details);
  if (error instanceof StoreError) return store[error.problem.code](error.problem);
  if (error instanceof FileError) return files[error.code]({ ...error.details, file: error.file });
  if (error instanceof ConfigTextError) {
    return `The stored configuration has a statement that this program does not know: ${error.path.join(' ')}.`;
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_INIT_FAILED')
    return `Unable to start a worker, ${NO_THREAD}.`;
  return `Internal error: ${error instanceof Error ? error.message : String(error)}`;
}
