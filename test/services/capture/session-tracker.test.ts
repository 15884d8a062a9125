/** Tests of sessions as they are found in frames: protocols, timeouts, control channels, bounds. */
import { describe, expect, it } from 'vitest';
import { algOf } from '../../../src/services/algs.ts';
import { CONTROL_LINE_OCTETS_MAX } from '../../../src/services/capture/control-channel.ts';
import { PAIRED_SESSIONS_MAX } from '../../../src/services/capture/pairing.ts';
import { TRACKED_SESSIONS_MAX } from '../../../src/services/capture/session-tracker.ts';
import { TupleTable, KEY_WORDS } from '../../../src/services/capture/tuple-table.ts';
import { connectionStatus } from '../../../src/services/conntrack/connection.ts';
import { ipProtocol } from '../../../src/services/ip-protocols.ts';
import {
  connectionText,
  paired,
  readCapture,
  readFrames,
  tupleText,
} from '../../support/captured-sessions.ts';
import {
  call,
  cooked,
  cooked2,
  icmp,
  ip,
  link,
  pcap,
  pptpReply,
  Scene,
  tcp,
  tcpFlags,
  udp,
  type Octets,
} from '../../support/captures.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

const sessionsOf = (scene: Scene): readonly string[] =>
  readFrames(scene.frames).connections.map(connectionText);
const only = (scene: Scene) => readFrames(scene.frames).connections[0]!;
const words = (...values: readonly number[]): Octets => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, at) => view.setUint32(4 * at, value));
  return new Uint8Array(view.buffer);
};
const letters = (text: string, octets: number): Octets => Buffer.from(text.padEnd(octets, '\0'), 'latin1');

describe('TCP', () => {
  it.each([
    ['an open connection', (scene: Scene) => scene.connect(A, 1000, B, 80).says('x'), 432_000, true],
    ['a connection that was closed', (scene: Scene) => scene.connect(A, 1000, B, 80).close(), 120, true],
    ['a connection that was reset', (scene: Scene) => scene.connect(A, 1000, B, 80).reset(), 10, true],
    [
      'a connection that nobody answers',
      (scene: Scene) => scene.packet(ipProtocol.tcp, A, B, tcp(1000, 80, { flags: tcpFlags.syn })),
      120,
      false,
    ],
    [
      'data without an acknowledgement',
      (scene: Scene) => {
        scene.connect(A, 1000, B, 80);
        scene.packet(ipProtocol.tcp, A, B, tcp(1000, 80, { sequence: 0x9e3779b2, data: new Uint8Array(9) }));
      },
      300,
      true,
    ],
    [
      'a receiver without room',
      (scene: Scene) => {
        scene.connect(A, 1000, B, 80);
        scene.packet(ipProtocol.tcp, B, A, tcp(80, 1000, { window: 0 }));
      },
      300,
      true,
    ],
  ] as const)('%s lives as long as Linux lets it', (_, play, timeoutSeconds, isAssured) => {
    const scene = new Scene();
    play(scene);
    const connection = only(scene);
    expect(connection.timeoutSeconds).toBe(timeoutSeconds);
    expect((connection.status & connectionStatus.assured) !== 0).toBe(isAssured);
  });

  it('refused, it ends with the refusal', () => {
    const scene = new Scene().packet(ipProtocol.tcp, A, B, tcp(1000, 80, { flags: tcpFlags.syn }));
    const refusal = tcp(80, 1000, { flags: tcpFlags.rst | tcpFlags.ack });
    expect(only(scene.packet(ipProtocol.tcp, B, A, refusal)).endedWallNanos).toBe(1_795_000_000_001_000_000n);
  });

  it('a SYN after it has been closed begins another, and a timeout ends it', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 80).close();
    scene.connect(A, 1000, B, 80).close();
    scene.wait(121).datagram(A, 1, B, 2);
    const { connections } = readFrames(scene.frames);
    expect(connections.map(connectionText)).toEqual([
      '6 10.0.0.1:1000 10.0.0.2:80 4/160 2/80',
      '6 10.0.0.1:1000 10.0.0.2:80 4/160 2/80',
      '17 10.0.0.1:1 10.0.0.2:2 1/29 0/0',
    ]);
    expect(connections.map(({ endedWallNanos: ended }) => ended)).toEqual([
      1_795_000_000_006_000_000n,
      1_795_000_120_011_000_000n,
      undefined,
    ]);
  });

  it('of a connection that goes on, whoever has a known port is the responder', () => {
    const scene = new Scene()
      .packet(ipProtocol.tcp, B, A, tcp(80, 40_000))
      .packet(ipProtocol.tcp, A, B, tcp(40_000, 80));
    expect(sessionsOf(scene)).toEqual(['6 10.0.0.1:40000 10.0.0.2:80 1/40 1/40']);
  });

  it('without its SYN, the SYN-ACK says who has begun; FIN and RST alone begin nothing', () => {
    const flags = [tcpFlags.syn | tcpFlags.ack, tcpFlags.fin | tcpFlags.ack, tcpFlags.rst, 0];
    const scene = new Scene();
    flags.forEach((each, at) => scene.packet(ipProtocol.tcp, B, A, tcp(8000 + at, 1000, { flags: each })));
    const { connections, passed } = readFrames(scene.frames);
    expect(connections.map(connectionText)).toEqual(['6 10.0.0.1:1000 10.0.0.2:8000 0/0 1/40']);
    expect(passed).toEqual({ 'no-session': 3 });
  });
});

describe('other protocols', () => {
  it('datagrams make a stream after two seconds', () => {
    const scene = new Scene().datagram(A, 1, B, 2).datagram(B, 2, A, 1);
    expect(only(scene)).toMatchObject({ timeoutSeconds: 30 });
    scene.wait(2).datagram(A, 1, B, 2);
    expect(only(scene)).toMatchObject({ timeoutSeconds: 120, status: 0xe });
  });

  it('ICMP is told apart by its identifier, errors of it are of no session', () => {
    const scene = new Scene();
    for (const [from, to, type, id] of [
      [A, B, 8, 7],
      [B, A, 0, 7],
      [B, A, 8, 7],
      [B, A, 3, 7],
      [B, A, 0, 9],
    ] as const)
      scene.packet(ipProtocol.icmp, from, to, icmp(type, id));
    scene
      .packet(ipProtocol.icmp6, '::1', '::1', icmp(128, 5))
      .packet(ipProtocol.icmp6, '::1', '::1', icmp(129, 5));
    const { connections, passed } = readFrames(scene.frames);
    expect(connections.map(connectionText)).toEqual([
      '1 10.0.0.1 10.0.0.2 id 7 1/28 1/28',
      '1 10.0.0.2 10.0.0.1 id 7 1/28 0/0',
      '58 ::1 ::1 id 5 1/48 1/48',
    ]);
    expect(passed).toEqual({ 'no-session': 2 });
  });

  it('SCTP, ESP and tunnels', () => {
    const chunk = (type: number): Octets =>
      Uint8Array.from([0, 9, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, type, 0, 0, 4]);
    const back = (type: number): Octets => Uint8Array.from([0, 10, 0, 9, ...chunk(type).slice(4)]);
    const scene = new Scene();
    for (const type of [1, 10])
      scene.packet(ipProtocol.sctp, A, B, chunk(type)).packet(ipProtocol.sctp, B, A, back(type + 1));
    scene.packet(ipProtocol.esp, A, B, new Uint8Array(40)).packet(ipProtocol.esp, B, A, new Uint8Array(40));
    scene.packet(ipProtocol.gre, A, B, Uint8Array.from([0, 0, 8, 0]));
    const { connections } = readFrames(scene.frames);
    expect(connections.map((each) => [connectionText(each), each.timeoutSeconds])).toEqual([
      ['132 10.0.0.1:9 10.0.0.2:10 2/72 2/72', 209],
      ['50 10.0.0.1 10.0.0.2 1/60 1/60', 599],
      ['47 10.0.0.1:0 10.0.0.2:0 1/24 0/0', 30],
    ]);
  });

  it('fragments count for their octets, where the first one was seen', () => {
    const whole = udp(1, 2, new Uint8Array(3000));
    const options = (offset: number, more: boolean, identification = 5) =>
      ({ fragment: [offset, more], identification }) as const;
    const scene = new Scene()
      .packet(ipProtocol.udp, B, A, whole.subarray(0, 1480), options(0, true))
      .packet(ipProtocol.udp, B, A, whole.subarray(1480, 2960), options(1480, true))
      .packet(ipProtocol.udp, B, A, whole.subarray(2960), options(2960, false))
      .packet(ipProtocol.udp, B, A, whole.subarray(2960), options(2960, false, 6));
    const header = (offset: number, more: number): Octets =>
      Uint8Array.from([0, offset >> 8, (offset & 0xf8) | more, 0, 0, 0, 9]);
    for (const [offset, more, end] of [
      [0, 1, 1480],
      [1480, 0, 3008],
    ] as const)
      scene.packet(ipProtocol.udp, '::2', '::1', whole.subarray(offset, end), {
        extensions: [[44, header(offset, more)]],
      });
    const { connections, passed } = readFrames(scene.frames);
    expect(connections.map(connectionText)).toEqual([
      '17 10.0.0.2:1 10.0.0.1:2 1/3028 0/0',
      '17 ::2:1 ::1:2 1/3056 0/0',
    ]);
    expect(passed).toEqual({ fragment: 1 });
  });
});

describe('control channels', () => {
  it('FTP: data of both modes and both forms', () => {
    const scene = new Scene();
    const talk = scene.connect(A, 1000, B, 21).answers('220 hello\r\n');
    talk.says('PORT 10,0,0,1,4,1\r\n').says('EPRT |1|10.0.0.1|1026|\r\n');
    talk.answers('227 Passive (10,0,0,2,4,3).\r\n').answers('229 Extended (|||1028|)\r\n');
    scene.connect(B, 20, A, 1025);
    scene.connect(B, 20, A, 1026);
    scene.connect(A, 1001, B, 1027);
    scene.connect(A, 1002, B, 1028);
    scene.connect(A, 1003, B, 1028);
    const helpers = readFrames(scene.frames).connections.map(
      ({ helper, masterHelper }) => helper ?? masterHelper,
    );
    expect(helpers).toEqual(['ftp', 'ftp', 'ftp', 'ftp', 'ftp', undefined]);
  });

  it('a line may come in pieces, twice, and behind what is missing', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 21).says('PORT 10,0,').says('0,1,4,1\r\nEPRT |1|10.0.0.1|10').says('26|\r\n');
    const said = scene.frames.at(-2)!;
    scene.frames.push(said, said);
    const next = { sequence: (0x9e3779b2 + 100) >>> 0, data: Buffer.from('26|\r\nPORT 10,0,0,1,4,9\r\n') };
    scene.packet(ipProtocol.tcp, A, B, tcp(1000, 21, next));
    for (const port of [1025, 1026, 1033]) scene.connect(B, 20, A, port);
    const { connections } = readFrames(scene.frames);
    expect(connections.slice(1).map(({ masterHelper }) => masterHelper)).toEqual(['ftp', 'ftp', 'ftp']);
  });

  it('SIP: RTP and RTCP, wherever the address stands', () => {
    const scene = new Scene();
    scene.datagram(A, 5060, B, 5060, 'INVITE\r\n\r\nv=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n');
    scene.datagram(
      B,
      5060,
      A,
      5060,
      'SIP/2.0 200 OK\r\n\r\nv=0\r\nm=audio 5000 RTP/AVP 0\r\nc=IN IP4 10.0.0.2\r\n',
    );
    scene.datagram(A, 4000, B, 5000).datagram(A, 4001, B, 5001).datagram(B, 5002, A, 4002);
    expect(sessionsOf(scene).map((text) => text.split(' ').slice(5).join(' '))).toEqual([
      'sip',
      'of sip',
      'of sip',
      '',
    ]);
  });

  it('MGCP: RTP of connections that are made or changed, of either end', () => {
    const sdp = (address: string, port: number) =>
      `\r\n\r\nv=0\r\nc=IN IP4 ${address}\r\nm=audio ${port} RTP/AVP 0\r\n`;
    const scene = new Scene();
    const asks = (text: string) => scene.datagram(A, 2727, B, 2427, text);
    const answers = (text: string) => scene.datagram(B, 2427, A, 2727, text);
    asks(`RQNT 1 aaln/1@b MGCP 1.0\r\n.\r\nCRCX 2 aaln/1@b MGCP 1.0\r\nM: sendrecv${sdp('10.0.0.3', 4000)}`);
    answers(`200 2 OK\r\nI: FDE234C8${sdp(B, 5000)}`);
    asks(`MDCX 3 aaln/1@b MGCP 1.0\r\nI: FDE234C8${sdp('10.0.0.4', 6000)}`);
    answers(`510 3 no${sdp(B, 5002)}`);
    asks(`AUCX 4 aaln/1@b MGCP 1.0${sdp('10.0.0.5', 7000)}`);
    for (const [to, port] of [
      ['10.0.0.3', 4000],
      ['10.0.0.3', 4001],
      [B, 5000],
      ['10.0.0.4', 6001],
      [B, 5002],
      ['10.0.0.5', 7000],
    ] as const)
      scene.datagram('10.0.0.9', 9000, to, port);
    // The other way round, a gateway begins.
    scene.datagram(B, 2427, '10.0.0.6', 2727, `NTFY 5 aaln/1@b MGCP 1.0\r\n`);
    const { connections } = readFrames(scene.frames);
    expect(connections.map((each) => algOf(each))).toEqual([
      'mgcp-ua',
      'mgcp-ua',
      'mgcp-ua',
      'mgcp-ua',
      'mgcp-ua',
      'none',
      'none',
      'mgcp-ca',
    ]);
  });

  it('RTSP, rsh, TFTP, TWAMP', () => {
    const scene = new Scene();
    const transport = 'Transport: RTP/AVP;unicast;client_port=4000-4001;server_port=5000-5001\r\n';
    scene.connect(A, 1000, B, 554).says('SETUP\r\n').answers(transport);
    scene.datagram(B, 5000, A, 4000).datagram(A, 4001, B, 5001);
    scene.connect(A, 1001, B, 514).says('1023\0');
    scene.connect(B, 1022, A, 1023);
    scene.datagram(A, 1002, B, 69, Uint8Array.from([0, 1, 97, 0])).datagram(B, 6000, A, 1002);
    const request = letters('\u0005', 112);
    const accept = letters('\0\0\u0027\u0010', 48);
    scene.connect(A, 1003, B, 862).says(request).answers(accept);
    scene.datagram(A, 7000, B, 10_000);
    const { connections } = readFrames(scene.frames);
    expect(connections.map(({ masterHelper, helper }) => helper ?? masterHelper ?? '')).toEqual([
      ...['', 'rtsp', 'rtsp', '', 'rsh', 'tftp', 'tftp', '', 'twamp'],
    ]);
  });

  it('PPTP: call ids stand in the place of ports', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 1723).answers(pptpReply(7, 5));
    scene
      .packet(ipProtocol.gre, A, B, call(7))
      .packet(ipProtocol.gre, B, A, call(5))
      .packet(ipProtocol.gre, B, A, call(6));
    expect(sessionsOf(scene).slice(1)).toEqual([
      '47 10.0.0.1:5 10.0.0.2:7 1/32 1/32 of pptp',
      '47 10.0.0.2:0 10.0.0.1:6 1/32 0/0',
    ]);
  });

  it('the portmapper: a program is called where it was found', () => {
    const scene = new Scene();
    const ask = (version: number, ...rest: readonly number[]): Octets =>
      words(77, 0, 2, 100_000, version, 3, 0, 0, 0, 0, 100_003, 3, ...rest);
    const answer = (...rest: readonly number[]): Octets => words(77, 1, 0, 0, 0, 0, ...rest);
    scene.datagram(A, 1000, B, 111, ask(2, ipProtocol.tcp, 0)).datagram(B, 111, A, 1000, answer(2049));
    scene.connect(A, 1001, B, 2049);
    const tcpAsk = ask(4, 3, 0x74637000);
    const universal = Buffer.from('10.0.0.2.8.2');
    const tcpAnswer = Buffer.concat([answer(universal.length), universal]);
    const record = (data: Octets): Octets => Buffer.concat([words(0x8000_0000 + data.length), data]);
    scene.connect(A, 1002, B, 111).says(record(tcpAsk)).answers(record(tcpAnswer));
    scene.connect(A, 1003, B, 2050);
    const { connections } = readFrames(scene.frames);
    expect(connections.map(({ masterHelper }) => masterHelper)).toEqual([
      ...[undefined, 'portmapper', undefined, 'portmapper'],
    ]);
  });

  it('H.323 is known by its ports', () => {
    const scene = new Scene().datagram(A, 1000, B, 1719);
    scene.connect(A, 1001, B, 1720);
    expect(readFrames(scene.frames).connections.map(({ helper }) => helper)).toEqual(['RAS', 'Q.931']);
  });
});

describe('bounds', () => {
  it('a line of a control channel', () => {
    const line = (octets: number) => `PORT 10,0,0,1,4,1${' '.repeat(octets - 17)}`;
    const lost = (octets: number): readonly [number, number] => {
      const scene = new Scene();
      const talk = scene.connect(A, 1000, B, 21);
      for (let at = 0; at < octets; at += 1000) talk.says(line(octets).slice(at, at + 1000));
      talk.says('\n');
      scene.connect(B, 20, A, 1025);
      const { connections, unfollowed } = readFrames(scene.frames);
      return [connections.filter(({ master }) => master).length, unfollowed];
    };
    expect(lost(CONTROL_LINE_OCTETS_MAX)).toEqual([1, 0]);
    expect(lost(CONTROL_LINE_OCTETS_MAX + 1)).toEqual([0, 1]);
  });

  it('sessions that are followed at once', () => {
    expect(TRACKED_SESSIONS_MAX).toBe(262_144);
    const scene = new Scene();
    for (const port of [1, 2, 3, 3, 2]) scene.datagram(A, port, B, 9);
    const { connections, passed } = readFrames(scene.frames, { sessionsMax: 2 });
    expect(connections.map(connectionText)).toEqual([
      '17 10.0.0.1:1 10.0.0.2:9 1/29 0/0',
      '17 10.0.0.1:2 10.0.0.2:9 2/58 0/0',
    ]);
    expect(passed).toEqual({ 'too-many': 2 });
  });

  it('those that are over make room', () => {
    const scene = new Scene();
    for (let port = 1; port <= 100; port += 1) scene.datagram(A, port, B, 9).wait(31);
    const { connections, passed } = readFrames(scene.frames, { sessionsMax: 2 });
    expect(connections).toHaveLength(100);
    expect(passed).toEqual({});
  });
});

it('a packet that was captured in several places is counted in the first', () => {
  const packet = ip(ipProtocol.udp, A, B, udp(1, 2));
  const wallNanos = 1n;
  const twice = [cooked2(packet, 1), cooked2(packet, 2)].map((octets) => ({ octets, wallNanos }));
  const { connections, passed } = readCapture(pcap(twice, { linkType: link.cooked2 }));
  expect([connections.map(connectionText), passed]).toEqual([
    ['17 10.0.0.1:1 10.0.0.2:2 1/28 0/0'],
    { 'seen-before': 1 },
  ]);
  const forwarded = [cooked(packet), cooked(packet, true)].map((octets) => ({ octets, wallNanos }));
  expect(readCapture(pcap(forwarded, { linkType: link.cooked })).passed).toEqual({ 'seen-before': 1 });
});

describe('two captures', () => {
  const side = (play: (scene: Scene) => unknown, hops: (from: string) => number) => {
    const scene = new Scene({ hops });
    play(scene);
    return readFrames(scene.frames);
  };

  it('by the first packet: NAPT, a port that is forwarded, an identifier of ICMP that is changed', () => {
    const view = (
      client: string,
      port: number,
      server: string,
      serverPort: number,
      id: number,
      here: readonly string[],
    ) =>
      side(
        (scene) => {
          scene.connect(client, port, B, 80);
          scene.connect(B, 2000, server, serverPort);
          scene.packet(ipProtocol.icmp, client, B, icmp(8, id, Buffer.from('same')));
          scene.datagram(client, port, B, 53, 'query');
        },
        (from) => (here.includes(from) ? 64 : 63),
      );
    const inside = view(A, 1000, '10.0.0.9', 22, 5, [A, '10.0.0.9']);
    const outside = view('192.0.2.1', 3000, '192.0.2.1', 2222, 6, [B]);
    const both = paired(inside, outside).map(
      ({ connection, isFromOutside }) =>
        `${isFromOutside ? 'out' : 'in'} ${tupleText(connection.original)} | ${tupleText(connection.reply)}`,
    );
    expect(both).toEqual([
      'in 6 10.0.0.1:1000 10.0.0.2:80 | 6 10.0.0.2:80 192.0.2.1:3000',
      'out 6 10.0.0.2:2000 192.0.2.1:2222 | 6 10.0.0.9:22 10.0.0.2:2000',
      'in 1 10.0.0.1 10.0.0.2 id 5 | 1 10.0.0.2 192.0.2.1 id 6',
      'in 17 10.0.0.1:1000 10.0.0.2:53 | 17 10.0.0.2:53 192.0.2.1:3000',
    ]);
  });

  it('by their ends where a router rewrites the packet, unless there are several', () => {
    const view = (client: string, count: number) =>
      side(
        (scene) => {
          for (let at = 0; at < count; at += 1)
            scene.datagram(client, 1000 + at, B, 5060, `Contact: ${client}`);
        },
        () => 64,
      );
    const joined = (count: number) =>
      paired(view(A, count), view('192.0.2.1', count)).filter(
        ({ isFromOutside }) => isFromOutside !== undefined,
      );
    expect([joined(1).length, joined(2).length]).toEqual([1, 0]);
  });

  it('are compared up to a bound', () => {
    expect(PAIRED_SESSIONS_MAX).toBe(100_000);
    const view = (client: string) =>
      side(
        (scene) => scene.datagram(client, 1, B, 9, 'a').datagram(client, 2, B, 9, 'b'),
        () => 64,
      );
    const found = paired(view(A), view('192.0.2.1'), 1);
    expect(found.map(({ isFromOutside }) => isFromOutside !== undefined)).toEqual([false, true, false]);
  });
});

it('the table finds what was added and not what was removed, whatever the order', () => {
  const table = new TupleTable<number>(7);
  const keyOf = (number: number) => new Uint32Array(KEY_WORDS).fill(number & 0xff, 0, 9).fill(number, 9);
  const entries = new Map<number, number>();
  for (let step = 0; step < 20_000; step += 1) {
    const number = Math.imul(step, 0x9e3779b1) >>> 19;
    const entry = entries.get(number);
    expect(table.find(keyOf(number))).toBe(entry === undefined ? undefined : number);
    if (entry === undefined) entries.set(number, table.add(keyOf(number), number));
    else {
      table.remove(entry);
      entries.delete(number);
    }
  }
  expect(table.size).toBe(entries.size);
  expect([...entries].every(([number]) => table.find(keyOf(number)) === number)).toBe(true);
});

describe('the time of a session', () => {
  it('is counted to the latest instant there was, whatever comes behind it', () => {
    const scene = new Scene().datagram(A, 1, B, 2);
    const [first] = scene.frames;
    const at = (seconds: number, nanos: number, port: number) => {
      const { octets } = new Scene().datagram(A, port, B, 2).frames[0]!;
      return { octets, wallNanos: first!.wallNanos + BigInt(seconds) * 1_000_000_000n + BigInt(nanos) };
    };
    const left = (...frames: readonly { octets: Octets; wallNanos: bigint }[]) =>
      readCapture(pcap([first!, ...frames], { unitNanos: 1 })).connections[0]!.timeoutSeconds;
    expect(left()).toBe(30);
    expect(left(at(10, 0, 7))).toBe(20);
    expect(left(at(10, 5, 7), at(4, 9, 8))).toBe(19);
    expect(left(at(10, 5, 7), at(10, 0, 8))).toBe(19);
    expect(left(at(10, 0, 7), at(10, 5, 8))).toBe(19);
    expect(left(at(30, 0, 7))).toBe(0);
  });

  it('has no beginning where the clock had none', () => {
    const start = (wallNanos: bigint) => {
      const { octets } = new Scene().datagram(A, 1, B, 2).frames[0]!;
      return readCapture(pcap([{ octets, wallNanos }], { unitNanos: 1 })).connections[0]!.startedWallNanos;
    };
    expect([start(0n), start(5n), start(1_000_000_000n)]).toEqual([undefined, 5n, 1_000_000_000n]);
  });

  it('ends when its timeout has passed, or with the SYN of the next', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 80).reset();
    scene.wait(100);
    scene.connect(A, 1000, B, 80);
    const ended = readFrames(scene.frames).connections.map(({ endedWallNanos }) => endedWallNanos);
    expect(ended).toEqual([1_795_000_010_003_000_000n, undefined]);
  });

  it('ends so also when nobody has looked before the next begins', () => {
    const scene = new Scene();
    for (let port = 1; port <= 50; port += 1) scene.datagram(A, port, B, 9);
    scene.packet(ipProtocol.icmp, A, B, icmp(8, 7)).wait(31);
    scene.packet(ipProtocol.icmp, A, B, icmp(8, 7));
    const pings = readFrames(scene.frames).connections.filter(({ original }) => original.protocol === 1);
    expect(pings.map(({ endedWallNanos }) => endedWallNanos)).toEqual([
      1_795_000_030_050_000_000n,
      undefined,
    ]);
  });

  it('what comes behind the end of a connection is of that', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 80).close();
    scene.packet(ipProtocol.tcp, A, B, tcp(1000, 80));
    expect(sessionsOf(scene)).toEqual(['6 10.0.0.1:1000 10.0.0.2:80 5/200 2/80']);
  });

  it('a SYN of an open connection is sent again', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 80);
    scene.packet(ipProtocol.tcp, A, B, tcp(1000, 80, { flags: tcpFlags.syn }));
    expect(sessionsOf(scene)).toEqual(['6 10.0.0.1:1000 10.0.0.2:80 3/120 1/40']);
  });
});

it('ports below 1024 are known', () => {
  const of = (port: number) => sessionsOf(new Scene().packet(ipProtocol.tcp, B, A, tcp(port, 40_000)))[0];
  expect(of(1023)).toBe('6 10.0.0.1:40000 10.0.0.2:1023 0/0 1/40');
  expect(of(1024)).toBe('6 10.0.0.2:1024 10.0.0.1:40000 1/40 0/0');
  const both = new Scene().packet(ipProtocol.tcp, B, A, tcp(80, 81));
  expect(sessionsOf(both)).toEqual(['6 10.0.0.2:80 10.0.0.1:81 1/40 0/0']);
});

describe('what is announced', () => {
  it('of calls of PPTP, the last counts, and IPv6 has them, too', () => {
    const scene = new Scene();
    const talk = scene.connect(A, 1000, B, 1723).answers(pptpReply(7, 5)).answers(pptpReply(7, 6));
    scene.packet(ipProtocol.gre, A, B, call(7));
    talk.says('x');
    expect(sessionsOf(scene).slice(1)).toEqual(['47 10.0.0.1:6 10.0.0.2:7 1/32 0/0 of pptp']);
    const [A6, B6] = ['2001:db8::1', '2001:db8::2'];
    const ipv6 = new Scene();
    ipv6.connect(A6, 1000, B6, 1723).answers(pptpReply(7, 5));
    ipv6.packet(ipProtocol.gre, A6, B6, call(7)).packet(ipProtocol.gre, B6, A6, call(5));
    expect(sessionsOf(ipv6).slice(1)).toEqual(['47 2001:db8::1:5 2001:db8::2:7 1/52 1/52 of pptp']);
    ipv6.connect(A, 1000, B, 1723).answers(pptpReply(7, 6));
    ipv6.packet(ipProtocol.gre, A, B, call(7));
    expect(sessionsOf(ipv6).at(-1)).toBe('47 10.0.0.1:6 10.0.0.2:7 1/32 0/0 of pptp');
  });

  it('is in the status, as are the helpers', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 21).says('PORT 10,0,0,1,4,1\r\n');
    scene.connect(B, 20, A, 1025);
    scene.connect(A, 1001, B, 80);
    const { expected, helper } = connectionStatus;
    const bits = readFrames(scene.frames).connections.map(({ status }) => status & (expected | helper));
    expect(bits).toEqual([helper, expected, 0]);
  });

  it('not by a segment whose header was not captured', () => {
    const scene = new Scene();
    scene.connect(A, 1000, B, 21).says('PORT 10,0,0,1,4,1\r\n');
    const frames = scene.frames.map((frame, at) =>
      at === 3 ? { ...frame, octets: frame.octets.subarray(0, 50), wireOctets: frame.octets.length } : frame,
    );
    const { connections } = readFrames([
      ...frames,
      ...new Scene().packet(ipProtocol.tcp, B, A, tcp(20, 1025)).frames,
    ]);
    expect(connections.map(({ masterHelper }) => masterHelper)).toEqual([undefined, undefined]);
  });

  it('by datagrams with data, whole ones alone', () => {
    const read = Uint8Array.from([0, 1, 97, 0]);
    const helped = (scene: Scene) =>
      readFrames(scene.datagram(B, 6000, A, 1002).frames).connections.map(({ masterHelper }) => masterHelper);
    expect(helped(new Scene().datagram(A, 1002, B, 69, read))).toEqual([undefined, 'tftp']);
    expect(helped(new Scene().datagram(A, 1002, B, 69, ''))).toEqual([undefined, undefined]);
    const first = { fragment: [0, true], identification: 5 } as const;
    const cut = new Scene().packet(
      ipProtocol.udp,
      A,
      B,
      udp(1002, 69, Buffer.concat([read, Buffer.alloc(4)])),
      first,
    );
    expect(helped(cut)).toEqual([undefined, undefined]);
  });
});

it('fragments are counted in the direction and the place of their first', () => {
  const whole = udp(1, 2, new Uint8Array(3000));
  const fragment = (from: string, to: string, offset: number, end: number, identification: number): Octets =>
    ip(
      ipProtocol.udp,
      from,
      to,
      from === A ? whole.subarray(offset, end) : udp(2, 1, new Uint8Array(3000)).subarray(offset, end),
      {
        fragment: [offset, end < 3008],
        identification,
      },
    );
  const frames = [
    cooked2(fragment(A, B, 0, 1480, 5), 1),
    cooked2(fragment(B, A, 0, 1480, 6), 1),
    cooked2(fragment(B, A, 1480, 3008, 6), 1),
    cooked2(fragment(B, A, 1480, 3008, 6), 2),
    cooked2(fragment(A, B, 1480, 3008, 5), 1),
  ].map((octets, at) => ({ octets, wallNanos: BigInt(at + 1) }));
  const { connections, passed } = readCapture(pcap(frames, { linkType: link.cooked2 }));
  expect(connections.map(connectionText)).toEqual(['17 10.0.0.1:1 10.0.0.2:2 1/3028 1/3028']);
  expect(passed).toEqual({ 'seen-before': 1 });
});
