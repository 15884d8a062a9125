/** A socket of netfilter's netlink, in the network namespace that it was made in. */
import { getSystemErrorName } from 'node:util';
import { c, sockaddrNl } from '../../native/layouts.ts';
import { succeed, SystemCallError, type Libc, type Memory } from '../../native/libc.ts';
import { within, type Vrf } from '../../native/routing-instance.ts';
import { netlink, RequestWriter } from './netlink.ts';

/** More than the kernel puts into one message of a dump (NLMSG_GOODSIZE, and 32 KiB at the most). */
export const RECEIVE_OCTETS = 65_536;
const REQUEST_OCTETS = 16_384;

/** Throws SystemCallError. Non-blocking: the kernel answers before a request's `send` returns. */
export function openNetlink(libc: Libc, vrf: Vrf): number {
  const type = c.SOCK_RAW | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;
  const fd = within(libc, vrf, () =>
    succeed(libc, 'socket', libc.socket(c.AF_NETLINK, type, netlink.PROTOCOL_NETFILTER)),
  );
  // Errors without the request that they are about, where the kernel can.
  new Int32Array(libc.scratch.buffer)[0] = 1;
  libc.setsockopt(fd, netlink.SOL_NETLINK, netlink.CAP_ACK, libc.scratch.address, 4);
  return fd;
}

/** NFNLGRP_CONNTRACK_NEW and _DESTROY. */
export const eventGroup = { begun: 1, ended: 3 } as const;

/** What the kernel keeps of events until they are read. */
const EVENT_QUEUE_OCTETS = 32 * 2 ** 20;

/** Events of the groups are told to the socket from now on. Throws SystemCallError. */
export function hearOf(
  libc: Libc,
  fd: number,
  groups: readonly number[],
  queueOctets = EVENT_QUEUE_OCTETS,
): void {
  const option = (level: number, name: number, value: number): number => {
    new Int32Array(libc.scratch.buffer)[0] = value;
    return libc.setsockopt(fd, level, name, libc.scratch.address, 4);
  };
  // Without the capability, the bound of the system holds.
  option(c.SOL_SOCKET, c.SO_RCVBUFFORCE, queueOctets);
  const address = new Uint8Array(libc.scratch.buffer).fill(0);
  address[0] = c.AF_NETLINK;
  succeed(libc, 'bind', libc.bind(fd, libc.scratch.address, sockaddrNl.octets));
  for (const group of groups)
    succeed(libc, 'setsockopt', option(netlink.SOL_NETLINK, netlink.ADD_MEMBERSHIP, group));
}

/** What one thread asks and hears, whatever socket it does so on. */
export class NetlinkExchange {
  readonly requests: RequestWriter;
  /** Of what was received last. */
  readonly view: DataView;
  readonly octets: Uint8Array;
  readonly #libc: Libc;
  readonly #request: Memory;
  readonly #received: Memory;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#request = libc.memory(REQUEST_OCTETS);
    this.#received = libc.memory(RECEIVE_OCTETS);
    this.requests = new RequestWriter(this.#request.buffer);
    this.view = new DataView(this.#received.buffer);
    this.octets = new Uint8Array(this.#received.buffer);
  }

  /** Sends what `requests` has, and clears it. Throws SystemCallError. */
  send(fd: number): void {
    const { length } = this.requests;
    this.requests.clear();
    succeed(this.#libc, 'send', this.#libc.send(fd, this.#request.address, length, 0));
  }

  /** Gives how many octets came; 0: nothing is there. Throws SystemCallError. */
  receive(fd: number): number {
    const received = this.#libc.recv(fd, this.#received.address, RECEIVE_OCTETS, c.MSG_TRUNC);
    if (received < 0 && this.#libc.errorName() === 'EAGAIN') return 0;
    return Math.min(succeed(this.#libc, 'recv', received), RECEIVE_OCTETS);
  }
}

/** Throws SystemCallError for an errno but 0. */
export function refuse(call: 'send' | 'recv', errno: number): void {
  if (errno !== 0) throw new SystemCallError(call, getSystemErrorName(-errno));
}
