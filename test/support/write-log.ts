/**
 * What a program did to files, operation by operation (write-log.c), and what a disk holds when the power goes after any of
 * them: all that was synced, and of the rest what chance has let through, sector by sector.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Undefined where operations can be logged; else why they cannot. */
export const noWriteLog =
  process.platform !== 'linux'
    ? 'it needs Linux'
    : spawnSync('gcc', ['--version']).status === 0
      ? undefined
      : 'it needs gcc';

/** Compiles the library to preload that logs into `directory`; its file. */
export const buildWriteLog = (directory: string): string => buildPreload(directory, 'write-log');

/** Compiles a library to preload into `directory`; its file. */
export function buildPreload(directory: string, name: 'write-log' | 'slow-disk' | 'set-clock'): string {
  const library = join(directory, `${name}.so`);
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('gcc', ['-O1', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  return library;
}

/** In the order of write-log.c, from 1. */
const KINDS = [
  'create',
  'write',
  'truncate',
  'sync',
  'rename',
  'unlink',
  'make-directory',
  'sync-directory',
  'say',
] as const;

export interface Operation {
  readonly kind: (typeof KINDS)[number];
  readonly inode: bigint;
  readonly offset: number;
  readonly data: Buffer;
}

const HEADER_OCTETS = 32;

export function readWriteLog(file: string): readonly Operation[] {
  const log = readFileSync(file);
  const operations: Operation[] = [];
  for (let at = 0; at < log.length;) {
    const [kind, inode, offset, length] = [0, 8, 16, 24].map((field) => log.readBigUInt64LE(at + field)) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    const data = log.subarray(at + HEADER_OCTETS, at + HEADER_OCTETS + Number(length));
    operations.push({ kind: KINDS[Number(kind) - 1]!, inode, offset: Number(offset), data });
    at += HEADER_OCTETS + Number(length);
  }
  return operations;
}

/** A file, or a directory: what of it is safe, and what has been done since. */
interface Inode {
  safe: Buffer;
  readonly unsafe: Operation[];
}

/** A change of a directory that may be lost. */
type Naming =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

/** How much of what was not synced a disk keeps: nothing, everything (as when only the process ends), or what chance says. */
export type Loss = 'everything' | 'nothing' | (() => number);

const SECTOR_OCTETS = 512;

/** A disk on which nothing is safe that was not synced, names in directories neither. */
export class Disk {
  readonly #inodes = new Map<bigint, Inode>();
  readonly #directories = new Map<bigint, string>();
  readonly #safeNames = new Map<string, Inode>();
  /** By directory. */
  readonly #unsafeNames = new Map<string, Naming[]>();

  constructor(root: string, rootInode: bigint) {
    this.#directories.set(rootInode, root);
  }

  apply(operation: Operation): void {
    const { kind, inode, data } = operation;
    switch (kind) {
      case 'create':
      case 'make-directory': {
        const made: Inode = { safe: Buffer.alloc(0), unsafe: [] };
        const path = data.toString();
        this.#inodes.set(inode, made);
        if (kind === 'make-directory') this.#directories.set(inode, path);
        this.#name(path, { kind: 'link', path, inode: made });
        break;
      }
      case 'write':
      case 'truncate':
        this.#inodes.get(inode)?.unsafe.push(operation);
        break;
      case 'sync': {
        const file = this.#inodes.get(inode);
        if (!file) break;
        file.safe = contentOf(file, 'nothing');
        file.unsafe.length = 0;
        break;
      }
      case 'rename': {
        const [from, to] = data.toString().split('\0') as [string, string];
        this.#name(to, { kind: 'rename', from, to });
        break;
      }
      case 'unlink': {
        const path = data.toString();
        this.#name(path, { kind: 'unlink', path });
        break;
      }
      case 'sync-directory': {
        const directory = this.#directories.get(inode);
        if (directory === undefined) break;
        for (const naming of this.#unsafeNames.get(directory) ?? []) rename(this.#safeNames, naming);
        this.#unsafeNames.delete(directory);
        break;
      }
      case 'say':
        break;
    }
  }

  /** Writes what is left into `to`, in place of what was below `from`. */
  writeAfter(loss: Loss, from: string, to: string): void {
    const names = new Map(this.#safeNames);
    for (const namings of this.#unsafeNames.values()) {
      // A file system keeps changes of a directory in their order.
      const kept = typeof loss === 'function' ? Math.floor(loss() * (namings.length + 1)) : namings.length;
      if (loss !== 'everything') for (const naming of namings.slice(0, kept)) rename(names, naming);
    }
    const directories = [...this.#directories.values()];
    for (const [path, inode] of names) {
      if (!isReachable(dirname(path), from, names)) continue;
      const place = join(to, path.slice(from.length));
      if (directories.includes(path)) mkdirSync(place, { recursive: true });
      else {
        mkdirSync(dirname(place), { recursive: true });
        writeFileSync(place, contentOf(inode, loss));
      }
    }
  }

  #name(path: string, naming: Naming): void {
    const directory = dirname(path);
    const unsafe = this.#unsafeNames.get(directory) ?? [];
    unsafe.push(naming);
    this.#unsafeNames.set(directory, unsafe);
  }
}

function isReachable(directory: string, root: string, names: ReadonlyMap<string, Inode>): boolean {
  return directory === root || (names.has(directory) && isReachable(dirname(directory), root, names));
}

function rename(names: Map<string, Inode>, naming: Naming): void {
  if (naming.kind === 'link') names.set(naming.path, naming.inode);
  else if (naming.kind === 'unlink') names.delete(naming.path);
  else {
    const inode = names.get(naming.from);
    names.delete(naming.from);
    if (inode) names.set(naming.to, inode);
  }
}

/** Of a file, what is left of it. */
function contentOf({ safe, unsafe }: Inode, loss: Loss): Buffer {
  if (loss === 'everything' || unsafe.length === 0) return safe;
  const ends = unsafe.map(({ offset, data }) => offset + data.length);
  const content = Buffer.alloc(Math.max(safe.length, ...ends));
  safe.copy(content);
  let { length } = safe;
  for (const { kind, offset, data } of unsafe) {
    if (kind === 'truncate') {
      if (!keeps(loss)) continue;
      if (offset < length) content.fill(0, offset, length);
      length = offset;
      continue;
    }
    for (let at = 0; at < data.length;) {
      const sectorEnd = SECTOR_OCTETS - ((offset + at) % SECTOR_OCTETS);
      const piece = data.subarray(at, at + sectorEnd);
      if (keeps(loss)) {
        piece.copy(content, offset + at);
        length = Math.max(length, offset + at + piece.length);
      }
      at += piece.length;
    }
  }
  return content.subarray(0, length);
}

function keeps(loss: Loss): boolean {
  return loss === 'nothing' || (typeof loss === 'function' && loss() < 0.5);
}
