/** Network namespaces and veth links of the running test; they go when it ends. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { available } from '../../src/native/libc.ts';

export function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: 'pipe' });
}

/** Why this machine has none for us, or not the programs that are run in them; undefined when it has. */
export function namespacesUnavailable(...programs: readonly string[]): string | undefined {
  const libc = available();
  if ('reason' in libc) return libc.reason;
  if (process.getuid?.() !== 0) return 'network namespaces are made by root';
  try {
    ip('netns', 'list');
  } catch {
    return 'no network namespaces (ip netns)';
  }
  const lacking = programs.find((program) => spawnSync(program, ['--version']).status !== 0);
  return lacking && `the program ${lacking} is not installed`;
}

let made = 0;

/** A name that no other namespace or device has, short enough for a device. */
export function freshName(): string {
  if (made === 0) removeLeftovers();
  made += 1;
  return `dnr${process.pid}-${made}`;
}

/** A new namespace, its loopback up. Gives its name. */
export function addNamespace(): string {
  const name = freshName();
  ip('netns', 'add', name);
  onTestFinished(() => ip('netns', 'delete', name));
  ip('-n', name, 'link', 'set', 'lo', 'up');
  return name;
}

/** One end of a link; without a namespace, in this one. */
export interface LinkEnd {
  readonly namespace?: string;
  /** With the length of its prefix. */
  readonly address: string;
}

/** Two devices that are each other's link, up and with their addresses. Gives the device of the first end. */
export function addLink(one: LinkEnd, other: LinkEnd): string {
  const [device, peer] = [freshName(), freshName()];
  ip('link', 'add', device, 'type', 'veth', 'peer', 'name', peer);
  onTestFinished(() => {
    if (one.namespace === undefined) ip('link', 'delete', device);
  });
  for (const [name, { namespace, address }] of [
    [device, one],
    [peer, other],
  ] as const) {
    if (namespace !== undefined) ip('link', 'set', name, 'netns', namespace);
    const at = namespace === undefined ? [] : ['-n', namespace];
    ip(...at, 'address', 'add', address, 'dev', name, 'nodad');
    ip(...at, 'link', 'set', name, 'up');
  }
  return device;
}

/** What test processes have left behind that were killed: namespaces and who still runs in them, and links outside of them. */
function removeLeftovers(): void {
  const left = (...words: readonly string[]): readonly string[] => {
    const names = execFileSync('ip', words, { encoding: 'utf8' }).match(/\bdnr\d+-\d+\b/g) ?? [];
    return names.filter((name) => !existsSync(`/proc/${/\d+/.exec(name)![0]}`));
  };
  // Another run may be at it as well: whatever has gone meanwhile has gone.
  for (const name of left('netns', 'list')) {
    const running = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout;
    for (const pid of running.match(/\d+/g) ?? []) spawnSync('kill', ['-KILL', pid]);
    spawnSync('ip', ['netns', 'delete', name]);
  }
  for (const name of left('-o', 'link', 'show')) spawnSync('ip', ['link', 'delete', name]);
}
