/** Layouts of C structures, against what the C compiler of this machine says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { expect, test } from 'vitest';
import * as layouts from '../../src/native/layouts.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const { c } = layouts;
const host = { platform: 'linux', arch: 'x64', endianness: 'LE' } as const;
const compiler = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0;

/** A structure's layout, and the C member behind each of its names. */
const structures: readonly (readonly [type: string, layout: object, members: Record<string, string>])[] = [
  ['struct iovec', layouts.iovec, { base: 'iov_base', length: 'iov_len' }],
  [
    'struct mmsghdr',
    layouts.mmsghdr,
    {
      name: 'msg_hdr.msg_name',
      nameLength: 'msg_hdr.msg_namelen',
      iov: 'msg_hdr.msg_iov',
      iovCount: 'msg_hdr.msg_iovlen',
      control: 'msg_hdr.msg_control',
      controlLength: 'msg_hdr.msg_controllen',
      flags: 'msg_hdr.msg_flags',
      length: 'msg_len',
    },
  ],
  ['struct cmsghdr', layouts.cmsghdr, { length: 'cmsg_len', level: 'cmsg_level', type: 'cmsg_type' }],
  ['struct sockaddr_in', layouts.sockaddrIn, { family: 'sin_family', port: 'sin_port', address: 'sin_addr' }],
  [
    'struct sockaddr_in6',
    layouts.sockaddrIn6,
    {
      family: 'sin6_family',
      port: 'sin6_port',
      flow: 'sin6_flowinfo',
      address: 'sin6_addr',
      scope: 'sin6_scope_id',
    },
  ],
  ['struct ucred', layouts.ucred, { pid: 'pid', uid: 'uid', gid: 'gid' }],
  ['struct timespec', layouts.timespec, { seconds: 'tv_sec', nanos: 'tv_nsec' }],
  [
    'struct timex',
    layouts.timex,
    { modes: 'modes', maximumError: 'maxerror', estimatedError: 'esterror', status: 'status' },
  ],
  ['struct epoll_event', layouts.epollEvent(arch), { events: 'events', data: 'data' }],
];

const headers = [
  'stddef.h',
  'stdio.h',
  'fcntl.h',
  'sched.h',
  'time.h',
  'netinet/in.h',
  'netinet/tcp.h',
  'netinet/udp.h',
  'sys/epoll.h',
  'sys/eventfd.h',
  'sys/prctl.h',
  'sys/socket.h',
  'sys/timex.h',
  'sys/uio.h',
];

test.skipIf(!compiler)('every offset, size and constant is what the C compiler says', () => {
  const claims: [name: string, value: number][] = Object.entries(c);
  for (const [type, layout, members] of structures) {
    for (const [name, value] of Object.entries(layout) as [string, number][]) {
      const member = members[name];
      if (name === 'octets') claims.push([`sizeof(${type})`, value]);
      else if (member !== undefined) claims.push([`offsetof(${type}, ${member})`, value]);
    }
  }
  claims.push(['sizeof(struct cmsghdr)', layouts.cmsghdr.data]);
  claims.push(['CMSG_ALIGN(1)', layouts.cmsghdr.alignment]);
  const source = [
    '#define _GNU_SOURCE',
    ...headers.map((header) => `#include <${header}>`),
    'int main(void) {',
    ...claims.map(([name]) => `  printf("%lld\\n", (long long)(${name}));`),
    '}',
  ];
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'layouts.c'), source.join('\n'));
  execFileSync('gcc', ['-o', 'layouts', 'layouts.c'], { cwd: directory });
  const said = execFileSync(join(directory, 'layouts'), { encoding: 'utf8' }).trim().split('\n').map(Number);
  expect(claims.map(([name], index) => [name, said[index]])).toEqual(claims);
});

test('epoll_event is packed on x64 alone', () => {
  expect(layouts.epollEvent('x64')).toEqual({ events: 0, data: 4, octets: 12 });
  expect(layouts.epollEvent('arm64')).toEqual({ events: 0, data: 8, octets: 16 });
});

test('a host whose layouts are not known is refused with a reason', () => {
  expect(layouts.unknownHost(host)).toBeUndefined();
  expect(layouts.unknownHost({ ...host, arch: 'arm64' })).toBeUndefined();
  expect(layouts.unknownHost({ ...host, platform: 'darwin' })).toContain('darwin');
  for (const arch of ['ia32', 'arm', 's390x', 'riscv64']) {
    expect(layouts.unknownHost({ ...host, arch })).toContain(arch);
  }
  expect(layouts.unknownHost({ ...host, endianness: 'BE' })).toContain('big-endian');
});
