/** Sockets in routing instances: in a network namespace, or bound to a VRF device. */
import { statSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { c } from './layouts.ts';
import { SystemCallError, succeed } from './libc.ts';
import type { Libc } from './libc.ts';

/** The routing instance a socket is bound in: Linux' own, a network namespace, or a VRF device. */
export type Vrf =
  | { readonly kind: 'default' }
  /** `name`: as `ip netns` has it. */
  | { readonly kind: 'namespace'; readonly name: string }
  /** `name`: of the interface. */
  | { readonly kind: 'device'; readonly name: string };

/** Where `ip netns` has them. */
const NAMESPACES = '/run/netns';
const OWN_NAMESPACE = '/proc/thread-self/ns/net';

const STANDARD_ERROR = 2;

/**
 * A close-on-exec, non-blocking socket in the instance: `family` AF_INET or AF_INET6, `type` SOCK_DGRAM or
 * SOCK_STREAM. It stays in its instance wherever it is used. Throws SystemCallError: ENOENT when there is no such
 * namespace, ENODEV when there is no such device.
 */
export function socketIn(libc: Libc, vrf: Vrf, family: number, type: number): number {
  return within(libc, vrf, () => {
    const fd = succeed(libc, 'socket', libc.socket(family, type | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC, 0));
    if (vrf.kind === 'device') bindToDevice(libc, fd, vrf.name);
    return fd;
  });
}

/** Tells those apart that have a name one after the other; undefined: there is none. */
export function incarnationOf(libc: Libc, vrf: Vrf): string | undefined {
  switch (vrf.kind) {
    case 'default':
      return vrf.kind;
    case 'namespace': {
      const file = statSync(`${NAMESPACES}/${vrf.name}`, { throwIfNoEntry: false });
      return file && `${file.dev}:${file.ino}`;
    }
    case 'device': {
      const index = libc.if_nametoindex(vrf.name);
      return index === 0 ? undefined : String(index);
    }
  }
}

/**
 * Does `work`, which must not await, in the instance's namespace: only the calling thread is there meanwhile. Throws
 * SystemCallError when it cannot get there. When it cannot get back the thread ends, and on the main thread the process:
 * whatever it opened next would be in the wrong network.
 */
export function within<Result>(libc: Libc, vrf: Vrf, work: () => Result): Result {
  if (vrf.kind !== 'namespace') return work();
  const home = openFile(libc, OWN_NAMESPACE);
  try {
    enter(libc, `${NAMESPACES}/${vrf.name}`);
    try {
      return work();
    } finally {
      comeBack(libc, home, vrf.name);
    }
  } finally {
    libc.close(home);
  }
}

function enter(libc: Libc, path: string): void {
  const namespace = openFile(libc, path);
  try {
    succeed(libc, 'setns', libc.setns(namespace, c.CLONE_NEWNET));
  } finally {
    libc.close(namespace);
  }
}

function comeBack(libc: Libc, home: number, from: string): void {
  if (libc.setns(home, c.CLONE_NEWNET) === 0) return;
  const lost = `dnrouter: no way back from network namespace ${from}: ${libc.errorName()}`;
  // Nothing in a worker catches this, so that it ends, and its sessions are told.
  if (!isMainThread) throw new Error(lost);
  writeSync(STANDARD_ERROR, `${lost}\n`);
  process.abort();
}

function openFile(libc: Libc, path: string): number {
  return succeed(libc, 'open', libc.open(path, c.O_RDONLY | c.O_CLOEXEC));
}

/** Closes the socket when that fails. */
function bindToDevice(libc: Libc, fd: number, device: string): void {
  const name = libc.memory(device.length + 1);
  new TextEncoder().encodeInto(device, new Uint8Array(name.buffer));
  if (libc.setsockopt(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, name.address, device.length) === 0) return;
  const code = libc.errorName();
  libc.close(fd);
  throw new SystemCallError('setsockopt', code);
}
