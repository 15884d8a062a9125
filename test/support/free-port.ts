/** A port for a program that has to be told one. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port that was free a moment ago: of TCP on loopback, and of UDP on any address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const free = (await isFreeOfUdp('udp4', port)) && (await isFreeOfUdp('udp6', port));
    server.close();
    await once(server, 'close');
    if (free) return port;
  }
}

/** Takes a free port by `use`, or another one while `use` rejects because somebody else took it in between. */
export async function onFreePort(
  use: (port: number) => Promise<unknown>,
  isTaken: (error: unknown) => boolean,
): Promise<number> {
  for (;;) {
    const port = await freePort();
    try {
      await use(port);
      return port;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
}

/** A family that the machine does not have is free. */
async function isFreeOfUdp(type: 'udp4' | 'udp6', port: number): Promise<boolean> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' });
  socket.bind(port);
  try {
    await once(socket, 'listening');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}
