/** Sockets made by system calls: the options that the kernel says they have. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { c } from '../../src/native/layouts.ts';
import { available, succeed, type Libc } from '../../src/native/libc.ts';
import { NativeSockets } from '../../src/engine/native-sockets.ts';
import type { ControlOptions } from '../../src/engine/transport.ts';

const availability = available();
const vrf = { kind: 'default' } as const;
const options: ControlOptions = { dscp: 46, keepidleSeconds: 120, keepintvlSeconds: 5, keepcnt: 6 };
const SO_KEEPALIVE = 9;

describe.skipIf('reason' in availability)('with the C library', () => {
  const { libc } = availability as { libc: Libc };
  const sockets = new NativeSockets(libc);

  function read(fd: number, level: number, name: number): number {
    const value = libc.memory(4);
    const length = libc.memory(4);
    new Int32Array(length.buffer)[0] = 4;
    succeed(libc, 'getsockopt', libc.getsockopt(fd, level, name, value.address, length.address));
    return new Int32Array(value.buffer)[0]!;
  }

  const optionsOf = (fd: number): unknown => ({
    keepalive: read(fd, c.SOL_SOCKET, SO_KEEPALIVE),
    dscp: read(fd, c.IPPROTO_IP, c.IP_TOS) >> 2,
    keepidleSeconds: read(fd, c.IPPROTO_TCP, c.TCP_KEEPIDLE),
    keepintvlSeconds: read(fd, c.IPPROTO_TCP, c.TCP_KEEPINTVL),
    keepcnt: read(fd, c.IPPROTO_TCP, c.TCP_KEEPCNT),
  });

  test('connections have the options that their listener had when they came', async () => {
    const listener = sockets.bind(vrf, 0, options);
    const server = createServer();
    onTestFinished(() => void server.close());
    await once(server.listen({ fd: listener.fd }), 'listening');
    const { port } = server.address() as AddressInfo;
    /** The descriptor of the server's end of a new connection. */
    const accepted = async (host: string): Promise<number> => {
      const near = connect({ host, port });
      const [far] = (await once(server, 'connection')) as [Socket & { _handle: { fd: number } }];
      onTestFinished(() => {
        near.destroy();
        far.destroy();
      });
      return far._handle.fd;
    };
    const before = [await accepted('127.0.0.1'), await accepted('::1')];
    const changed = { dscp: 10, keepidleSeconds: 1, keepintvlSeconds: 600, keepcnt: 50 };
    sockets.use(listener, changed);
    const after = [await accepted('127.0.0.1'), await accepted('::1')];
    expect(before.map(optionsOf)).toEqual(Array(2).fill({ keepalive: 1, ...options }));
    expect(after.map(optionsOf)).toEqual(Array(2).fill({ keepalive: 1, ...changed }));
    expect(read(before[1]!, c.IPPROTO_IPV6, c.IPV6_TCLASS) >> 2).toBe(46);
    expect(read(after[1]!, c.IPPROTO_IPV6, c.IPV6_TCLASS) >> 2).toBe(10);
  });

  test.each(['127.0.0.1', '::1'])('a socket to connect to %s has its options', (address) => {
    const socket = sockets.open(vrf, address, options);
    onTestFinished(() => sockets.close(socket));
    expect(optionsOf(socket.fd)).toEqual({ keepalive: 1, ...options });
  });

  test('a socket that cannot be bound is closed', () => {
    const taken = createServer().listen({ fd: sockets.bind(vrf, 0, options).fd });
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const next = sockets.open(vrf, '::1');
    sockets.close(next);
    expect(() => sockets.bind(vrf, port, options)).toThrow('EADDRINUSE');
    // The lowest free descriptor is given again: the failure has kept none.
    const again = sockets.open(vrf, '::1');
    onTestFinished(() => sockets.close(again));
    expect(again.fd).toBe(next.fd);
  });
});
