/** `show fleet …`: this router's part in a fleet, and what all routers of it have published. */
import type { FleetStatus } from '../fleet/fleet.ts';
import { SCHEMA_VERSION, schemaScript } from '../fleet/schema.ts';
import { block, type Fact } from '../render/blocks.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { show } from './command.ts';
import { fleetProblemText } from './fleet-messages.ts';
import { Refusal } from './refusal.ts';

interface Problem {
  readonly text: string;
  readonly sinceWallNanos: bigint | undefined;
}

/** Of this machine first: what it cannot keep is not published either. */
function problemsOf({ problem, desk }: FleetStatus): readonly Problem[] {
  const remote = desk?.publisher.problem;
  return [
    ...(problem === undefined ? [] : [{ text: fleetProblemText(problem), sinceWallNanos: undefined }]),
    ...(remote === undefined
      ? []
      : [{ text: fleetProblemText(remote), sinceWallNanos: remote.sinceWallNanos }]),
  ];
}

function stateOf({ desk }: FleetStatus): 'connected' | 'connecting' | 'disconnected' {
  if (desk?.publisher.connected) return 'connected';
  return desk?.publisher.problem === undefined ? 'connecting' : 'disconnected';
}

const KIBI = 1024;

function* statusLines(status: FleetStatus): Iterable<readonly Fact[]> {
  const { settings, desk, lostSamples } = status;
  yield [
    ['Database', settings.url],
    ['TLS', settings.place.tls],
  ];
  yield [['State', stateOf(status)]];
  for (const { text, sinceWallNanos } of problemsOf(status))
    yield [
      ['Problem', text],
      ['Since', sinceWallNanos === undefined ? undefined : utcTime(sinceWallNanos)],
    ];
  if (desk !== undefined) {
    const { publisher, outbox } = desk;
    const { publishedWallNanos } = publisher;
    yield [
      ['Rows published', publisher.published],
      ['Last', publishedWallNanos === undefined ? undefined : utcTime(publishedWallNanos)],
    ];
    yield [
      ['Rows waiting', outbox.rows],
      ['KiB', Math.ceil(outbox.octets / KIBI)],
      ['Of KiB', settings.outboxOctetsMax / KIBI],
    ];
    yield [
      ['Samples dropped', outbox.dropped + lostSamples],
      ['Rows refused', outbox.refused],
    ];
  }
  const hearing = desk?.hearing;
  if (hearing !== undefined) yield [['Meshes', hearing]];
  yield [
    ['Interval', `${settings.intervalSeconds} s`],
    ['Reader', settings.reader?.user ?? 'none'],
  ];
}

export const showFleetStatus = show(
  async ({ router }) => {
    const status = await router.fleet.status();
    if (status === undefined) throw new Refusal('no-fleet');
    return status;
  },
  {
    text: (status) => [block({ heading: [['Node', status.settings.node]], lines: [...statusLines(status)] })],
    json: (status) => {
      const { settings, desk } = status;
      return {
        'fleet-status': {
          node: settings.node,
          database: settings.url,
          tls: settings.place.tls,
          state: stateOf(status),
          problems: problemsOf(status).map(({ text, sinceWallNanos }) => ({
            text,
            since: sinceWallNanos === undefined ? undefined : isoTime(sinceWallNanos),
          })),
          'rows-published': desk?.publisher.published,
          'last-published':
            desk?.publisher.publishedWallNanos === undefined
              ? undefined
              : isoTime(desk.publisher.publishedWallNanos),
          'rows-waiting': desk?.outbox.rows,
          'octets-waiting': desk?.outbox.octets,
          'octets-maximum': settings.outboxOctetsMax,
          'samples-dropped': desk && desk.outbox.dropped + status.lostSamples,
          'rows-refused': desk?.outbox.refused,
          meshes: desk?.hearing,
          interval: settings.intervalSeconds,
          reader: settings.reader?.user,
        },
      };
    },
  },
);

export const showFleetSchema = show(() => schemaScript(), {
  text: (script) => [script],
  json: (script) => ({ 'fleet-schema': { version: SCHEMA_VERSION, script } }),
});
