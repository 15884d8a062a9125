/** What `show version` and `show system uptime` say, one row a CLI style. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';
import type { SystemTexts, UptimeFacts, VersionFacts } from '../commands/dialogs.ts';
import { counted } from '../render/counted.ts';
import { dateTime } from '../render/time.ts';
import { uptime } from '../render/uptime.ts';

const DAY_SECONDS = 86_400;

const seconds = (nanos: bigint): number => Math.max(0, Number(nanos / WALL_NANOS_PER_SECOND));

const padded = (number: number): string => String(number).padStart(2, '0');

/** `04:11:03`, and before it `2d ` of whole days, as Junos writes how long ago something was. */
function ago(nanos: bigint): string {
  const whole = seconds(nanos);
  const [days, rest] = [Math.floor(whole / DAY_SECONDS), whole % DAY_SECONDS];
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(padded).join(':');
  return `${days === 0 ? '' : `${days}d `}${clock}`;
}

/** `2d 4h 11m 3s`, as VyOS writes it. */
function inWords(nanos: bigint): string {
  const whole = seconds(nanos);
  const parts = [
    [Math.floor(whole / DAY_SECONDS), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first === -1 ? -1 : first)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

const since = ({ nowNanos }: UptimeFacts, wallNanos: bigint): bigint => nowNanos - wallNanos;

const averages = ({ loadAverages }: UptimeFacts): string =>
  loadAverages.map((load) => load.toFixed(2)).join(', ');

function* dnosVersion({ hostName, version }: VersionFacts): Iterable<string> {
  yield `Hostname: ${hostName}\n`;
  yield `Version: dnrouter ${version}\n`;
}

function* dnosUptime(facts: UptimeFacts): Iterable<string> {
  yield `System uptime: ${uptime(since(facts, facts.bootedNanos))}\n`;
  yield `Router uptime: ${uptime(since(facts, facts.startedNanos))}\n`;
  yield `Load averages: ${averages(facts)}\n`;
}

function* junosUptime(facts: UptimeFacts): Iterable<string> {
  const moment = (nanos: bigint): string => `${dateTime(nanos)} (${ago(since(facts, nanos))} ago)`;
  const { nowNanos, users, configured } = facts;
  yield `Current time: ${dateTime(nowNanos)}\n`;
  yield 'Time Source:  LOCAL CLOCK\n';
  yield `System booted: ${moment(facts.bootedNanos)}\n`;
  yield `Protocols started: ${moment(facts.startedNanos)}\n`;
  if (configured) yield `Last configured: ${moment(configured.wallNanos)} by ${configured.user}\n`;
  const clock = dateTime(nowNanos).slice(11, 16);
  const people = counted(users, 'user');
  yield `${clock}  up ${ago(since(facts, facts.bootedNanos))}, ${people}, load averages: ${averages(facts)}\n`;
}

function* vyosUptime(facts: UptimeFacts): Iterable<string> {
  yield `Uptime: ${inWords(since(facts, facts.bootedNanos))}\n\nLoad averages:\n`;
  const names = ['1  minute: ', '5  minutes:', '15 minutes:'];
  for (const [index, load] of facts.loadAverages.entries())
    yield `${names[index]!}   ${((load / facts.processors) * 100).toFixed(1)}%\n`;
}

export const dnosSystem: SystemTexts = {
  version: dnosVersion,
  uptime: dnosUptime,
};

export const junosSystem: SystemTexts = {
  // What programs tell Junos' CLI by (`JUNOS .+ Software`) stands in the last line.
  version: ({ hostName, version }) => [
    `Hostname: ${hostName}\n`,
    'Model: dnrouter\n',
    `Version: ${version}\n`,
    `CLI in the style of JUNOS for dnrouter Software [${version}]\n`,
  ],
  uptime: junosUptime,
};

export const vyosSystem: SystemTexts = {
  version: ({ hostName, version }) => [
    `Version:          dnrouter ${version}\n`,
    `Hostname:         ${hostName}\n`,
  ],
  uptime: vyosUptime,
};
