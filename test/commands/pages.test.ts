/**
 * What the pages tell people to type is typed, page by page at a router of its own, beside a peer that serves TWAMP: blocks that
 * are marked `dnrouter`, lines behind a prompt in the others, and the lines of `-c` and ssh in those of a Unix shell.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Shell } from '../../src/shell/shell.ts';
import {
  openShell,
  ROUTER_ADDRESS,
  run,
  SilentContact,
  startRouter,
  type TestRouter,
} from '../support/router.ts';
import { keyChainsOf } from '../support/secrets.ts';
import { ed25519Key } from '../support/ssh-keys.ts';
import { VirtualRouter } from '../support/virtual-router.ts';

const root = join(import.meta.dirname, '../..');

/** The peer of every page, and the key that it shares with the reader. */
const PEER = '192.0.2.7';
const KEY = { ada: 'a long passphrase' };

/** What is written for people, and by them: the rest follows from the grammar, which has tests of its own. */
const GENERATED = /(commands|configuration|roles|compatibility)\.md$/;

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !GENERATED.test(name))
    .map((name) => join('docs', name))
    .toSorted(),
];

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    lines: body.split('\n').slice(0, -1),
  }));
}

const PROMPT = /^dnRouter(?:\([^)]*\))?# (.+)$/;

/** A command in quotes, of `dnrouter -c` or behind the host of ssh. */
const IN_SHELL = /(?:dnrouter\b[^|'\n]* -c|^ssh [^'\n]*) '([^']*)'/gm;

/** Lines that a Unix shell hands over, up to the word END. */
const HERE_DOCUMENT = /^dnrouter .*<<'END'\n([\s\S]*?)\nEND$/gm;

function typedInShell(lines: readonly string[]): readonly string[] {
  const text = lines.join('\n');
  const quoted = [...text.matchAll(IN_SHELL)].map(([, words]) => words!);
  return [...[...text.matchAll(HERE_DOCUMENT)].flatMap(([, words]) => words!.split('\n')), ...quoted];
}

/** The lines of a block that are for the router; undefined for one that has none. */
function typedIn({ language, lines }: Block): readonly string[] | undefined {
  if (language === 'dnrouter') return lines.filter((line) => !line.startsWith('#'));
  const typed =
    language === 'sh'
      ? typedInShell(lines)
      : lines.flatMap((line, index) => {
          const words = PROMPT.exec(line)?.[1];
          const isRefused = /ERROR: /.test(`${lines[index + 1]}${lines[index + 2]}`);
          return words === undefined || isRefused ? [] : [words];
        });
  return typed.length === 0 ? undefined : typed;
}

/** Somebody who answers every question: a password, both times the same. */
class Reader extends SilentContact {
  override ask(): Promise<string | undefined> {
    return Promise.resolve('correct horse battery');
  }
}

/** Lines of configuration mode, behind which the page need not say how to get there and away. */
const CONFIGURES = /^(set|delete|edit|insert|load|show$)/;

/** What waits for a clock; the rest may wait for threads, which take real time. */
const TAKES_TIME = /^((force )?twping|monitor|commit)\b/;

/** The network in the test has no loopback, and keys that people shorten are whole. */
function hereOf(line: string): string {
  return line
    .replace(/"ssh-ed25519 AAAA[^"]*"/, `"${ed25519Key}"`)
    .replace('conntrack.txt', join(root, 'test/vectors/conntrack/conntrack-L-extended-id.txt'))
    .replace('127.0.0.0/8', `${ROUTER_ADDRESS}/32`)
    .replace('127.0.0.1', ROUTER_ADDRESS);
}

async function type(started: TestRouter, shell: Shell, lines: readonly string[]): Promise<void> {
  const isConfiguration = CONFIGURES.test(lines[0]!) && !/^set cli\b/.test(lines[0]!);
  const all = isConfiguration ? ['configure', ...lines, 'commit', 'end'] : lines;
  for (const line of all) {
    const running = run(shell, hereOf(line));
    const { text, outcome } = await (TAKES_TIME.test(line) ? started.time.until(running) : running);
    expect(outcome.status, `${line}: ${text}${JSON.stringify(outcome)}`).toBe('done');
  }
}

async function startPeer({ network }: TestRouter): Promise<void> {
  const peer = new VirtualRouter(network, PEER);
  onTestFinished(() => peer.engine.close());
  await peer.serve({
    'authentication-mode': ['none', 'encrypted'],
    'authentication-key-chain': keyChainsOf('server', KEY),
  });
  const at = { address: PEER, port: 862 };
  network.bindPackets(at, (from, packet) => {
    const { sequence } = packet as { readonly sequence: number };
    network.sendPacket(at, from, { ...(packet as object), reflectorSequence: sequence });
  });
}

describe.each(pages)('%s', (page) => {
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8')).flatMap((block) => typedIn(block) ?? []);
  test.skipIf(blocks.length === 0)('can be typed', async () => {
    const started = await startRouter();
    await startPeer(started);
    const shell = await openShell(started, { contact: new Reader() });
    for (const block of blocksOf(readFileSync(join(root, page), 'utf8'))) {
      const lines = typedIn(block);
      if (lines !== undefined) await type(started, shell, lines);
    }
  });
});

test('a block of commands says that it is one', () => {
  for (const page of pages)
    for (const { language, lines } of blocksOf(readFileSync(join(root, page), 'utf8')))
      if (language === '') expect(lines[0], page).not.toMatch(/^(set|show|twping|configure) /);
});

test('links of the pages lead somewhere', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? join(root, page) : join(root, page, '..', file);
      const there =
        anchor === undefined && !file.endsWith('.md') ? readdirSync(join(path, '..')) : headingsOf(path);
      if (anchor !== undefined) expect(there, `${page}: ${target}`).toContain(anchor);
      else expect(there.length, `${page}: ${target}`).toBeGreaterThan(0);
    }
  }
});

/** As GitHub names them. */
function headingsOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
