/** `show system …`, `show version`; their data have the element names of Junos. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';
import { isoTime } from '../render/time.ts';
import { uptime } from '../render/uptime.ts';
import { show, type Context, type Router } from './command.ts';
import type { UptimeFacts, VersionFacts } from './dialogs.ts';

function versionFacts({ router: { configuration, version } }: Context): VersionFacts {
  return { hostName: configuration.configuration.system['host-name'], version };
}

function systemFacts(context: Context): VersionFacts & { readonly uptimeNanos: bigint } {
  const { clock, startedNanos } = context.router;
  return { ...versionFacts(context), uptimeNanos: clock.wallNanos() - startedNanos };
}

export const showVersion = show(versionFacts, {
  text: (facts, { session }) => session.dialogs.system.version(facts),
  json: ({ hostName, version }) => ({
    'software-information': { 'host-name': hostName, 'product-name': 'dnrouter', version },
  }),
});

/** As DNOS' facts are read: `Version:`, `System Type:`. */
export const showSystem = show(systemFacts, {
  text: ({ hostName, version, uptimeNanos }) => [
    `System Name: ${hostName}\n`,
    'System Type: dnrouter\n',
    `Version: ${version}\n`,
    `System Uptime: ${uptime(uptimeNanos)}\n`,
  ],
  json: ({ hostName, version, uptimeNanos }) => ({
    'system-information': {
      'host-name': hostName,
      'hardware-model': 'dnrouter',
      'os-version': version,
      'uptime-seconds': Number(uptimeNanos / WALL_NANOS_PER_SECOND),
    },
  }),
});

export const showSystemName = show(({ router }) => router.configuration.configuration.system['host-name'], {
  text: (hostName) => [`System Name: ${hostName}\n`],
  json: (hostName) => ({ 'system-information': { 'host-name': hostName } }),
});

function uptimeFacts({ clock, configuration, host, people, startedNanos }: Router): UptimeFacts {
  const nowNanos = clock.wallNanos();
  return {
    nowNanos,
    bootedNanos: nowNanos - BigInt(Math.round(host.uptime() * 1e9)),
    startedNanos,
    configured: configuration.archive.list()[0],
    users: people.logins.length,
    loadAverages: host.loadavg(),
    processors: host.availableParallelism(),
  };
}

export const showSystemUptime = show(({ router }) => uptimeFacts(router), {
  text: (facts, { session }) => session.dialogs.system.uptime(facts),
  json: ({ nowNanos, bootedNanos, startedNanos, configured, users, loadAverages }) => {
    const moment = (wallNanos: bigint) => ({
      'date-time': isoTime(wallNanos),
      'time-length': Number((nowNanos - wallNanos) / WALL_NANOS_PER_SECOND),
    });
    const [one, five, fifteen] = loadAverages;
    return {
      'system-uptime-information': {
        'current-time': { 'date-time': isoTime(nowNanos) },
        'system-booted-time': moment(bootedNanos),
        'protocols-started-time': moment(startedNanos),
        'last-configured-time': configured && { ...moment(configured.wallNanos), user: configured.user },
        'uptime-information': {
          'active-user-count': users,
          'load-average-1': one,
          'load-average-5': five,
          'load-average-15': fifteen,
        },
      },
    };
  },
});
