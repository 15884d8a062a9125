/** The Transport over real TCP, on loopback. */
import { once } from 'node:events';
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { available } from '../../src/native/libc.ts';
import { ipVersionOf } from '../../src/twamp/address-field.ts';
import { plainAddress, TcpTransport } from '../../src/engine/tcp-transport.ts';
import type { Listener, Stream } from '../../src/engine/transport.ts';
import { deferred } from '../support/deferred.ts';

const never = new AbortController().signal;
const vrf = { kind: 'default' } as const;
const options = { dscp: 0, keepidleSeconds: 120, keepintvlSeconds: 5, keepcnt: 6 };

/** With sockets made by system calls, where they can be, and with those of node:net. */
const transports = [
  ['native', new TcpTransport(available)],
  ['node', new TcpTransport(() => ({ reason: 'of a test' }))],
] as const;
let transport: TcpTransport;

async function listen(onStream: (stream: Stream) => void, port = 0): Promise<Listener> {
  const listener = await transport.listen({ vrf, port }, options, onStream);
  onTestFinished(() => listener.close());
  return listener;
}

const connect = (host: string, port: number, signal = never): Promise<Stream> =>
  transport.connect({ vrf, host, port }, options, signal);

/** What a stream says until it closes. */
function said(stream: Stream): Promise<string> {
  const octets: Uint8Array[] = [];
  return new Promise((resolve) => {
    stream.open({
      onData: (chunk) => octets.push(chunk),
      onClose: () => resolve(Buffer.concat(octets).toString()),
    });
  });
}

describe.each(transports)('sockets of %s', (_, given) => {
  beforeEach(() => void (transport = given));

  test('an interface has its addresses, and one that is not there none', () => {
    expect(transport.interfaceAddresses(vrf, 'lo')).toContain('127.0.0.1');
    expect(transport.interfaceAddresses(vrf, 'none')).toEqual([]);
    expect(transport.interfaceAddresses({ kind: 'namespace', name: 'none' }, 'lo')).toEqual(
      transport === transports[0][1] ? [] : transport.interfaceAddresses(vrf, 'lo'),
    );
  });

  test.each(['127.0.0.1', '::1'])(
    'both ends know each other, and what was written before the end arrives: %s',
    async (host) => {
      const accepted = deferred<Stream>();
      const { port } = await listen(accepted.resolve);
      const near = await connect(host, port);
      const far = await accepted.promise;
      expect(near.remote).toEqual({ address: host, port });
      expect(far.local).toEqual(near.remote);
      expect(far.remote).toEqual(near.local);
      const heard = [said(near), said(far)];
      far.write(Buffer.from('last '));
      far.write(Buffer.from('words'));
      far.end();
      expect(await Promise.all(heard)).toEqual(['last words', '']);
    },
  );

  describe('the way to a host', () => {
    test.each(['127.0.0.1', '::1'])(
      'leaves from the address that the routing table picks: %s',
      async (host) => {
        const route = await transport.route({ vrf, host, port: 862 }, never);
        expect(route).toEqual({ local: host, remote: host });
      },
    );

    test('leaves from the address that is asked for, in whose family the host is found', async () => {
      const from = { vrf, host: '127.0.0.1', port: 862, sourceAddress: '127.0.0.9' };
      expect(await transport.route(from, never)).toEqual({ local: '127.0.0.9', remote: '127.0.0.1' });
      const other = transport.route({ ...from, sourceAddress: '::1' }, never);
      await expect(other).rejects.toMatchObject({ code: 'source-of-other-version' });
    });

    test.each([
      ['127.0.0.1', 6, 'no-ipv6-address'],
      ['::1', 4, 'no-ipv4-address'],
    ] as const)('%s is not found over IPv%i', async (host, ipVersion, code) => {
      const to = { vrf, host, port: 862, ipVersion };
      await expect(transport.route(to, never)).rejects.toMatchObject({ code });
      await expect(transport.connect(to, options, never)).rejects.toMatchObject({ code });
      const { remote } = await transport.route({ ...to, ipVersion: ipVersionOf(host) }, never);
      expect(remote).toBe(host);
    });

    test('is not there for a name that is none, and not looked for when it is given up', async () => {
      const nowhere = { vrf, host: `${'a'.repeat(64)}.invalid`, port: 862 };
      await expect(transport.route(nowhere, never)).rejects.toMatchObject({ code: 'name-unresolved' });
      const reason = new Error('enough');
      await expect(transport.route(nowhere, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });

  test('a peer that keeps its end open hears our last words, and is cut off', async () => {
    const closed = deferred();
    const { port } = await listen((stream) => {
      stream.open({ onData: () => undefined, onClose: () => closed.resolve(undefined) });
      stream.write(Buffer.from('bye'));
      stream.end();
    });
    const socket = connectSocket({ host: '127.0.0.1', port, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write('unheard');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    await once(socket, 'end');
    expect(heard).toBe('bye');
    await closed.promise;
  });

  test('a peer that does not read is cut off', async () => {
    const closed = deferred();
    const { port } = await listen((stream) => {
      stream.open({ onData: () => undefined, onClose: () => closed.resolve(undefined) });
      for (let megabytes = 0; megabytes < 16; megabytes += 1) stream.write(new Uint8Array(2 ** 20));
    });
    const socket = connectSocket({ host: '127.0.0.1', port }).pause();
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    await closed.promise;
  });

  test('a listener that is closed refuses, and leaves what is open', async () => {
    const accepted = deferred<Stream>();
    const listener = await listen(accepted.resolve);
    const near = await connect('127.0.0.1', listener.port);
    const far = await accepted.promise;
    await listener.close();
    await expect(connect('127.0.0.1', listener.port)).rejects.toMatchObject({ code: 'connection-refused' });
    const heard = said(near);
    void said(far);
    far.write(Buffer.from('still here'));
    far.end();
    expect(await heard).toBe('still here');
  });

  describe('errors are codes', () => {
    test('a port that is taken, also on one family alone', async () => {
      const { port } = await listen(() => undefined);
      await expect(listen(() => undefined, port)).rejects.toMatchObject({ code: 'port-in-use' });
      const other = createServer().listen(0, '127.0.0.1');
      onTestFinished(() => void other.close());
      await once(other, 'listening');
      const taken = (other.address() as AddressInfo).port;
      await expect(listen(() => undefined, taken)).rejects.toMatchObject({ code: 'port-in-use' });
    });

    test.skipIf(process.getuid?.() === 0)('a port without the right to it', async () => {
      await expect(listen(() => undefined, 862)).rejects.toMatchObject({ code: 'port-permission' });
    });

    test('a port where nobody listens', async () => {
      const listener = await listen(() => undefined);
      await listener.close();
      await expect(connect('::1', listener.port)).rejects.toMatchObject({ code: 'connection-refused' });
    });

    test.each([
      ['an address that is not ours', '192.0.2.77', 'address-unavailable'],
      ['an address of the other version', '::1', 'source-of-other-version'],
    ])('%s to connect from', async (_, sourceAddress, code) => {
      const { port } = await listen(() => undefined);
      const to = { vrf, host: '127.0.0.1', port, sourceAddress };
      await expect(transport.connect(to, options, never)).rejects.toMatchObject({ code });
    });

    test('a loopback address to connect from to elsewhere', async () => {
      const to = { vrf, host: '192.0.2.77', port: 1, sourceAddress: '127.0.0.1' };
      const connecting = transport.connect(to, options, AbortSignal.timeout(2000));
      // Without a route there, that is what is wrong.
      await expect(connecting).rejects.toMatchObject({
        code: expect.stringMatching(/^(source-unusable|unreachable)$/) as string,
      });
    });

    test('a name that is none', async () => {
      await expect(connect(`${'a'.repeat(64)}.invalid`, 862)).rejects.toMatchObject({
        code: 'name-unresolved',
      });
    });

    test('a VRF that is none', async () => {
      const none = { kind: 'namespace', name: 'dnrouter-none' } as const;
      const code =
        'libc' in available() && transport.unsettable.length === 0
          ? 'no-such-namespace'
          : 'no-native-sockets';
      expect(transport.obstacleIn(none)).toBe(code);
      await expect(
        transport.connect({ vrf: none, host: '::1', port: 1 }, options, never),
      ).rejects.toMatchObject({ code });
      await expect(transport.route({ vrf: none, host: '::1', port: 1 }, never)).rejects.toMatchObject({
        code,
      });
      await expect(transport.listen({ vrf: none, port: 0 }, options, () => undefined)).rejects.toMatchObject({
        code,
      });
    });

    test('a connection that is given up', async () => {
      const reason = new Error('enough');
      await expect(connect('127.0.0.1', 1, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
])('%s is written %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});
