/** The files that logins read and write: the console's owner anywhere, everybody else in a directory of their own. */
import { randomBytes } from 'node:crypto';
import { constants, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { FileError, fileGuarded } from './file-error.ts';

/** Of whom the files are. */
export interface FileOwner {
  readonly user: string;
  /** Kept to a directory of their own; else whatever the user of this process may touch. */
  readonly confined: boolean;
  /** Where names begin that are not absolute, for those who are not confined. */
  readonly directory?: string;
}

/** Bounds of what a login may keep and read. */
export interface FileLimits {
  /** Of all files of a confined login together. */
  readonly octetsMax: number;
  /** How many files a confined login may have. */
  readonly filesMax: number;
  /** Of a file that is read. */
  readonly readOctetsMax: number;
}

const MEBIBYTE = 2 ** 20;

export const FILE_LIMITS: FileLimits = {
  octetsMax: 256 * MEBIBYTE,
  filesMax: 1000,
  readOctetsMax: 16 * MEBIBYTE,
};

/** A file that is being written. What was there before is there until `finish`, and after `abandon`. */
export interface FileWriter {
  /** Settles when it was written. Throws FileError, having abandoned the file. */
  write(text: string): Promise<void>;
  /** Makes it last; how many octets were written. Throws FileError. */
  finish(): Promise<number>;
  /** Does nothing after `finish`. */
  abandon(): Promise<void>;
}

/** The files of one login. Whatever is wrong with a name or its file leaves as FileError. */
export interface LoginFiles {
  /** A whole text, of UTF-8. */
  read(name: string): Promise<string>;
  /** The octets of a file of any length, as they are read. */
  chunks(name: string): AsyncIterable<Uint8Array>;
  /** A new file, in place of what may be there unless it is to be new. */
  create(name: string, options?: { readonly isNew: boolean }): Promise<FileWriter>;
  /** At the end of what may be there. */
  append(name: string): Promise<FileWriter>;
  /** Names that begin so, for completion: sorted, no more than LISTED_MAX, directories with a slash. */
  list(beginning: string): readonly string[];
}

/** Names given for completion. */
const LISTED_MAX = 1000;

/** Below the state directory. */
const FILES_DIRECTORY = 'files';

/** Files under way; no file of a login can be called so. */
const UNFINISHED = '.saving-';

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Neither waits for the other end of a FIFO. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;
const APPEND_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Where a file is: a path whose directory cannot be exchanged for another meanwhile, until `release`. */
interface Place {
  readonly directory: string;
  readonly name: string;
  /** Added to the flags with which the file is opened. */
  readonly flags: number;
  /** The same for all who mean the same file. */
  readonly key: string;
  release(): Promise<void>;
}

/** What the files of a confined login take up, which is counted when the first of them is about to be written. */
class Account {
  octets = 0;
  readonly #base: string;
  readonly #limits: FileLimits;
  #files = 0;
  #writers = 0;
  #counted: Promise<void> | undefined;

  constructor(base: string, limits: FileLimits) {
    this.#base = base;
    this.#limits = limits;
  }

  enter(): void {
    this.#writers += 1;
  }

  /** After `enter`. Throws FileError `too-many-files`. */
  async admit(isNew: boolean, name: string): Promise<void> {
    await (this.#counted ??= this.#count());
    const { filesMax } = this.#limits;
    if (isNew && this.#files >= filesMax) throw new FileError('too-many-files', name, { maximum: filesMax });
    if (isNew) this.#files += 1;
  }

  leave(): void {
    this.#writers -= 1;
    if (this.#writers === 0) this.#counted = undefined;
  }

  /** Throws FileError `quota`. */
  take(octets: number, name: string): void {
    const { octetsMax } = this.#limits;
    if (this.octets + octets > octetsMax)
      throw new FileError('quota', name, { mebibytes: octetsMax / MEBIBYTE });
    this.octets += octets;
  }

  /** What a crash has left behind is taken away: nobody else is writing yet. */
  async #count(): Promise<void> {
    this.octets = 0;
    this.#files = 0;
    for (const entry of await readdir(this.#base, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if (entry.name.startsWith(UNFINISHED)) await rm(path, { force: true });
      else {
        this.#files += 1;
        this.octets += (await lstat(path).catch(() => undefined))?.size ?? 0;
      }
    }
  }
}

/** All files of logins, below a state directory. */
export class Files {
  readonly #directory: string;
  readonly #limits: FileLimits;
  readonly #accounts = new Map<string, Account>();
  /** Keys of the files that are being written. */
  readonly #busy = new Set<string>();

  constructor(stateDirectory: string, limits = FILE_LIMITS) {
    this.#directory = join(stateDirectory, FILES_DIRECTORY);
    this.#limits = limits;
  }

  of(owner: FileOwner): LoginFiles {
    const base = owner.confined ? join(this.#directory, directoryName(owner.user)) : undefined;
    const from = (): string => owner.directory ?? process.cwd();
    const place = (name: string, make: boolean): Promise<Place> =>
      base === undefined ? placeAnywhere(name, from()) : this.#placeBelow(base, name, make);
    const account = base === undefined ? undefined : this.#account(base);
    return {
      read: (name) => fileGuarded(name, () => this.#read(name, place)),
      chunks: (name) => this.#chunks(name, place),
      create: (name, { isNew } = { isNew: false }) =>
        fileGuarded(name, () => this.#open(name, account, place, isNew ? 'new' : 'instead')),
      append: (name) => fileGuarded(name, () => this.#open(name, account, place, 'append')),
      list: (beginning) => listed(beginning, base, from),
    };
  }

  async #read(name: string, placeOf: PlaceOf): Promise<string> {
    const handle = await opened(name, placeOf);
    try {
      return decoded(await readAtMost(handle, this.#limits.readOctetsMax, name), name);
    } finally {
      await handle.close();
    }
  }

  async *#chunks(name: string, placeOf: PlaceOf): AsyncGenerator<Uint8Array> {
    const handle = await fileGuarded(name, () => opened(name, placeOf));
    try {
      for (;;) {
        const { bytesRead, buffer } = await fileGuarded(name, () => readSome(handle));
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async #open(
    name: string,
    account: Account | undefined,
    placeOf: PlaceOf,
    how: 'new' | 'instead' | 'append',
  ): Promise<FileWriter> {
    const place = await placeOf(name, true).catch((error: unknown) => {
      throw isCode(error, 'ENOENT') ? new FileError('no-such-directory', name) : error;
    });
    if (this.#busy.has(place.key)) {
      await place.release();
      throw new FileError('busy', name);
    }
    this.#busy.add(place.key);
    account?.enter();
    const over = async (): Promise<void> => {
      this.#busy.delete(place.key);
      account?.leave();
      await place.release();
    };
    try {
      const before = await standing(place, name);
      if (how === 'new' && before !== undefined) throw new FileError('exists', name);
      await account?.admit(before === undefined, name);
      const parts = { place, name, account, over };
      return await (how === 'append' && before ? appended(parts, before) : created(parts, before));
    } catch (error) {
      await over();
      throw error;
    }
  }

  #account(base: string): Account {
    const account = this.#accounts.get(base) ?? new Account(base, this.#limits);
    this.#accounts.set(base, account);
    return account;
  }

  /** Each directory on the way is opened from the one before, and none may be a link. */
  async #placeBelow(base: string, name: string, make: boolean): Promise<Place> {
    const path = checked(name);
    if (isAbsolute(path) || path === '..' || path.startsWith('../')) throw new FileError('outside', name);
    const parts = path.split('/');
    if (make) {
      await makeDirectory(dirname(base));
      await makeDirectory(base);
    }
    let directory = await open(base, DIRECTORY_FLAGS);
    for (const part of parts.slice(0, -1)) {
      const above = directory;
      try {
        directory = await open(join(descriptorPath(above), part), DIRECTORY_FLAGS);
      } finally {
        await above.close();
      }
    }
    return {
      directory: descriptorPath(directory),
      name: parts.at(-1)!,
      flags: constants.O_NOFOLLOW,
      key: join(base, path),
      release: () => directory.close(),
    };
  }
}

type PlaceOf = (name: string, make: boolean) => Promise<Place>;

/** What a descriptor of a directory refers to, whatever has become of its name (proc(5)). */
const descriptorPath = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

/** Of a user whose name may be any. */
function directoryName(user: string): string {
  return encodeURIComponent(user).replace(/^\./, '%2E');
}

/** The name without detours. */
function checked(name: string): string {
  const path = normalize(name);
  if (name === '' || name.includes('\0') || basename(path).startsWith(UNFINISHED))
    throw new FileError('bad-name', name);
  if (path === '.' || path.endsWith('/')) throw new FileError('is-directory', name);
  return path;
}

/** Links are followed, as everywhere else on the owner's machine. */
async function placeAnywhere(name: string, from: string): Promise<Place> {
  const wanted = resolve(from, atHome(checked(name)));
  const real = await realpath(wanted).catch(async () =>
    join(await realpath(dirname(wanted)), basename(wanted)),
  );
  return {
    directory: dirname(real),
    name: basename(real),
    flags: 0,
    key: real,
    release: () => Promise.resolve(),
  };
}

const atHome = (path: string): string => path.replace(/^~(?=\/|$)/, () => homedir());

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
}

/** The file that is there. Throws FileError where something else is. */
async function standing({ directory, name }: Place, asked: string): Promise<Stats | undefined> {
  const found = await lstat(join(directory, name)).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found?.isSymbolicLink()) throw new FileError('is-link', asked);
  if (found) mustBeFile(found, asked);
  return found;
}

function mustBeFile(found: Stats, name: string): void {
  if (found.isDirectory()) throw new FileError('is-directory', name);
  if (!found.isFile()) throw new FileError('not-regular', name);
}

async function opened(name: string, placeOf: PlaceOf): Promise<FileHandle> {
  const place = await placeOf(name, false);
  try {
    const handle = await open(join(place.directory, place.name), READ_FLAGS | place.flags);
    try {
      mustBeFile(await handle.stat(), name);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } finally {
    await place.release();
  }
}

const CHUNK_OCTETS = 262_144;

function readSome(handle: FileHandle): Promise<{ readonly bytesRead: number; readonly buffer: Buffer }> {
  return handle.read(Buffer.allocUnsafe(CHUNK_OCTETS));
}

/** Its size alone does not tell: files of the kernel have none. */
async function readAtMost(handle: FileHandle, octetsMax: number, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let octets = 0;
  for (;;) {
    const { bytesRead, buffer } = await readSome(handle);
    if (bytesRead === 0) return Buffer.concat(pieces);
    octets += bytesRead;
    if (octets > octetsMax) throw new FileError('too-long', name, { mebibytes: octetsMax / MEBIBYTE });
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function decoded(octets: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new FileError('not-text', name);
  }
}

/** What a writer is made of. */
interface WriterParts {
  readonly place: Place;
  /** As it was typed. */
  readonly name: string;
  readonly account: Account | undefined;
  readonly over: () => Promise<void>;
}

/** A file beside the one that is meant, which takes its place when it is whole. */
async function created(parts: WriterParts, before: Stats | undefined): Promise<FileWriter> {
  const { place, account } = parts;
  const unfinished = join(place.directory, `${UNFINISHED}${randomBytes(8).toString('hex')}`);
  const handle = await open(unfinished, CREATE_FLAGS, 0o600);
  if (before) await keepRights(handle, before);
  const freed = before?.size ?? 0;
  if (account) account.octets -= freed;
  return new Writer(parts, handle, {
    keep: () => rename(unfinished, join(place.directory, place.name)),
    drop: async () => {
      if (account) account.octets += freed;
      await rm(unfinished, { force: true });
    },
  });
}

/** As far as the process may: a file that is written anew stays whose it was. */
async function keepRights(handle: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const now = await handle.stat();
  if (now.uid !== uid || now.gid !== gid) await handle.chown(uid, gid).catch(() => undefined);
  await handle.chmod(mode & 0o777);
}

async function appended(parts: WriterParts, { size }: Stats): Promise<FileWriter> {
  const { place, name } = parts;
  const handle = await open(join(place.directory, place.name), APPEND_FLAGS);
  try {
    mustBeFile(await handle.stat(), name);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return new Writer(parts, handle, { keep: () => Promise.resolve(), drop: () => handle.truncate(size) });
}

interface WriterSteps {
  keep(): Promise<void>;
  drop(): Promise<void>;
}

class Writer implements FileWriter {
  readonly #handle: FileHandle;
  readonly #parts: WriterParts;
  readonly #steps: WriterSteps;
  #octets = 0;
  #isOver = false;

  constructor(parts: WriterParts, handle: FileHandle, steps: WriterSteps) {
    this.#handle = handle;
    this.#parts = parts;
    this.#steps = steps;
  }

  write(text: string): Promise<void> {
    return this.#orAbandon(async () => {
      const octets = Buffer.from(text, 'utf8');
      const { account, name } = this.#parts;
      account?.take(octets.length, name);
      this.#octets += octets.length;
      await this.#handle.appendFile(octets);
    });
  }

  async finish(): Promise<number> {
    await this.#orAbandon(async () => {
      await this.#handle.sync();
      await this.#steps.keep();
    });
    await this.#end();
    return this.#octets;
  }

  async abandon(): Promise<void> {
    if (this.#isOver) return;
    const { account } = this.#parts;
    if (account) account.octets -= this.#octets;
    await this.#steps.drop().catch(() => undefined);
    await this.#end();
  }

  async #orAbandon(action: () => Promise<void>): Promise<void> {
    try {
      await fileGuarded(this.#parts.name, action);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    await this.#handle.close();
    await this.#parts.over();
  }
}

/** Nothing where a directory cannot be read. */
function listed(beginning: string, base: string | undefined, from: () => string): readonly string[] {
  const slash = beginning.lastIndexOf('/') + 1;
  const above = beginning.slice(0, slash);
  try {
    const directory = base === undefined ? resolve(from(), atHome(above)) : ownDirectory(base, above);
    if (directory === undefined) return [];
    return readdirSync(directory, { withFileTypes: true })
      .filter(({ name }) => name.startsWith(beginning.slice(slash)) && !name.startsWith(UNFINISHED))
      .filter((entry) => base === undefined || entry.isFile() || entry.isDirectory())
      .map((entry) => `${above}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort()
      .slice(0, LISTED_MAX);
  } catch {
    return [];
  }
}

/** Undefined where a link or `..` leads elsewhere. */
function ownDirectory(base: string, above: string): string | undefined {
  if (isAbsolute(above)) return undefined;
  const wanted = join(base, above);
  const isOwn = `${wanted}/`.startsWith(`${base}/`) && !lstatSync(base).isSymbolicLink();
  return isOwn && join(realpathSync(wanted), '/') === join(realpathSync(base), above, '/')
    ? wanted
    : undefined;
}
