/** Service sessions as records that can be imported. */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Four sessions on two members of an aggregate, one interface beside it, and every kind of flow. */
export const mixedRecords: readonly JsonRecord[] = [
  {
    'interface-name': 'mams-5/1/0',
    'aggregate-interface-name': 'ams0',
    'service-set-name': 'ss2',
    'session-id': 4,
    alg: 'icmpv6',
    asymmetric: false,
    nat: {
      'translation-type': 'STATEFUL NAT64',
      source: {
        address: '3001::1',
        port: 42583,
        'translated-address': '161.161.161.1',
        'translated-port': 24831,
      },
      destination: { address: '1001::401:102', 'translated-address': '4.1.1.2' },
    },
    flow: [
      {
        protocol: 'icmp6',
        'source-address': '3001::1',
        'destination-address': '1001::401:102',
        direction: 'I',
        role: 'initiator',
        'frame-count': 29,
        'byte-count': 3016,
        timeout: 100,
      },
      {
        protocol: 'icmp',
        'source-address': '4.1.1.2',
        'destination-address': '161.161.161.1',
        direction: 'O',
        role: 'responder',
        'frame-count': 28,
        'byte-count': 2352,
        timeout: 100,
      },
    ],
  },
  {
    'interface-name': 'mams-5/0/0',
    'aggregate-interface-name': 'ams0',
    'service-set-name': 'ss2',
    'session-id': 2,
    alg: 'tftp',
    offload: true,
    asymmetric: true,
    flow: [
      {
        protocol: 'udp',
        'source-address': '10.1.1.1',
        'source-port': 40440,
        'destination-address': '10.2.2.2',
        'destination-port': 69,
        state: 'Watch',
        direction: 'I',
        'frame-count': 1,
      },
    ],
  },
  {
    'interface-name': 'mams-5/0/0',
    'aggregate-interface-name': 'ams0',
    'service-set-name': 'ss1',
    'session-id': 1,
    alg: 'ftp',
    flags: 0x2000,
    asymmetric: false,
    flow: [
      {
        protocol: 'tcp',
        'source-address': '10.1.1.1',
        'source-port': 52138,
        'destination-address': '10.2.2.2',
        'destination-port': 21,
        direction: 'I',
        role: 'initiator',
        'frame-count': 33,
        'byte-count': 1483,
        timeout: 60,
      },
      {
        protocol: 'tcp',
        'source-address': '10.2.2.2',
        'source-port': 21,
        'destination-address': '10.1.1.1',
        'destination-port': 52138,
        direction: 'O',
        role: 'responder',
        'frame-count': 31,
        'byte-count': 2712,
        timeout: 60,
      },
    ],
  },
  {
    'interface-name': 'ms-0/0/0',
    'service-set-name': 'default',
    'session-id': 281474976710655,
    flags: 0xfffff,
    'ip-action': true,
    flow: [
      {
        protocol: 'ospf',
        'source-address': '10.1.1.1',
        'destination-address': '224.0.0.5',
        state: 'Drop',
        direction: 'U',
        'frame-count': 4,
      },
    ],
  },
];

/** One that has ended. */
export const endedRecord: JsonRecord = {
  ...mixedRecords[2],
  'session-id': 9,
  'start-time': '2026-11-22T08:51:21.000000001Z',
  'end-time': '2026-11-22T08:52:00.500000000Z',
};
