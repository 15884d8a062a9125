/** A port for a program that has to be told one. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Above those of test sessions (10000-20000), and below those that the kernel gives to whoever asks for any. */
const [FIRST, LAST] = [20_001, 32_767];

/**
 * A port that is free, of TCP and of UDP on any address, and stays so for this process: no program is given it that asks for
 * any, and nobody else who asks here gets it while this process lives.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if ((await isClaimed(port)) && (await isFreeOfTcp(port)) && (await isFreeOfUdp(port))) return port;
  }
}

/** By a socket of that name without a file, which goes with the process. */
async function isClaimed(port: number): Promise<boolean> {
  return tryOut(() => {
    const claim = createServer().listen(`\0dnrouter-test-port-${port}`);
    claim.unref();
    return once(claim, 'listening');
  });
}

async function isFreeOfTcp(port: number): Promise<boolean> {
  return tryOut(async () => {
    const server = createServer().listen({ port, host: '0.0.0.0' });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
}

/** A family that the machine does not have is free. */
async function isFreeOfUdp(port: number): Promise<boolean> {
  for (const type of ['udp4', 'udp6'] as const) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    const isFree = await tryOut(() => {
      socket.bind(port);
      return once(socket, 'listening');
    });
    socket.close();
    await once(socket, 'close');
    if (!isFree) return false;
  }
  return true;
}

/** Whether the address is free. */
async function tryOut(take: () => Promise<unknown>): Promise<boolean> {
  try {
    await take();
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
}
