/** Texts about service sessions, code by code: part of the tables of messages.ts. */
import { counted } from '../render/counted.ts';
import type { ImportError } from '../services/records/import.ts';
import type { SourceProblemCode } from '../services/source.ts';

type Details = Readonly<Record<string, string | number>>;
type Texts<Code extends string> = { readonly [C in Code]: (details: Details) => string };

const sources: Texts<`source-${SourceProblemCode}`> = {
  'source-not-permitted': () =>
    "Connection tracking may not be read (run as root, or with the capability CAP_NET_ADMIN; without, 'request services sessions import' reads a file or the example).",
  'source-not-available': () =>
    "This host has no connection tracking (modprobe nf_conntrack nf_conntrack_netlink; without, 'request services sessions import' reads a file or the example).",
  'source-not-tracking': ({ namespace }) =>
    namespace === undefined
      ? 'Nothing asks for connection tracking: there are no sessions to see (set services session-source enable-tracking).'
      : `Nothing in the network namespace ${namespace} asks for connection tracking: there are no sessions to see (set services session-source enable-tracking).`,
  'source-no-accounting': ({ namespace }) =>
    namespace === undefined
      ? 'Packets and octets are not counted (sysctl net.netfilter.nf_conntrack_acct=1, or set services session-source enable-tracking).'
      : `Packets and octets are not counted in the network namespace ${namespace} (sysctl net.netfilter.nf_conntrack_acct=1, or set services session-source enable-tracking).`,
  'source-tracking-no-program': () =>
    'Connection tracking was not enabled: there is no program nft (install nftables).',
  'source-tracking-not-permitted': () =>
    'Connection tracking was not enabled (run as root, or with the capability CAP_NET_ADMIN).',
  'source-tracking-failed': ({ said }) => `Connection tracking was not enabled or disabled: ${said!}`,
  'source-no-namespace': ({ namespace }) =>
    `There is no network namespace ${namespace!}: its sessions are missing.`,
  'source-table-changed': () =>
    'The table changed while it was read: sessions may be missing, or be there twice.',
  'source-undecodable': ({ messages, code }) =>
    `${messages!} connections could not be read (${code!}): they are missing.`,
  'source-failed': ({ code }) => `Connection tracking could not be read (${code!}).`,
  'source-not-recorded': () =>
    'Sessions that end are not kept: the kernel cannot be heard without system calls (koffi).',
  'source-events-lost': ({ times, found, known }) =>
    times === undefined
      ? 'Events were lost; the table was read anew.'
      : `Events were lost ${times} times, and the table was read anew: of ${found!} sessions the end was found thus (flag 0x100000)${known === undefined ? '' : `; of more than ${known} connections, some are not known`}.`,
  'source-being-moved': ({ sessions }) =>
    `Up to ${sessions!} stored sessions of an older version are still being read: they are missing until then.`,
  'source-nothing-stored': () => "No sessions are stored ('request services sessions import' adds some).",
};

/** What is to be said of a capture, `file`, beside its sessions. */
const captureTexts = {
  'capture-cut': ({ file, frames }) => `'${file!}' ends within a frame, behind frame ${frames!}.`,
  'capture-damaged': ({ file, frames }) =>
    `'${file!}' is damaged behind frame ${frames!}: what follows was not read.`,
  'capture-link-type': ({ file, count }) =>
    `'${file!}': ${counted(Number(count), 'frame')} of a link type that is not read.`,
  'capture-too-short': ({ file, count }) =>
    `'${file!}': of ${count!} frames too little was captured to tell their sessions.`,
  'capture-malformed': ({ file, count }) => `'${file!}': ${count!} frames are malformed.`,
  'capture-fragment': ({ file, count }) =>
    `'${file!}': ${count!} fragments are of packets whose beginning is missing.`,
  'capture-too-many': ({ file, count, maximum }) =>
    `'${file!}': ${count!} frames of further sessions were left out; ${maximum!} are followed at once.`,
  'capture-unfollowed': ({ file, count }) =>
    `'${file!}': ${count!} lines or announcements of control channels were too many to be followed.`,
  'capture-unpaired': ({ count, maximum }) =>
    `${count!} sessions were not compared with the other capture; ${maximum!} are at once.`,
} satisfies Readonly<Record<string, (details: Details) => string>>;

export type CaptureFinding = keyof typeof captureTexts;

/** Findings of the configuration, of sources, and of entries that were not imported. */
export const serviceFindings: Readonly<Record<string, (details: Details) => string>> = {
  ...sources,
  'metrics-off': () =>
    'Peaks, rates and counts at intervals take the statement services session-source metrics.',
  'history-off': () =>
    "The kernel's sessions that end are kept with the statement services session-source history.",
  'no-aggregate': ({ name }) => `Only an aggregated interface (ams) has members; ${name!} is none.`,
  'aggregate-rule': ({ name }) => `Connections are found by the members of ${name!}, not by itself.`,
  'not-a-member': ({ member, aggregate }) =>
    aggregate === ''
      ? `${member!} is an aggregate and no member of another.`
      : `${member!} is a member of ${aggregate!} already.`,
  'no-such-services-interface': ({ interface: name }) =>
    `There is no services interface ${name!}: the set stays empty.`,
  'import-too-long': ({ line }) => `line ${line!}: the entry is too long.`,
  'import-unfinished': ({ line }) => `line ${line!}: the file ends within an entry.`,
  'import-not-json': ({ line }) => `line ${line!}: this is no JSON.`,
  'import-not-a-connection': ({ line }) => `line ${line!}: this is no connection.`,
  'import-missing': ({ line, subject }) => `line ${line!}: '${subject!}' is missing.`,
  'import-invalid': ({ line, subject }) => `line ${line!}: '${subject!}' has no valid value.`,
  'import-not-shown': () =>
    "What is shown are the kernel's connections ('set services session-source type records' shows these).",
  'import-more-refused': ({ untold }) =>
    `${counted(Number(untold), 'more entry', 'more entries')} ${untold === 1 ? 'was' : 'were'} refused.`,
  ...captureTexts,
};

export const importTexts: Texts<ImportError['code']> = {
  'not-a-capture': () => 'Of two files, both have to be captures (pcap, pcapng); nothing was imported.',
  'too-many': ({ maximum }) => `No more than ${maximum!} sessions can be imported, nothing was imported.`,
  empty: ({ file }) => `There is no session in '${file!}', nothing was replaced.`,
  nothing: ({ refused }) => `None of ${refused!} entries is a session, nothing was imported.`,
};
