/** The C library's system calls, loaded when first asked for; where they cannot be had, the reason. */
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { unknownHost } from './layouts.ts';

/** `DNROUTER_DATAPATH=dgram` keeps everything on node:dgram and node:net. */
const PATH_VARIABLE = 'DNROUTER_DATAPATH';
const DGRAM_PATH = 'dgram';

/**
 * Every call we make, as C declares it but for pointers, which are numbers: a wrong one is a crash, so they come
 * from `Memory` alone.
 */
const prototypes = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, uintptr_t address, uint32_t length)',
  setsockopt: 'int setsockopt(int fd, int level, int name, uintptr_t value, uint32_t length)',
  getsockopt: 'int getsockopt(int fd, int level, int name, uintptr_t value, uintptr_t length)',
  getsockname: 'int getsockname(int fd, uintptr_t address, uintptr_t length)',
  close: 'int close(int fd)',
  send: 'intptr_t send(int fd, uintptr_t octets, size_t count, int flags)',
  recv: 'intptr_t recv(int fd, uintptr_t octets, size_t count, int flags)',
  recvmmsg: 'int recvmmsg(int fd, uintptr_t messages, uint32_t count, int flags, uintptr_t timeout)',
  sendmmsg: 'int sendmmsg(int fd, uintptr_t messages, uint32_t count, int flags)',
  epoll_create1: 'int epoll_create1(int flags)',
  epoll_ctl: 'int epoll_ctl(int epoll, int operation, int fd, uintptr_t event)',
  epoll_wait: 'int epoll_wait(int epoll, uintptr_t events, int count, int timeoutMillis)',
  eventfd: 'int eventfd(uint32_t value, int flags)',
  read: 'intptr_t read(int fd, uintptr_t octets, size_t count)',
  clock_gettime: 'int clock_gettime(int clock, uintptr_t timespec)',
  clock_nanosleep: 'int clock_nanosleep(int clock, int flags, uintptr_t until, uintptr_t left)',
  adjtimex: 'int adjtimex(uintptr_t timex)',
  sched_setscheduler: 'int sched_setscheduler(int thread, int policy, uintptr_t parameters)',
  prctl: 'int prctl(int option, unsigned long value)',
  open: 'int open(const char *path, int flags)',
  setns: 'int setns(int fd, int type)',
  if_nametoindex: 'uint32_t if_nametoindex(const char *name)',
} as const;

type CallName = keyof typeof prototypes;

/** Each gives what C's gives: on failure −1 (if_nametoindex: 0), and `errorName()` says why. */
export type Calls = {
  readonly [Name in Exclude<CallName, 'open' | 'if_nametoindex'>]: (...operands: number[]) => number;
} & {
  open(path: string, flags: number): number;
  if_nametoindex(name: string): number;
};

/** Calls that may take long. */
const besides = ['send', 'recvmmsg'] as const;

/** Of those under way at once; others wait. One thread of the pool is left to files and names. */
export const CALLS_BESIDE_MAX = 3;

/**
 * The same in a thread of Node's pool, of which the process has four; what they are given is to be held until they are
 * back. Each gives what C's gives, and rejects with SystemCallError where that is a failure.
 */
export type CallsBeside = Readonly<Record<(typeof besides)[number], CallBeside>>;

type CallBeside = (...operands: number[]) => Promise<number>;

export interface Libc extends Calls {
  readonly beside: CallsBeside;
  /** Of the last call of this thread: 'EADDRINUSE' and the like. To be asked before anything else is done. */
  errorName(): string;
  /** Fresh memory, zeroed. */
  memory(octets: number): Memory;
  /** SCRATCH_OCTETS for the operand of one call. */
  readonly scratch: Memory;
}

/** As much as the longest operand that is made anew for each call: a socket address. */
const SCRATCH_OCTETS = 32;

/** Memory that C can be given: it stays where it is for as long as this object is held. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  /** Of its first octet. */
  readonly address: number;
}

interface KoffiFunction {
  (...operands: unknown[]): number;
  /** The last operand is called with what came of it. */
  async(...operands: unknown[]): void;
}

/** The parts of koffi that are used here. */
interface Koffi {
  load(path: null): { func(prototype: string): KoffiFunction };
  address(buffer: ArrayBuffer): bigint;
  errno(): number;
}

/** A system call has failed. `code`: as `errorName` gives it. */
export class SystemCallError extends Error {
  readonly call: string;
  readonly code: string;

  constructor(call: string, code: string) {
    super(`${call}: ${code}`);
    this.name = 'SystemCallError';
    this.call = call;
    this.code = code;
  }
}

/** `result`, the first thing after `call` gave it. Throws SystemCallError when it says that the call failed. */
export function succeed(libc: Libc, call: keyof Calls, result: number): number {
  if (result < 0) throw new SystemCallError(call, libc.errorName());
  return result;
}

export type LibcAvailability = { readonly libc: Libc } | { readonly reason: string };

let known: LibcAvailability | undefined;

/** The C library, or why there is none on this host; the answer never changes. */
export function available(): LibcAvailability {
  known ??= find();
  return known;
}

function find(): LibcAvailability {
  if (process.env[PATH_VARIABLE] === DGRAM_PATH) return { reason: `${PATH_VARIABLE}=${DGRAM_PATH}` };
  const reason = unknownHost({ platform: process.platform, arch: process.arch, endianness: endianness() });
  if (reason !== undefined) return { reason };
  try {
    return { libc: load(createRequire(import.meta.url)('koffi') as Koffi) };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

function load(koffi: Koffi): Libc {
  // The C library this process runs on, whichever that is (glibc or musl).
  const library = koffi.load(null);
  const functions = Object.fromEntries(
    Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)]),
  ) as Record<CallName, KoffiFunction>;
  const errorName = (): string => getSystemErrorName(-koffi.errno());
  const inTurn = atOnce(CALLS_BESIDE_MAX);
  const beside = Object.fromEntries(
    besides.map((name) => [name, inTurn(besideOf(name, functions[name], errorName))]),
  );
  const memory = (octets: number): Memory => {
    const buffer = new ArrayBuffer(octets);
    return { buffer, address: Number(koffi.address(buffer)) };
  };
  return {
    ...(functions as unknown as Calls),
    beside: beside as CallsBeside,
    errorName,
    memory,
    scratch: memory(SCRATCH_OCTETS),
  };
}

function besideOf(name: CallName, call: KoffiFunction, errorName: () => string): CallBeside {
  return (...operands) =>
    new Promise((resolve, reject) =>
      call.async(...operands, (error: Error | null, result: number) => {
        if (error !== null) reject(error);
        // What the callback is asked is told of that call.
        else if (result < 0) reject(new SystemCallError(name, errorName()));
        else resolve(result);
      }),
    );
}

/** Gives what lets so many of all calls that it was given begin, and others when one of those has ended. */
function atOnce(maximum: number): (call: CallBeside) => CallBeside {
  const waiting: (() => void)[] = [];
  let running = 0;
  return (call) =>
    async (...operands) => {
      if (running < maximum) running += 1;
      // Whoever ends hands its place over.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await call(...operands);
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    };
}
