/** Small captures with every control channel and link layer there is. */
import { ipProtocol } from '../../src/services/ip-protocols.ts';
import {
  call,
  cooked,
  cooked2,
  ethernet,
  icmp,
  ip,
  link,
  loopback,
  pptpReply,
  Scene,
  udp,
  type CapturedFrame,
  type Octets,
} from '../support/captures.ts';

const [INSIDE, OUTSIDE] = ['10.0.0.1', '192.0.2.2'];
const SDP = 'v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 40000 RTP/AVP 0\r\n';

const talk = (port: number): { scene: Scene; talk: ReturnType<Scene['connect']> } => {
  const scene = new Scene();
  return { scene, talk: scene.connect(INSIDE, 40_000, OUTSIDE, port) };
};

function ftp(): Scene {
  const { scene, talk: each } = talk(21);
  each.says('PORT 10,0,0,1,78,32\r\n').answers('227 Entering Passive Mode (192,0,2,2,78,33)\r\n');
  each.says('EPRT |2|2001:db8::1|20000|\r\n').answers('229 Extended (|||20001|)\r\n');
  scene.connect(OUTSIDE, 20, INSIDE, 20_000).says('x');
  return scene;
}

function rtsp(): Scene {
  const { scene, talk: each } = talk(554);
  each
    .says('SETUP rtsp://x RTSP/1.0\r\nTransport: RTP/AVP;client_port=4588-4589\r\n\r\n')
    .answers('Transport: RTP/AVP;client_port=4588-4589;server_port=6256-6257\r\n\r\n');
  return scene.datagram(OUTSIDE, 6256, INSIDE, 4588);
}

function pptp(): Scene {
  const { scene, talk: each } = talk(1723);
  each.answers(pptpReply(1, 2));
  return scene
    .packet(ipProtocol.gre, INSIDE, OUTSIDE, call(1))
    .packet(ipProtocol.gre, OUTSIDE, INSIDE, call(2));
}

const word = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 0xff,
  (value >>> 8) & 0xff,
  value & 0xff,
];

function portmapper(): Scene {
  const request = Uint8Array.from([7, 0, 2, 100_000, 2, 3, 0, 0, 0, 0, 100_003, 3, 17, 0].flatMap(word));
  const reply = Uint8Array.from([7, 1, 0, 0, 0, 0, 2049].flatMap(word));
  return new Scene()
    .datagram(INSIDE, 800, OUTSIDE, 111, request)
    .datagram(OUTSIDE, 111, INSIDE, 800, reply)
    .datagram(INSIDE, 900, OUTSIDE, 2049);
}

function rsh(): Scene {
  const { scene, talk: each } = talk(514);
  each.says('1021\0user\0user\0ls\0');
  scene.connect(OUTSIDE, 1020, INSIDE, 1021);
  return scene;
}

function others(): Scene {
  return new Scene()
    .datagram(INSIDE, 5060, OUTSIDE, 5060, `INVITE sip:x SIP/2.0\r\n\r\n${SDP}`)
    .datagram(OUTSIDE, 9, INSIDE, 40_000)
    .datagram(INSIDE, 7000, OUTSIDE, 69, Uint8Array.of(0, 1, 65, 0, 65, 0))
    .datagram(OUTSIDE, 7001, INSIDE, 7000)
    .packet(ipProtocol.icmp, INSIDE, OUTSIDE, icmp(8, 7))
    .packet(ipProtocol.icmp, OUTSIDE, INSIDE, icmp(0, 7))
    .packet(
      ipProtocol.icmp,
      OUTSIDE,
      INSIDE,
      icmp(3, 0, ip(ipProtocol.udp, INSIDE, OUTSIDE, udp(5060, 5060))),
    )
    .packet(ipProtocol.udp, INSIDE, OUTSIDE, udp(1, 2, new Uint8Array(8)), { fragment: [0, true] })
    .packet(ipProtocol.udp, INSIDE, OUTSIDE, new Uint8Array(8), { fragment: [16, false] })
    .datagram('2001:db8::1', 1000, '2001:db8::2', 53);
}

const packet = ip(ipProtocol.udp, INSIDE, OUTSIDE, udp(1000, 53));
const linkLayers: readonly (readonly [number, Octets])[] = [
  [link.null, loopback(packet)],
  [link.ethernet, ethernet(packet, [[0x8100, 7]])],
  [link.raw, packet],
  [link.cooked, cooked(packet)],
  [link.cooked2, cooked2(packet)],
];

/** `write` writes a file of frames of a link type, in a byte order. */
export function captureSeeds(
  write: (frames: readonly CapturedFrame[], linkType: number, isLittle: boolean) => Octets,
): Octets[] {
  const scenes = [ftp(), rtsp(), pptp(), portmapper(), rsh(), others()];
  return [
    ...scenes.map(({ frames }, index) => write(frames, link.ethernet, index % 2 === 0)),
    ...linkLayers.map(([type, octets]) =>
      write([{ octets, wallNanos: 1_795_000_000n * 10n ** 9n }], type, true),
    ),
  ];
}
