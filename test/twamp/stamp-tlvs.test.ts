/** STAMP's TLVs at both ends, against TLVs laid out by hand as RFC 8972 §4 draws them. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StampMode } from '../../src/twamp/packet-forms.ts';
import { TRAFFIC_CLASS_UNKNOWN, TTL_UNKNOWN, createArena } from '../../src/twamp/packets.ts';
import { createTlvs } from '../../src/twamp/stamp-extensions.ts';
import type { TlvWish } from '../../src/twamp/stamp-extensions.ts';
import { NO_DSCP, createEnd, readTlvs, trafficClassIn } from '../../src/twamp/stamp-tlv-types.ts';
import type { PacketPath } from '../../src/twamp/stamp-tlv-types.ts';
import { HMAC_KEY, T2, T3, T3_HEX, stampReflector, stampSender } from '../support/stamp-ends.ts';
import { arenaOf } from '../support/test-packets.ts';

const BASE_OCTETS = 44;
const AUTHENTICATED_OCTETS = 112;

const stateful: StampMode = { reflector: 'stateful', ssid: 7 };
const stateless: StampMode = { ...stateful, reflector: 'stateless' };
const authenticated: StampMode = { ...stateful, hmacKey: HMAC_KEY };
const signedOnly: StampMode = { ...stateful, tlvHmacKey: HMAC_KEY };

/** DSCP 10 and ECN 2. */
const TRAFFIC_CLASS = 0x2a;

/** Packet number 0 with these octets behind it, which no core has signed. */
function requestOf(tlvs: Uint8Array, stamp = stateful): Uint8Array {
  return Buffer.concat([stampSender(stamp).make(), tlvs]);
}

function reflectorOf(stamp = stateful, path?: PacketPath) {
  const reflector = stampReflector(stamp, TRAFFIC_CLASS);
  if (path) {
    for (const end of ['source', 'destination'] as const) {
      reflector.core.path[end].version = path[end].version;
      reflector.core.path[end].port = path[end].port;
      reflector.core.path[end].octets.set(path[end].octets);
    }
  }
  const octets = stamp.hmacKey ? AUTHENTICATED_OCTETS : BASE_OCTETS;
  /** The TLVs of the reply to a packet with these; blanks are for the reader. */
  const answer = (tlvs: string): string => {
    return reflector.reflect(requestOf(octetsOf(tlvs), stamp))!.slice(2 * octets);
  };
  return { ...reflector, answer };
}

function end(version: 4 | 6, port: number, address: string): PacketPath['source'] {
  return Object.assign(createEnd(), { version, port, octets: Buffer.from(address.padEnd(32, '0'), 'hex') });
}

const ipv4: PacketPath = { source: end(4, 50_000, 'c0000201'), destination: end(4, 862, 'c6336402') };
const ipv6: PacketPath = {
  source: end(6, 50_000, '20010db8000000000000000000000001'),
  destination: end(6, 862, '20010db8000000000000000000000002'),
};

const zeros = (octets: number): string => '00'.repeat(octets);
const joined = (...tlvs: string[]): string => tlvs.join('').replaceAll(' ', '');
const octetsOf = (tlvs: string): Buffer => Buffer.from(joined(tlvs), 'hex');

/** A Class of Service TLV that asks for DSCP 46, and its answer where that is permitted. */
const COS = '80040004 b8000000';
const COS_ANSWER = '00040004 b8a80000';
const permits46: StampMode = { ...stateful, permittedDscps: [46] };

describe('a reflector answers', () => {
  test.each([
    { what: 'Extra Padding', asked: '80010003 aabbcc', answered: '00010003 aabbcc' },
    { what: 'Extra Padding of no octets', asked: '80010000', answered: '00010000' },
    { what: 'a type nobody knows', asked: '80c80002 beef', answered: '80c80002 beef' },
    { what: 'the reserved type 0', asked: '00000000', answered: '80000000' },
    { what: 'whatever flags a sender sets', asked: 'ff010001 aa ffc80000', answered: '00010001 aa 80c80000' },
    {
      what: 'Timestamp Information: kept by NTP, stamped in software',
      asked: '80030004 00000000',
      answered: '00030004 01020102',
    },
    { what: 'Class of Service that is permitted', asked: COS, answered: COS_ANSWER },
    {
      what: 'Class of Service that is not permitted',
      asked: '80040004 b4000000',
      answered: '00040004 b4a90000',
    },
    {
      what: 'Class of Service, Reserved and the fields of the reflector not zero',
      asked: '80040004 bbffffff',
      answered: COS_ANSWER,
    },
    {
      what: 'Direct Measurement',
      asked: '8005000c 00000009 ffffffff ffffffff',
      answered: '0005000c 00000009 00000001 00000001',
    },
    { what: 'an Access Report of 3GPP', asked: '80060004 1f01ffff', answered: '00060004 10010000' },
    { what: 'an Access Report of other access', asked: '80060004 20020000', answered: '00060004 20020000' },
    { what: 'an Access Report of no access', asked: '80060004 30020000', answered: '80060004 30020000' },
    {
      what: 'Follow-Up Telemetry before any reply',
      asked: `80070010 ${'ff'.repeat(16)}`,
      answered: `00070010 ${zeros(16)}`,
    },
  ])('$what', ({ asked, answered }) => {
    expect(reflectorOf(permits46).answer(asked)).toBe(joined(answered));
  });

  test('Timestamp Information: a clock that nobody keeps runs freely', () => {
    const { core, answer } = reflectorOf();
    core.errorEstimate = 0x0a0b;
    expect(answer('80030004 00000000')).toBe(joined('00030004 05020502'));
  });

  test('Direct Measurement with what it has received and answered so far', () => {
    const { answer } = reflectorOf();
    answer('');
    expect(answer('8005000c 00000002 00000000 00000000')).toBe(joined('0005000c 00000002 00000002 00000002'));
  });

  test('Follow-Up Telemetry with number and T3 of the reply before', () => {
    const { answer } = reflectorOf();
    answer('');
    answer('');
    expect(answer(`80070010 ${zeros(16)}`)).toBe(joined('00070010 00000001', T3_HEX, '02000000'));
  });

  test('no Class of Service where DSCP and ECN cannot be seen', () => {
    const { core, reflect } = stampReflector(permits46, TRAFFIC_CLASS_UNKNOWN);
    expect(reflect(requestOf(octetsOf(COS)))!.slice(2 * BASE_OCTETS)).toBe(joined(COS));
    expect(core.replyDscp).toBe(NO_DSCP);
  });

  test('without state no Direct Measurement, and Follow-Up Telemetry with zeros', () => {
    const { answer } = reflectorOf(stateless);
    answer('');
    expect(answer(`8005000c 00000002 ${zeros(8)}`)).toBe(joined('8005000c 00000002', zeros(8)));
    expect(answer(`80070010 ${'ff'.repeat(16)}`)).toBe(joined('00070010', zeros(16)));
  });

  test('a session that is opened anew knows no reply', () => {
    const { core, answer } = reflectorOf();
    answer('');
    core.open(0, { stamp: stateful });
    core.start(0);
    expect(answer(`80070010 ${zeros(16)}`)).toBe(joined('00070010', zeros(16)));
  });

  test('who asks for a DSCP learns whether replies have it, and so does who sends them', () => {
    const { core, answer } = reflectorOf(permits46);
    answer(COS);
    expect(core.replyDscp).toBe(46);
    answer('80040004 b4000000');
    expect(core.replyDscp).toBe(TRAFFIC_CLASS >>> 2);
    answer('80010000');
    expect(core.replyDscp).toBe(NO_DSCP);
    answer(COS);
    answer('');
    expect(core.replyDscp).toBe(NO_DSCP);
  });
});

describe('Location', () => {
  const asked = joined(
    '80020038 00000000',
    '80040010',
    zeros(16),
    '80010008',
    zeros(8),
    '80070010',
    zeros(16),
  );

  test('of IPv4', () => {
    const answered = joined(
      ...['00020038 035ec350', '00050010 c6336402', zeros(12), '00030008', zeros(8)],
      ...['00080010 c0000201', zeros(12)],
    );
    expect(reflectorOf(stateful, ipv4).answer(asked)).toBe(answered);
  });

  test('of IPv6', () => {
    const answered = joined(
      ...['00020038 035ec350', '00060010 20010db8000000000000000000000002', '00030008', zeros(8)],
      '00090010 20010db8000000000000000000000001',
    );
    expect(reflectorOf(stateful, ipv6).answer(asked)).toBe(answered);
  });

  test('that is not known, or not to be told, is zero', () => {
    const answered = joined(
      ...['00020038 00000000', '00040010', zeros(16), '00030008', zeros(8), '00070010', zeros(16)],
    );
    expect(reflectorOf().answer(asked.replace(`80040010${zeros(16)}`, `80040010${'ff'.repeat(16)}`))).toBe(
      answered,
    );
  });

  test('at the end of a packet that fills all memory there is', () => {
    const padding = joined('80010020', zeros(32));
    const { answer } = reflectorOf(stateful, ipv4);
    expect(answer(joined(padding, asked)).slice(-32)).toBe(joined('c0000201', zeros(12)));
    expect(answer(joined(padding, padding, '80')).slice(-2)).toBe('40');
  });

  test('a question nobody knows is skipped, a malformed one ends the sub-TLVs and nothing else', () => {
    const { answer } = reflectorOf(stateful, ipv4);
    expect(answer('8002000c 00000000 80fe0000 80050000 80c80000')).toBe(
      joined('0002000c 035ec350 80fe0000 80050000 80c80000'),
    );
    expect(answer('80020010 00000000 80040004 00000000 80c80000 80c80000')).toBe(
      joined('00020010 035ec350 40040004 00000000 80c80000 80c80000'),
    );
    expect(answer('80020008 00000000 80040010 80c80000')).toBe(joined('00020008 035ec350 40040010 80c80000'));
  });
});

describe('a malformed TLV', () => {
  /** Of each type: Lengths that are right, and the next ones that are not. */
  test.each([
    { type: '02', right: [4, 5], wrong: [0, 3] },
    { type: '03', right: [4], wrong: [3, 5] },
    { type: '04', right: [4], wrong: [3, 5] },
    { type: '05', right: [12], wrong: [11, 13] },
    { type: '06', right: [4], wrong: [3, 5] },
    { type: '07', right: [16], wrong: [15, 17] },
  ])('of type $type has another Length than $right', ({ type, right, wrong }) => {
    const malformed = (octets: number): boolean => {
      const { answer } = reflectorOf();
      const length = octets.toString(16).padStart(4, '0');
      return (Number.parseInt(answer(`80${type}${length}${zeros(octets)}`).slice(0, 2), 16) & 0x40) !== 0;
    };
    expect(right.map(malformed)).toEqual(right.map(() => false));
    expect(wrong.map(malformed)).toEqual(wrong.map(() => true));
  });

  test.each([
    { what: 'one octet', asked: '80', answered: '40' },
    { what: 'a header without Length', asked: '800401', answered: '400401' },
    { what: 'a Value that ends behind the packet', asked: '80040004 b80000', answered: '40040004 b80000' },
    { what: 'such a Value of a type nobody knows', asked: '80c80001', answered: '40c80001' },
    {
      what: 'Follow-Up Telemetry, blanked',
      asked: '8007000d ffffffffffffffffffffffffff',
      answered: `4007000d ${zeros(12)} ff`,
    },
    {
      what: 'Follow-Up Telemetry that is cut short, blanked',
      asked: '80070010 ffffffffff',
      answered: `40070010 ${zeros(5)}`,
    },
    {
      what: 'Follow-Up Telemetry of two octets, blanked, and not what follows',
      asked: '80070002 ffff 80010002 aabb',
      answered: '40070002 0000 80010002 aabb',
    },
    {
      what: 'an HMAC of 15 octets, without a key or with: nothing can be believed',
      asked: `8008000f ${zeros(15)}`,
      answered: `2008000f ${zeros(15)}`,
    },
  ])('$what', ({ asked, answered }) => {
    expect(reflectorOf().answer(asked)).toBe(joined(answered));
  });

  test('ends the answers: those before it stand, the rest is as it came', () => {
    expect(reflectorOf(permits46).answer(`${COS} 80040003 b80000 ${COS} ffc80000`)).toBe(
      joined(COS_ANSWER, '40040003 b80000', COS, 'ffc80000'),
    );
  });
});

/** The HMAC TLV over a Sequence Number and the TLVs before it, with these flags. */
function hmacTlv(sequence: string, tlvs: string, flags = '80'): string {
  const covered = Buffer.from(joined(sequence, tlvs), 'hex');
  const digest = createHmac('sha256', HMAC_KEY).update(covered).digest('hex').slice(0, 32);
  return `${flags}080010${digest}`;
}

const FIRST = '00000000';

describe.each([
  { mode: 'authenticated', stamp: authenticated, octets: AUTHENTICATED_OCTETS },
  { mode: 'unauthenticated, with a key for TLVs', stamp: signedOnly, octets: BASE_OCTETS },
])('signed TLVs, $mode', ({ stamp, octets }) => {
  const answer = (tlvs: string, reflector = stampReflector(stamp, TRAFFIC_CLASS)): string => {
    return reflector.reflect(requestOf(octetsOf(tlvs), stamp))!.slice(2 * octets);
  };
  const refused = joined(COS).replace(/^80/, '20');

  test('are answered, and the answers signed with the number of the reply', () => {
    const reflector = stampReflector(stamp, TRAFFIC_CLASS);
    const answered = joined('00040004 b8a90000');
    expect(answer(joined(COS, hmacTlv(FIRST, COS)), reflector)).toBe(
      joined(answered, hmacTlv('00000000', answered, '00')),
    );
    expect(answer(joined(COS, hmacTlv(FIRST, COS)), reflector)).toBe(
      joined(answered, hmacTlv('00000001', answered, '00')),
    );
  });

  test('change nothing about the packet before them', () => {
    const reply = (tlvs: string): string => {
      return stampReflector(stamp)
        .reflect(requestOf(octetsOf(tlvs), stamp))!
        .slice(0, 2 * octets);
    };
    expect(reply(joined(COS, hmacTlv(FIRST, COS)))).toBe(reply(''));
    expect(reply(joined(COS, hmacTlv('00000001', COS)))).toBe(reply(''));
  });

  test('may be followed by Extra Padding', () => {
    const answered = joined('00040004 b8a90000');
    expect(answer(joined(COS, hmacTlv(FIRST, COS), '80010001aa 80010000'))).toBe(
      joined(answered, hmacTlv(FIRST, answered, '00'), '00010001aa 00010000'),
    );
  });

  test('a malformed one says so in a signed reply', () => {
    const asked = joined('80040003 b80000', COS);
    const answered = joined('40040003 b80000', COS);
    expect(answer(joined(asked, hmacTlv(FIRST, asked)))).toBe(joined(answered, hmacTlv(FIRST, answered)));
  });

  test.each([
    { what: 'followed by another TLV', tlvs: joined(COS, hmacTlv(FIRST, COS), '80c80000') },
    {
      what: 'twice',
      tlvs: joined(COS, hmacTlv(FIRST, COS), hmacTlv(FIRST, joined(COS, hmacTlv(FIRST, COS)))),
    },
    { what: 'of another number', tlvs: joined(COS, hmacTlv('00000001', COS)) },
    { what: 'missing', tlvs: joined(COS) },
    { what: 'missing, with two Extra Paddings', tlvs: '8001000080010000' },
  ])('nothing is believed with an HMAC TLV that is $what', ({ tlvs }) => {
    const reply = answer(tlvs);
    expect(reply).toHaveLength(tlvs.length);
    expect(reply).toBe(
      tlvs
        .replace(/^80/, '20')
        .replaceAll('80080010', '20080010')
        .replace(/80(c80000|010000)$/, '20$1'),
    );
  });

  test('any changed octet makes them unbelievable, and what they ask is not done', () => {
    const good = joined(COS, hmacTlv(FIRST, COS));
    for (let octet = 4; octet < 8; octet++) {
      const forged = Buffer.from(good, 'hex');
      forged[octet]! ^= 1;
      const reflector = stampReflector({ ...stamp, permittedDscps: [46, 47] }, TRAFFIC_CLASS);
      expect(answer(forged.toString('hex'), reflector).slice(0, 16)).toBe(
        joined('20', forged.toString('hex').slice(2, 16)),
      );
      expect(reflector.core.replyDscp).toBe(NO_DSCP);
    }
    for (let octet = 12; octet < 28; octet++) {
      const forged = Buffer.from(good, 'hex');
      forged[octet]! ^= 1;
      expect(answer(forged.toString('hex')).slice(0, 16)).toBe(refused);
    }
  });

  test('one Extra Padding needs no HMAC', () => {
    expect(answer('80010001 aa')).toBe('00010001aa');
  });

  test('what follows the HMAC TLV cut short is in no order', () => {
    expect(answer(joined(COS, hmacTlv(FIRST, COS), '8001')).slice(-4)).toBe('6001');
  });

  test('an HMAC TLV that is too long is none, whatever it begins with', () => {
    const long = hmacTlv(FIRST, COS).replace('80080010', '80080011');
    expect(answer(joined(COS, long, '00')).slice(0, 16)).toBe(refused);
  });

  test('a reply is signed with its own number, whatever that of its packet', () => {
    const answered = joined('00040004 b8a90000');
    const signedCos = joined(COS, hmacTlv(FIRST, COS));
    const { answer } = reflectorOf(stamp);
    expect(answer(signedCos)).toBe(joined(answered, hmacTlv(FIRST, answered, '00')));
    expect(answer(signedCos)).toBe(joined(answered, hmacTlv('00000001', answered, '00')));
  });
});

test('TLVs that are signed cannot be believed where there is no key', () => {
  const tlvs = joined(COS, hmacTlv(FIRST, COS));
  const refused = tlvs.replace(/^80/, '20').replace('80080010', '20080010');
  expect(reflectorOf().answer(tlvs)).toBe(refused);
  expect(reflectorOf().answer(`${tlvs}8001`)).toBe(`${refused}6001`);
});

describe('answered TLVs', () => {
  const viewOf = (tlvs: string): DataView => {
    const octets = Uint8Array.from(octetsOf(tlvs));
    return new DataView(octets.buffer);
  };
  const told = (tlvs: string) => readTlvs(viewOf(tlvs), 0, viewOf(tlvs).byteLength);
  const trafficClass = (tlvs: string) => trafficClassIn(viewOf(tlvs), 0, viewOf(tlvs).byteLength);

  test('tell with which DSCP and ECN the packet came, where Class of Service is understood', () => {
    expect(trafficClass(joined('00030004 01020102', COS_ANSWER))).toBe(TRAFFIC_CLASS);
    expect(trafficClass(joined('80040004 b8a40000', COS_ANSWER))).toBe(TRAFFIC_CLASS);
    expect(trafficClass('00030004 01020102')).toBe(TRAFFIC_CLASS_UNKNOWN);
    expect(trafficClass(joined('40030000', COS_ANSWER))).toBe(TRAFFIC_CLASS_UNKNOWN);
    expect(trafficClass('00030004 01020102 00040004 b8a8')).toBe(TRAFFIC_CLASS_UNKNOWN);
    expect(trafficClass('')).toBe(TRAFFIC_CLASS_UNKNOWN);
  });

  test.each(['00040000', '00040002 b8a4', '00040005 b8a4000000'])('%s is no Class of Service', (tlv) => {
    expect(trafficClass(tlv)).toBe(TRAFFIC_CLASS_UNKNOWN);
    expect(trafficClass(joined(tlv, COS_ANSWER))).toBe(TRAFFIC_CLASS);
  });

  test('tell whether the DSCP asked for was refused', () => {
    expect(told('00040004 b4a90000')).toEqual({ classOfService: { dscp: 10, ecn: 2, refused: true } });
  });

  test('tell that an Access Report has arrived', () => {
    expect(told('00060004 20030000')).toEqual({ accessReport: { accessId: 2, returnCode: 3 } });
  });

  test('of a type that nobody knows tell nothing', () => {
    expect(told('00c80002 beef')).toEqual({});
  });

  test.each([
    { what: 'IPv6', sub: ['00060010', `${zeros(15)}02`, '00090010', `${zeros(15)}01`], octets: 16 },
    { what: 'IPv4', sub: ['00050010', `02${zeros(15)}`, '00080010', `01${zeros(15)}`], octets: 4 },
    { what: 'nothing', sub: ['00040010', zeros(16), '00070010', zeros(16)], octets: 0 },
    { what: 'addresses of no length there is', sub: ['00050004 02000000 0008000f', zeros(15)], octets: 0 },
  ])('tell a location of $what', ({ sub, octets }) => {
    const value = joined('035ec350', ...sub);
    const address = (last: number): Uint8Array | undefined => {
      if (octets === 0) return undefined;
      const at = octets === 16 ? 15 : 0;
      return new Uint8Array(octets).fill(last, at, at + 1);
    };
    expect(told(joined('0002', (value.length / 2).toString(16).padStart(4, '0'), value))).toEqual({
      location: { sourcePort: 50_000, destinationPort: 862, source: address(1), destination: address(2) },
    });
  });
});

test('any octets as TLVs: nothing is thrown, the length kept, and nothing around the packet touched', () => {
  const anyTlvs = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.tuple(fc.nat(9), fc.nat(40)), { maxLength: 8 })
      .map((tlvs) =>
        Uint8Array.from(
          tlvs.flatMap(([type, octets]) => [0x80, type, 0, octets, ...new Array<number>(octets).fill(0x80)]),
        ),
      ),
  );
  const modes = fc.constantFrom(stateful, stateless, authenticated, signedOnly);
  fc.assert(
    fc.property(anyTlvs, modes, fc.boolean(), (tlvs, stamp, known) => {
      const { core } = reflectorOf(stamp, known ? ipv6 : undefined);
      const packet = requestOf(tlvs, stamp);
      const arena = createArena(packet.length + 64);
      arena.bytes.fill(0xa5);
      arena.bytes.set(packet, 32);
      const length = core.reflectInto(arena, 0, 32, packet.length, T2, 63, TRAFFIC_CLASS, 32);
      core.complete(arena, 0, 32, T3);
      const bare = Buffer.from(stampReflector(stamp).reflect(requestOf(new Uint8Array(), stamp))!, 'hex');
      expect(length).toBe(packet.length);
      expect([...arena.bytes.subarray(32, 32 + bare.length)]).toEqual([...bare]);
      const around = [...arena.bytes.subarray(0, 32), ...arena.bytes.subarray(32 + length)];
      expect(around.every((octet) => octet === 0xa5)).toBe(true);
    }),
  );
});

const everything: TlvWish = {
  location: true,
  timestampInformation: true,
  classOfService: { dscp: 46 },
  directMeasurement: true,
  followUpTelemetry: true,
  extraPadding: Uint8Array.of(1, 2, 3),
};

describe('a sender', () => {
  test('asks with U set and the fields of the reflector zero', () => {
    const location = joined('8002002c 00000000 80040010', zeros(16), '80070010', zeros(16));
    const asked = joined(
      ...[location, '80030004 00000000', COS, '8005000c', zeros(12), '80070010', zeros(16)],
    );
    const hex = (stamp: StampMode): string => Buffer.from(createTlvs(everything, stamp)).toString('hex');
    expect(hex(stateful)).toBe(joined(asked, '80010003 010203'));
    expect(hex(authenticated)).toBe(joined(asked, '80080010', zeros(16), '80010003 010203'));
    expect(createTlvs({}, authenticated)).toHaveLength(0);
    const report = createTlvs({ accessReport: { accessId: 1, returnCode: 2 } }, stateful);
    expect(Buffer.from(report).toString('hex')).toBe(joined('80060004 10020000'));
    expect(createTlvs({ extraPadding: new Uint8Array() }, authenticated)).toHaveLength(4);
  });

  test('takes DSCPs to 63 and as much padding as a Length can say', () => {
    const cos = (dscp: number) => createTlvs({ classOfService: { dscp } }, stateful);
    expect(Buffer.from(cos(63)).toString('hex')).toBe(joined('80040004 fc000000'));
    expect(() => cos(64)).toThrow(RangeError);
    expect(() => cos(-1)).toThrow(RangeError);
    const padding = (octets: number) => createTlvs({ extraPadding: new Uint8Array(octets) }, stateful);
    expect(padding(65_535)).toHaveLength(65_539);
    expect(() => padding(65_536)).toThrow(RangeError);
  });

  test.each([
    { mode: 'open', stamp: permits46 },
    { mode: 'signed', stamp: { ...signedOnly, permittedDscps: [46] } },
    { mode: 'authenticated', stamp: { ...authenticated, permittedDscps: [46] } },
  ])('hears from a reflector all it asked for ($mode)', ({ stamp }) => {
    const { core, make } = stampSender(stamp, createTlvs(everything, stamp));
    const { reflect } = reflectorOf(stamp, ipv4);
    for (let packet = 0; packet < 3; packet++) {
      const reply = Buffer.from(reflect(make())!, 'hex');
      core.take(arenaOf(reply), 0, reply.length, T3, TTL_UNKNOWN);
    }
    expect(core.tlvs!.newest.read().integrityFailures).toBe(0);
    expect(core.tlvs!.newest.read().answers).toEqual({
      location: {
        sourcePort: 50_000,
        destinationPort: 862,
        source: Uint8Array.of(192, 0, 2, 1),
        destination: Uint8Array.of(198, 51, 100, 2),
      },
      timestampInformation: { syncSourceIn: 1, methodIn: 2, syncSourceOut: 1, methodOut: 2 },
      classOfService: { dscp: 10, ecn: 2, refused: false },
      directMeasurement: { senderTransmitted: 3, reflectorReceived: 3, reflectorTransmitted: 3 },
      followUpTelemetry: { sequence: 1, timestamp: BigInt(`0x${T3_HEX}`), method: 2 },
    });
  });

  /** What a sender of `stamp` that asked for DSCP 46 and Timestamp Information makes of a reply with these TLVs. */
  function hearing(answered: string, stamp = stateful, more: TlvWish = {}) {
    const asked = createTlvs({ timestampInformation: true, classOfService: { dscp: 46 }, ...more }, stamp);
    const { core, counters, make } = stampSender(stamp, asked);
    const base = stampReflector(stamp).reflect(
      make().subarray(0, stamp.hmacKey ? AUTHENTICATED_OCTETS : BASE_OCTETS),
    )!;
    const reply = Buffer.from(joined(base, answered), 'hex');
    core.take(arenaOf(reply), 0, reply.length, T3, TTL_UNKNOWN);
    expect(counters.read(0).received).toBe(1);
    return {
      answers: core.tlvs!.newest.read().answers,
      failures: core.tlvs!.newest.read().integrityFailures,
    };
  }

  const INFORMED = '00030004 01020102';
  const informed = { timestampInformation: { syncSourceIn: 1, methodIn: 2, syncSourceOut: 1, methodOut: 2 } };
  const served = { classOfService: { dscp: 10, ecn: 2, refused: false } };

  test.each([
    { what: 'both answers', answered: joined(INFORMED, COS_ANSWER), answers: { ...informed, ...served } },
    {
      what: 'one, as U skips the other',
      answered: joined('80030004 01020102', COS_ANSWER),
      answers: { ...served, refused: [3] },
    },
    {
      what: 'one, as M ends them',
      answered: joined(INFORMED, '40040004 b8a80000'),
      answers: { ...informed, refused: [4] },
    },
    {
      what: 'none, as M ends them',
      answered: joined('40030004 01020102', COS_ANSWER),
      answers: { refused: [3, 4] },
    },
    { what: 'one, as the other is cut short', answered: joined(INFORMED, '00040004 b8'), answers: informed },
    {
      what: 'one, as the other has another Length',
      answered: joined('00030003 010201', COS_ANSWER),
      answers: served,
    },
    { what: 'none, as there are none', answered: '', answers: {} },
    {
      what: 'both, whatever a reflector adds',
      answered: joined(INFORMED, COS_ANSWER, COS),
      answers: { ...informed, ...served },
    },
  ])('takes $what', ({ answered, answers }) => {
    expect(hearing(answered)).toEqual({ answers, failures: 0 });
  });

  test('takes its own padding for no answer, whatever became of it', () => {
    const extraPadding = Uint8Array.of(1, 2);
    const reply = joined(INFORMED, COS_ANSWER, '80010002 0102');
    expect(hearing(reply, stateful, { extraPadding }).answers).toEqual({ ...informed, ...served });
  });

  test('sends what it asks as it is, but for counts and HMAC', () => {
    const asked = createTlvs({ timestampInformation: true, classOfService: { dscp: 46 } }, stateful);
    expect([...stampSender(stateful, asked).make().subarray(BASE_OCTETS)]).toEqual([...asked]);
    expect(stampSender(stateful).core.tlvs).toBeUndefined();
  });

  test('discards all of a reply with an I flag', () => {
    expect(hearing(joined(INFORMED, '20040004 b8a80000'))).toEqual({ answers: {}, failures: 1 });
  });

  test('discards all of a reply whose HMAC TLV is wrong or missing', () => {
    const answered = joined(INFORMED, COS_ANSWER);
    const good = hearing(joined(answered, hmacTlv(FIRST, answered, '00')), authenticated);
    expect(good).toEqual({ answers: { ...informed, ...served }, failures: 0 });
    const forged = hearing(joined(answered, hmacTlv('00000001', answered, '00')), authenticated);
    expect(forged).toEqual({ answers: {}, failures: 1 });
    expect(hearing(answered, authenticated)).toEqual({ answers: {}, failures: 1 });
  });

  test('any octets as the TLVs of a reply: nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(stateful, authenticated),
        (tlvs, stamp) => {
          hearing(Buffer.from(tlvs).toString('hex'), stamp);
        },
      ),
    );
  });
});
