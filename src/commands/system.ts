/** `show system …`, `show version`; their data have the element names of Junos. */
import type { Revision } from '../config/commit.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { show } from './command.ts';

export const showVersion = show(
  ({ router }) => ({
    hostName: router.configuration.configuration.system['host-name'],
    version: router.version,
  }),
  {
    text: ({ hostName, version }) => [`Hostname: ${hostName}\n`, `Version: dnrouter ${version}\n`],
    json: ({ hostName, version }) => ({
      'software-information': { 'host-name': hostName, 'product-name': 'dnrouter', version },
    }),
  },
);

export const showSystemCommit = show(
  ({ router }): readonly Revision[] => router.configuration.archive.list(),
  {
    *text(revisions) {
      for (const [back, { wallNanos, user, comment }] of revisions.entries()) {
        yield `${String(back).padEnd(4)}${utcTime(wallNanos)} by ${user}${comment === undefined ? '' : `\n    ${comment}`}\n`;
      }
    },
    json: (revisions) => ({
      'commit-information': {
        'commit-history': revisions.map(({ number, wallNanos, user, comment }, back) => ({
          'sequence-number': back,
          'revision-number': number,
          user,
          'date-time': isoTime(wallNanos),
          log: comment,
        })),
      },
    }),
  },
);
