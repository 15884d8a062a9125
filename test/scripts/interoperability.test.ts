/** What the matrix rests on: its commands, what it reads from reports and conversations, and that its table is sound. */
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expandBraces, substitute } from '../../scripts/interoperability/command.ts';
import { pageOf } from '../../scripts/interoperability/page.ts';
import { describeAgreement, describeConversation, record } from '../../scripts/interoperability/recorder.ts';
import { describeReport, isOver } from '../../scripts/interoperability/report.ts';
import { matrix, servers } from '../../scripts/interoperability/rows.ts';
import { AcceptSession, ServerGreeting, ServerStart, SetUpResponse } from '../../src/twamp/messages.ts';

describe('a command', () => {
  test('with braces stands for every choice', () => {
    expect(expandBraces('a {b,c d} {,e}')).toEqual(['a b', 'a b e', 'a c d', 'a c d e']);
    expect(expandBraces('plain')).toEqual(['plain']);
  });

  test('has its names replaced, and none is left', () => {
    expect(substitute('x:$PORT_A $B', { PORT_A: 1, B: 'y' })).toBe('x:1 y');
    expect(() => substitute('$C', {})).toThrow('$C');
  });

  test('names only servers there are, in every row', () => {
    const values = { ...Object.fromEntries(Object.keys(servers).map((name) => [name, 1])), KEYS: '' };
    const commands = Object.values(matrix)
      .flat()
      .flatMap(({ command, occupant = '' }) => [...expandBraces(command), occupant]);
    for (const command of commands) expect(() => substitute(command, values)).not.toThrow();
  });
});

describe('a report', () => {
  const session = (lost: number, copies: number): string =>
    `5 sent, ${lost} lost (0.000%), ${copies} send duplicates, 1 reflect duplicates\n`;

  test('of twping is read session by session, copies only where there are some', () => {
    expect(describeReport('5 sent, 0 lost (0.000%), 0 send duplicates, 0 reflect duplicates')).toBe(
      '5 sent, 0 lost',
    );
    expect(describeReport(session(0, 0) + session(2, 3))).toBe(
      '5 sent, 0 lost, 1 duplicates; 5 sent, 2 lost, 4 duplicates',
    );
  });

  test('of twampy is read, and one of nothing is none', () => {
    expect(describeReport('  Roundtrip:  1us  2us  1us  0us      0.0%')).toBe('0.0% lost');
    expect(describeReport('  NO STATS AVAILABLE (100% loss)')).toBe('100.0% lost');
    expect(describeReport('Server denied access')).toBeUndefined();
  });

  test('of a configured client is read from its results, and is over when the client is', () => {
    const results = (status: string, sent: number, answered: number): string =>
      JSON.stringify(
        {
          'server-status': status,
          'probe-test-current-results': { 'probes-sent': 9, 'probe-responses': 9 },
          'probe-test-global-results': { 'probes-sent': sent, 'probe-responses': answered },
        },
        undefined,
        1,
      );
    expect(describeReport(results('finished', 3, 2))).toBe('3 sent, 1 lost');
    expect(isOver(results('finished', 3, 2))).toBe(true);
    expect(isOver(results('connected', 3, 3))).toBe(false);
  });
});

describe('a conversation', () => {
  const block = new Uint8Array(16);
  const greeting = (modes: number) =>
    ServerGreeting.encode({ modes, challenge: block, salt: block, count: 1024 });
  const start = (accept: number, serverIv = block) => ServerStart.encode({ accept, serverIv, startTime: 0n });
  const answer = (accept: number) =>
    AcceptSession.encode({ accept, port: 0, sid: block, reflectedOctets: 0, serverOctets: 0 });

  test.each([
    ['Server-Greeting Modes 0, closed', [greeting(0)]],
    ['Server-Start Accept 3, closed', [greeting(1), start(3)]],
    ['Accept-Session Accept 5, closed by the Server', [greeting(1), start(0), answer(0), answer(5)]],
    ['closed by the Server', [greeting(1), start(0), answer(0)]],
    [
      'closed by the Server',
      [
        greeting(4),
        start(
          0,
          block.map(() => 1),
        ),
        answer(5),
      ],
    ],
  ])('is told as %s', (words, messages) => {
    const said = { octets: Buffer.concat(messages), asked: block };
    expect(describeConversation({ ...said, closedBy: 'Server' })).toBe(words);
  });

  test('that still goes on is not closed', () => {
    expect(describeConversation({ octets: block, asked: block, closedBy: undefined })).toBe('not closed');
  });

  test('begins with what was offered and what was chosen', () => {
    const asked = SetUpResponse.encode({
      mode: 4,
      keyId: new Uint8Array(80),
      token: new Uint8Array(64),
      clientIv: block,
    });
    const said = { octets: greeting(895), asked, closedBy: undefined };
    expect(describeAgreement(said)).toBe('Modes 895, Mode 4');
  });

  test.each(['Server', 'Control-Client'] as const)('is passed on, and ended by the %s', async (name) => {
    const listener = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void listener.close());
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    const recorder = await record('127.0.0.1', port);
    onTestFinished(() => recorder.close());
    const client = createConnection({ host: '127.0.0.1', port: recorder.port });
    const [server] = await accepted;
    server.write('said');
    const [heard] = (await once(client, 'data')) as [Buffer];
    expect(heard.toString()).toBe('said');
    client.write('asked');
    await once(server, 'data');
    const [ender, other] = name === 'Server' ? [server, client] : [client, server];
    other.resume();
    const closed = once(other, 'close');
    ender.end();
    await closed;
    const said = { octets: Buffer.from('said'), asked: Buffer.from('asked') };
    expect(recorder.conversation()).toEqual({ ...said, closedBy: name });
  });
});

test('the page has a line for each row', () => {
  const row = { title: 't', client: 'twping', command: '-c {1,2}', expected: 'a | b', atOnce: 2 } as const;
  expect(pageOf({ Section: [{ row, cells: 2, asExpected: 1 }] })).toContain(
    '| t (twping) | `twping -c {1,2}`, 2 times at once | a and b | 1 of 2 |',
  );
});
