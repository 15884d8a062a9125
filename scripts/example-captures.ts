/** Makes the captures that come with the program: an afternoon of a small network, inside and outside of its router. */
import { exampleCaptureNames } from '../src/services/capture/example-captures.ts';
import { ipProtocol } from '../src/services/ip-protocols.ts';
import { call, icmp, pcap, pcapng, pptpReply, Scene, type Octets } from '../test/support/captures.ts';

/** 2026-11-28T12:00:00Z. */
const START_SECONDS = 1_795_867_200;

/** Addresses as they are on one side of the router, which translates those of the network into its own. */
interface Side {
  readonly laptop: string;
  readonly phone: string;
  /** Behind a port of the router. */
  readonly server: string;
  readonly serverPort: number;
  readonly phonePort: number;
  readonly isInside: boolean;
}

const ROUTER = '203.0.113.5';

const inside: Side = {
  laptop: '192.168.1.10',
  phone: '192.168.1.11',
  server: '192.168.1.20',
  serverPort: 22,
  phonePort: 5060,
  isInside: true,
};
const outside: Side = {
  laptop: ROUTER,
  phone: ROUTER,
  server: ROUTER,
  serverPort: 2222,
  phonePort: 5060,
  isInside: false,
};

const WEB = '198.51.100.80';
const FILES = '198.51.100.21';
const NAMES = '198.51.100.53';
const VOICE = '198.51.100.60';
const TUNNEL = '198.51.100.17';
const MEASURED = '198.51.100.86';
const NOBODY = '198.51.100.99';
const VISITOR = '198.51.100.7';
const LAPTOP6 = '2001:db8:1::10';
const WEB6 = '2001:db8:2::80';

function sceneOf(side: Side): Scene {
  const { laptop, phone, server, serverPort } = side;
  const own = new Set([inside.laptop, inside.phone, inside.server, ROUTER, LAPTOP6]);
  // A packet that has come through the router has one hop less.
  const hops = (from: string): number => (own.has(from) === side.isInside ? 64 : 63);
  const scene = new Scene({ startSeconds: START_SECONDS, hops }).wait(side.isInside ? 0 : 0.0001);
  for (let query = 0; query < 3; query += 1) {
    const name = `query ${query} for www.example.net`;
    scene.datagram(laptop, 40_001 + query, NAMES, 53, name).wait(0.02);
    scene.datagram(NAMES, 53, laptop, 40_001 + query, `${name}: ${WEB}`);
  }
  web(scene, side);
  files(scene, side);
  voice(scene, side);
  tunnel(scene, side);
  for (let probe = 0; probe < 20; probe += 1)
    scene
      .datagram(laptop, 50_862, MEASURED, 862, `probe ${probe}`)
      .datagram(MEASURED, 862, laptop, 50_862, `${probe}`);
  for (let echo = 0; echo < 4; echo += 1)
    scene
      .packet(ipProtocol.icmp, laptop, WEB, icmp(8, 4711, new Uint8Array(56).fill(echo)))
      .packet(ipProtocol.icmp, WEB, laptop, icmp(0, 4711, new Uint8Array(56).fill(echo)));
  scene
    .connect(VISITOR, 51_022, server, serverPort)
    .answers('SSH-2.0-server\r\n')
    .says('SSH-2.0-visitor\r\n');
  scene.datagram(phone, 123, NOBODY, 123, 'what time is it?');
  return scene.wait(2);
}

function web(scene: Scene, { laptop }: Side): void {
  const page = 'x'.repeat(1400);
  const talk = scene.connect(laptop, 40_080, WEB, 443);
  for (let request = 0; request < 8; request += 1) talk.says('GET /').answers(page).answers(page);
  scene.connect(laptop, 40_081, WEB, 80).says('GET / HTTP/1.0\r\n\r\n').answers(page).close();
  scene.connect(LAPTOP6, 40_082, WEB6, 443).says('GET /').answers(page);
}

function files(scene: Scene, { laptop }: Side): void {
  const control = scene.connect(laptop, 40_021, FILES, 21).answers('220 files\r\n').says('USER guest\r\n');
  control.answers('230 welcome\r\n').says('PASV\r\n');
  control.answers(`227 Entering Passive Mode (${FILES.replaceAll('.', ',')},195,80).\r\n`);
  scene
    .connect(laptop, 40_022, FILES, 195 * 256 + 80)
    .answers('y'.repeat(1400))
    .answers('y'.repeat(900));
  control.says(`PORT ${laptop.replaceAll('.', ',')},156,70\r\n`).answers('200 PORT\r\n');
  scene.connect(FILES, 20, laptop, 156 * 256 + 70).says('z'.repeat(1000));
}

function voice(scene: Scene, { phone, phonePort }: Side): void {
  const describes = (address: string, port: number): string =>
    `Content-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 ${address}\r\nm=audio ${port} RTP/AVP 0\r\n`;
  scene.datagram(
    phone,
    phonePort,
    VOICE,
    5060,
    `INVITE sip:bob@example.net SIP/2.0\r\n${describes(phone, 6000)}`,
  );
  scene.datagram(VOICE, 5060, phone, phonePort, `SIP/2.0 200 OK\r\n${describes(VOICE, 30_000)}`);
  scene.datagram(phone, phonePort, VOICE, 5060, 'ACK sip:bob@example.net SIP/2.0\r\n\r\n');
  for (let packet = 0; packet < 25; packet += 1) {
    const sound = new Uint8Array(172).fill(packet);
    scene.datagram(phone, 6000, VOICE, 30_000, sound).datagram(VOICE, 30_000, phone, 6000, sound).wait(0.018);
  }
}

function tunnel(scene: Scene, { laptop }: Side): void {
  scene.connect(laptop, 40_723, TUNNEL, 1723).says('Outgoing-Call-Request').answers(pptpReply(7000, 42));
  for (let packet = 0; packet < 5; packet += 1) {
    const data = new Uint8Array(100).fill(packet);
    scene.packet(ipProtocol.gre, laptop, TUNNEL, call(7000, data));
    scene.packet(ipProtocol.gre, TUNNEL, laptop, call(42, data));
  }
}

/** By name. */
export function exampleCaptureFiles(): Readonly<Record<string, Octets>> {
  return {
    [exampleCaptureNames.inside]: pcap(sceneOf(inside).frames),
    [exampleCaptureNames.outside]: pcapng(sceneOf(outside).frames),
  };
}
