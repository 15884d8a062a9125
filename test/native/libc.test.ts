/** The C library by FFI: there or not, and why; memory; errors. */
import { stat } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { c, mmsghdr } from '../../src/native/layouts.ts';
import { CALLS_BESIDE_MAX, SystemCallError, available, succeed } from '../../src/native/libc.ts';

test('the variable that forces the fallback is the reason for it', async () => {
  vi.stubEnv('DNROUTER_DATAPATH', 'dgram');
  vi.resetModules();
  const fresh = await import('../../src/native/libc.ts');
  expect(fresh.available()).toEqual({ reason: 'DNROUTER_DATAPATH=dgram' });
  vi.unstubAllEnvs();
  expect(fresh.available()).toBe(fresh.available());
});

const found = available();
const libc = 'libc' in found ? found.libc : undefined;
if (!('libc' in found)) console.log(`system calls are not tested: ${found.reason}`);

test.skipIf(libc === undefined)('a call that fails says which it was and why', () => {
  const fault = (work: () => void): unknown => {
    try {
      work();
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const error = fault(() => succeed(libc!, 'close', libc!.close(-1)));
  expect(error).toBeInstanceOf(SystemCallError);
  expect(error).toMatchObject({ call: 'close', code: 'EBADF' });
  expect(succeed(libc!, 'close', 0)).toBe(0);
});

test.skipIf(libc === undefined)('what C writes into memory is there', () => {
  const memory = libc!.memory(16);
  const before = Math.floor(Date.now() / 1000);
  expect(libc!.clock_gettime(c.CLOCK_REALTIME, memory.address)).toBe(0);
  expect(new Uint32Array(memory.buffer)[0]).toBeGreaterThanOrEqual(before);
});

test.skipIf(libc === undefined)(
  'a call in another thread gives the same, and fails with the same',
  async () => {
    const { beside } = libc!;
    await expect(beside.send(-1, 0, 0, 0)).rejects.toMatchObject({ call: 'send', code: 'EBADF' });
    const fd = succeed(libc!, 'socket', libc!.socket(c.AF_INET, c.SOCK_DGRAM, 0));
    try {
      const none = beside.recvmmsg(fd, 0, 0, c.MSG_DONTWAIT, 0);
      const refused = beside.send(fd, libc!.memory(8).address, 8, 0);
      expect(await none).toBe(0);
      await expect(refused).rejects.toMatchObject({ call: 'send', code: 'EDESTADDRREQ' });
    } finally {
      libc!.close(fd);
    }
  },
);

/** socket(7), asm-generic/socket.h. */
const SO_RCVTIMEO = 20;

test.skipIf(libc === undefined)('calls that take long leave a thread to whoever reads a file', async () => {
  const fd = succeed(libc!, 'socket', libc!.socket(c.AF_INET, c.SOCK_DGRAM, 0));
  try {
    const second = libc!.memory(16);
    new BigInt64Array(second.buffer)[0] = 1n;
    succeed(libc!, 'setsockopt', libc!.setsockopt(fd, c.SOL_SOCKET, SO_RCVTIMEO, second.address, 16));
    const headers = Array.from({ length: CALLS_BESIDE_MAX + 1 }, () => libc!.memory(mmsghdr.octets));
    let ended = 0;
    const calls = headers.map(async ({ address }) => {
      await expect(libc!.beside.recvmmsg(fd, address, 1, 0, 0)).rejects.toMatchObject({ code: 'EAGAIN' });
      ended += 1;
    });
    await stat('.');
    expect(ended).toBe(0);
    await Promise.all(calls);
    // The one that waited had its turn.
    expect(ended).toBe(CALLS_BESIDE_MAX + 1);
  } finally {
    libc!.close(fd);
  }
});
