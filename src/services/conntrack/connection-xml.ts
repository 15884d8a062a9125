/** Connections as `conntrack -o xml` prints them: a `<flow>` each, whose elements hold words and numbers. */
import { wallNanosOf } from '../../clock.ts';
import { connectionStatus } from './connection.ts';
import {
  connectionOf,
  LineError,
  protocolOf,
  type ConnectionEvent,
  type ConnectionLine,
} from './connection-text.ts';

const TAG = /<(\/?)([a-z0-9-]+)((?:\s+[a-z0-9-]+="[^"]*")*)\s*\/?>([^<]*)/gi;

const attribute = (attributes: string, name: string): string | undefined =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1];

const events: ReadonlyMap<string | undefined, ConnectionEvent> = new Map([
  ['new', 'NEW'],
  ['update', 'UPDATE'],
  ['destroy', 'DESTROY'],
]);

/** `text` is one element `<flow>`. Throws LineError. */
export function parseConnectionElement(text: string): ConnectionLine {
  const [original, reply, both] = [0, 1, 2].map(() => new Map<string, string>()) as [
    Map<string, string>,
    Map<string, string>,
    Map<string, string>,
  ];
  const directions = new Map<string | undefined, Map<string, string>>(Object.entries({ original, reply }));
  let values = both;
  let protocol: number | undefined;
  let event: ConnectionEvent | undefined;
  for (const [, closing, name, attributes = '', content = ''] of text.matchAll(TAG)) {
    if (closing === '/') {
      if (name === 'meta') values = both;
    } else if (name === 'flow') event = events.get(attribute(attributes, 'type'));
    else if (name === 'meta') values = directions.get(attribute(attributes, 'direction')) ?? both;
    else if (name === 'layer4') protocol = protocolOf(attribute(attributes, 'protonum'));
    else values.set(name!, content.trim());
  }
  if (protocol === undefined || !original.has('src') || !reply.has('src'))
    throw new LineError('not-a-connection');
  const endedWallNanos = event === 'DESTROY' ? whenOf(both) : undefined;
  const status = both.has('assured') ? connectionStatus.assured : 0;
  const isUnreplied = both.has('unreplied');
  return {
    connection: connectionOf({ protocol, original, reply, both, status, isUnreplied, endedWallNanos }),
    event,
  };
}

/** The elements of `<when>`, which have no time zone: taken for UTC. */
function whenOf(values: ReadonlyMap<string, string>): bigint | undefined {
  const [year, month, day, hour, min, sec] = ['year', 'month', 'day', 'hour', 'min', 'sec'].map((name) =>
    Number(values.get(name)),
  ) as [number, number, number, number, number, number];
  const millis = Date.UTC(year, month - 1, day, hour, min, sec);
  return Number.isNaN(millis) ? undefined : wallNanosOf(millis);
}
