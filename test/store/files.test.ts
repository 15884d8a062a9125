/** Tests of the files of logins: where they may be, what they may be, and how much of them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FileError } from '../../src/store/file-error.ts';
import { FILE_LIMITS, Files, type FileLimits, type LoginFiles } from '../../src/store/files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SMALL = { octetsMax: 1000, filesMax: 3, readOctetsMax: 100 };

/** Ada, who is kept to her directory, in a state directory of its own. */
function ada(limits?: FileLimits): { own: LoginFiles; state: string; home: string } {
  const state = temporaryDirectory();
  const own = new Files(state, limits).of({ user: 'ada', confined: true });
  return { own, state, home: join(state, 'files', 'ada') };
}

function owner(limits?: FileLimits): { own: LoginFiles; directory: string } {
  const directory = temporaryDirectory();
  return { own: new Files(directory, limits).of({ user: 'root', confined: false, directory }), directory };
}

async function write(own: LoginFiles, name: string, ...texts: string[]): Promise<number> {
  const writer = await own.create(name);
  for (const text of texts) await writer.write(text);
  return writer.finish();
}

async function append(own: LoginFiles, name: string, ...texts: string[]): Promise<number> {
  const writer = await own.append(name);
  for (const text of texts) await writer.write(text);
  return writer.finish();
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FileError) return error.code;
  throw error instanceof Error ? error : new Error('nothing was thrown');
}

describe('a confined login', () => {
  test('writes, appends and reads in a directory of its own, which nobody else can read', async () => {
    const { own, home } = ada();
    expect(await write(own, 'a', 'one\n', 'two\n')).toBe(8);
    expect(await append(own, 'a', 'drei ü\n')).toBe(8);
    expect(await append(own, 'b', 'x')).toBe(1);
    expect(await own.read('a')).toBe('one\ntwo\ndrei ü\n');
    expect(readFileSync(join(home, 'a'), 'utf8')).toBe('one\ntwo\ndrei ü\n');
    expect(lstatSync(home).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(home, 'a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(home).sort()).toEqual(['a', 'b']);
  });

  test.each([
    ['/etc/passwd', 'outside'],
    ['../bob/a', 'outside'],
    ['..', 'outside'],
    ['x/../../a', 'outside'],
    ['./../a', 'outside'],
    ['', 'bad-name'],
    ['a\0b', 'bad-name'],
    ['.saving-1', 'bad-name'],
    ['.', 'is-directory'],
    ['a/', 'is-directory'],
    ['missing/a', 'no-such-directory', 'no-such-file'],
    ['file/a', 'no-directory'],
    ['directory', 'is-directory'],
    ['link', 'is-link'],
    ['dangling', 'is-link'],
    ['linked/a', 'no-directory'],
    ['fifo', 'not-regular'],
    ['n'.repeat(256), 'name-too-long'],
  ])('%j is refused: %s', async (name, code, reading = code) => {
    const { own, home, state } = ada();
    await write(own, 'file', 'x');
    mkdirSync(join(home, 'directory'));
    writeFileSync(join(state, 'victim'), 'untouched');
    symlinkSync(join(state, 'victim'), join(home, 'link'));
    symlinkSync(join(state, 'fresh'), join(home, 'dangling'));
    symlinkSync(state, join(home, 'linked'));
    execFileSync('mkfifo', [join(home, 'fifo')]);
    expect(await codeOf(own.read(name))).toBe(reading);
    expect(await codeOf(own.create(name))).toBe(code);
    expect(await codeOf(own.append(name))).toBe(code);
    expect(readFileSync(join(state, 'victim'), 'utf8')).toBe('untouched');
    expect(existsSync(join(state, 'fresh'))).toBe(false);
  });

  test('a directory that is a link leads nowhere', async () => {
    const { own, home, state } = ada();
    mkdirSync(join(state, 'files'));
    symlinkSync(state, home);
    expect(await codeOf(own.create('a'))).toBe('no-directory');
    expect(await codeOf(own.read('secret.key'))).toBe('no-directory');
    expect(own.list('')).toEqual([]);
  });

  test('a link that is put there meanwhile is replaced, not followed', async () => {
    const { own, home, state } = ada();
    const writer = await own.create('a');
    writeFileSync(join(state, 'victim'), 'untouched');
    symlinkSync(join(state, 'victim'), join(home, 'a'));
    await writer.write('new');
    await writer.finish();
    expect(readFileSync(join(state, 'victim'), 'utf8')).toBe('untouched');
    expect(await own.read('a')).toBe('new');
  });

  test('a name of 255 octets is one, and directories within the own one are for use', async () => {
    const { own, home } = ada();
    const long = 'n'.repeat(255);
    expect(await write(own, long, 'x')).toBe(1);
    mkdirSync(join(home, 'sub'));
    await write(own, './sub/../sub/a', 'y');
    expect(await own.read('sub/a')).toBe('y');
  });

  test.each(['.', '..', 'a/../../b', 'ä', 'x\0'])(
    'a user called %j has a directory of their own',
    async (user) => {
      const state = temporaryDirectory();
      await write(new Files(state).of({ user, confined: true }), 'a', 'x');
      expect(readdirSync(state)).toEqual(['files']);
      expect(readdirSync(join(state, 'files'))).toHaveLength(1);
    },
  );

  test('nobody reads what is another one’s', async () => {
    const { own, state } = ada();
    await write(own, 'a', 'x');
    const bob = new Files(state).of({ user: 'bob', confined: true });
    expect(await codeOf(bob.read('a'))).toBe('no-such-file');
    expect(await codeOf(bob.read('../ada/a'))).toBe('outside');
  });
});

describe('what is written', () => {
  test('is not there until it is whole, and what was there is there until then', async () => {
    const { own } = ada();
    await write(own, 'a', 'old');
    const writer = await own.create('a');
    await writer.write('new');
    expect(await own.read('a')).toBe('old');
    await writer.finish();
    expect(await own.read('a')).toBe('new');
    await writer.abandon();
    expect(await own.read('a')).toBe('new');
  });

  test('leaves nothing when it is abandoned', async () => {
    const { own, home } = ada();
    await write(own, 'a', 'old');
    for (const open of [() => own.create('a'), () => own.append('a'), () => own.append('b')]) {
      const writer = await open();
      await writer.write('new');
      await writer.abandon();
    }
    expect(await own.read('a')).toBe('old');
    expect(readdirSync(home)).toEqual(['a']);
  });

  test('is written by one at a time', async () => {
    const { own } = ada();
    const writer = await own.append('a');
    expect(await codeOf(own.create('./a'))).toBe('busy');
    await writer.abandon();
    expect(await write(own, 'a', 'x')).toBe(1);
  });

  test('what a crash has left behind goes, and counts for nothing', async () => {
    const { own, home } = ada(SMALL);
    await write(own, 'a', 'x');
    writeFileSync(join(home, '.saving-0011223344556677'), 'x'.repeat(1000));
    expect(own.list('')).toEqual(['a']);
    expect(await write(own, 'b', 'x'.repeat(999))).toBe(999);
    expect(readdirSync(home).sort()).toEqual(['a', 'b']);
  });
});

describe('limits', () => {
  test('of all octets, at and over it, by one file or several, new or replaced', async () => {
    const { own, home } = ada(SMALL);
    await write(own, 'a', 'x'.repeat(600));
    expect(await write(own, 'b', 'x'.repeat(400))).toBe(400);
    expect(await codeOf(append(own, 'a', 'x'))).toBe('quota');
    expect(await codeOf(write(own, 'c', 'x'))).toBe('quota');
    expect(await write(own, 'a', 'y'.repeat(600))).toBe(600);
    expect(await codeOf(write(own, 'a', 'z'.repeat(300), 'z'.repeat(301)))).toBe('quota');
    expect(await own.read('a').catch(() => 'long')).toBe('long');
    expect(readFileSync(join(home, 'a'), 'utf8')).toBe('y'.repeat(600));
    expect(readdirSync(home).sort()).toEqual(['a', 'b']);
  });

  test('of all octets hold for two at once', async () => {
    const { own } = ada(SMALL);
    const [a, b] = await Promise.all([own.create('a'), own.create('b')]);
    await a.write('x'.repeat(600));
    expect(await codeOf(b.write('x'.repeat(401)))).toBe('quota');
    expect(await a.finish()).toBe(600);
    expect(await write(own, 'b', 'x'.repeat(400))).toBe(400);
  });

  test('of files, at and over it', async () => {
    const { own } = ada(SMALL);
    for (const name of ['a', 'b', 'c']) await write(own, name, 'x');
    expect(await codeOf(own.create('d'))).toBe('too-many-files');
    expect(await codeOf(own.append('d'))).toBe('too-many-files');
    expect(await append(own, 'c', 'x')).toBe(1);
  });

  test('of what is read, at and over it', async () => {
    const { own } = ada(SMALL);
    await write(own, 'a', 'x'.repeat(100));
    await write(own, 'b', 'x'.repeat(101));
    expect(await own.read('a')).toHaveLength(100);
    expect(await codeOf(own.read('b'))).toBe('too-long');
  });

  test('are no less than a configuration needs', () => {
    expect(FILE_LIMITS).toEqual({ octetsMax: 268_435_456, filesMax: 1000, readOctetsMax: 16_777_216 });
  });

  test('what is no text is not read', async () => {
    const { own, home } = ada();
    await write(own, 'a', '');
    writeFileSync(join(home, 'a'), Buffer.of(0xff, 0xfe));
    expect(await codeOf(own.read('a'))).toBe('not-text');
  });
});

describe("the console's owner", () => {
  test('writes where the user of the process may, from where they are, through links', async () => {
    const { own, directory } = owner();
    const elsewhere = temporaryDirectory();
    expect(await write(own, join(elsewhere, 'a'), 'x')).toBe(1);
    await write(own, 'here', 'y');
    symlinkSync(join(directory, 'here'), join(elsewhere, 'link'));
    await write(own, join(elsewhere, 'link'), 'z');
    expect(await own.read('./here')).toBe('z');
    expect(lstatSync(join(elsewhere, 'link')).isSymbolicLink()).toBe(true);
    expect(own.list(`${elsewhere}/`)).toEqual([`${elsewhere}/a`, `${elsewhere}/link`]);
    expect(own.list('he')).toEqual(['here']);
    expect(own.list('~/')).toEqual(readdirSync(homedir()).length === 0 ? [] : expect.any(Array));
  });

  test('has no quota, and keeps the rights of what was there', async () => {
    const { own, directory } = owner(SMALL);
    writeFileSync(join(directory, 'a'), '');
    chmodSync(join(directory, 'a'), 0o640);
    expect(await write(own, 'a', 'x'.repeat(1001))).toBe(1001);
    expect(lstatSync(join(directory, 'a')).mode & 0o777).toBe(0o640);
  });

  test.each([
    ['/dev/null', 'not-regular'],
    ['fifo', 'not-regular'],
    ['directory', 'is-directory'],
    ['/proc/dnrouter', 'no-such-file'],
    ['missing/a', 'no-such-directory', 'no-such-file'],
  ])('is refused %s: %s', async (name, code, reading = code) => {
    const { own, directory } = owner();
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    mkdirSync(join(directory, 'directory'));
    expect(await codeOf(own.create(name))).toBe(code);
    expect(await codeOf(own.append(name))).toBe(code);
    expect(await codeOf(own.read(name))).toBe(reading);
  });

  // Only root may mount a file system that is small enough to be filled.
  test.skipIf(process.getuid?.() !== 0)(
    'has no space where the disk is full; what was there stays',
    async () => {
      const { own, directory } = owner();
      const disk = join(directory, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
      onTestFinished(() => void execFileSync('umount', [disk]));
      await write(own, 'disk/a', 'old');
      expect(await codeOf(write(own, 'disk/a', 'x'.repeat(40_000), 'x'.repeat(40_000)))).toBe('no-space');
      expect(await codeOf(append(own, 'disk/a', 'x'.repeat(80_000)))).toBe('no-space');
      expect(await own.read('disk/a')).toBe('old');
      expect(readdirSync(disk)).toEqual(['a']);
    },
  );

  test('a file with two names is one file', async () => {
    const { own, directory } = owner();
    await write(own, 'a', 'x');
    linkSync(join(directory, 'a'), join(directory, 'b'));
    await append(own, 'b', 'y');
    expect(await own.read('a')).toBe('xy');
  });
});

test('own names are listed for completion, directories with a slash, nothing from outside', async () => {
  const { own, home, state } = ada();
  for (const name of ['b1', 'a', 'b2']) await write(own, name, 'x');
  mkdirSync(join(home, 'sub'));
  await write(own, 'sub/inner', 'x');
  symlinkSync(state, join(home, 'link'));
  expect(own.list('')).toEqual(['a', 'b1', 'b2', 'sub/']);
  expect(own.list('b')).toEqual(['b1', 'b2']);
  expect(own.list('sub/')).toEqual(['sub/inner']);
  for (const outside of ['../', '/', '/etc/', 'link/', 'sub/../../', 'missing/'])
    expect(own.list(outside)).toEqual([]);
});
