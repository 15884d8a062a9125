/** Tests of `request services sessions import` with captures: what is printed, what is warned of, what is left behind. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openShell, runAll, SilentContact, startRouter, type TestRouter } from '../../support/router.ts';
import { pcap, pcapng, Scene, type Octets } from '../../support/captures.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

function side(client: string, hops: number): Octets {
  const scene = new Scene({ hops: (from) => (from === client ? hops : 127 - hops) });
  scene.connect(client, client === A ? 1000 : 3000, B, 80).says('x');
  return pcap(scene.frames);
}

/** A router, and a directory with files for it. */
async function withFiles(
  files: Readonly<Record<string, Octets>>,
): Promise<{ test: TestRouter; path: (name: string) => string }> {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  for (const [name, octets] of Object.entries(files)) writeFileSync(join(directory, name), octets);
  return { test: await startRouter(), path: (name) => join(directory, name) };
}

const printed = async (test: TestRouter, ...lines: readonly string[]): Promise<string> =>
  runAll(await openShell(test), ...lines);

describe('import of captures', () => {
  it('of one', async () => {
    const { test, path } = await withFiles({ 'a.pcap': side(A, 64) });
    expect(await printed(test, `request services sessions import ${path('a.pcap')}`)).toContain(
      `Imported 1 session from '${path('a.pcap')}' (pcap).\n`,
    );
    expect(await printed(test, 'show services sessions extensive')).toContain(
      'TCP           10.0.0.1:1000  ->       10.0.0.2:80    Forward  U               3\n',
    );
  });

  it('of both sides of a router: what it translates, and who is inside', async () => {
    const { test, path } = await withFiles({ inside: side(A, 64), outside: side('192.0.2.1', 63) });
    await printed(test, `request services sessions import ${path('inside')} outside ${path('outside')}`);
    const text = await printed(test, 'show services sessions extensive');
    expect(text).toContain('  NAT Action:   Translation Type - NAPT-44\n');
    expect(text).toContain('    NAT source        10.0.0.1:1000    ->       192.0.2.1:3000\n');
    expect(text).toContain('TCP           10.0.0.2:80    ->      192.0.2.1:3000  Forward  O');
    expect(await printed(test, 'show services sessions source')).toContain(path('inside'));
  });

  it('two files are captures, or nothing is imported', async () => {
    const { test, path } = await withFiles({ inside: side(A, 64), text: Buffer.from('{}\n') });
    for (const [first, second] of [
      ['inside', 'text'],
      ['text', 'inside'],
    ] as const)
      await expect(
        printed(test, `request services sessions import ${path(first)} outside ${path(second)}`),
      ).rejects.toThrow('Of two files, both have to be captures (pcap, pcapng); nothing was imported.');
    expect(test.state.services.imports()).toEqual([]);
  });

  it('what is missing of it is said', async () => {
    const whole = side(A, 64);
    const wrong = Buffer.concat([pcapng(new Scene().datagram(A, 1, B, 2).frames), Buffer.alloc(12)]);
    const { test, path } = await withFiles({
      cut: whole.subarray(0, -1),
      wrong,
      other: pcap(new Scene().datagram(A, 1, B, 2).frames, { linkType: 105 }),
    });
    const report = async (name: string): Promise<string> => {
      const contact = new SilentContact();
      const shell = await openShell(test, { contact });
      await runAll(shell, `request services sessions import ${path(name)}`);
      return contact.told.join('\n');
    };
    expect(await report('cut')).toContain(`'${path('cut')}' ends within a frame, behind frame 4.`);
    expect(await report('wrong')).toContain(
      `'${path('wrong')}' is damaged behind frame 1: what follows was not read.`,
    );
    expect(await report('other')).toContain(`'${path('other')}': 1 frame of a link type that is not read.`);
  });

  it('the example has sessions of every kind', async () => {
    const test = await startRouter();
    expect(await printed(test, 'request services sessions import example')).toContain(
      "Imported 17 sessions from 'example' (pcapng).",
    );
    const shown = await printed(test, 'show services sessions extensive');
    for (const alg of ['ftp', 'sip', 'pptp', 'dns', 'twamp', 'none']) expect(shown).toContain(`ALG: ${alg},`);
    expect(shown).toContain('NAT Destination     203.0.113.5:2222    ->    192.168.1.20:22');
    expect(shown).toContain('2001:db8:1::10');
  });

  it('given up at a prompt, it says so', async () => {
    const { test, path } = await withFiles({ 'a.pcap': side(A, 64) });
    const shell = await openShell(test);
    const outcome = await shell.execute(`request services sessions import ${path('a.pcap')}`, {
      sink: { write: () => undefined },
      nextSignal: () => AbortSignal.abort(),
    });
    expect(outcome).toEqual({ status: 'failed', text: 'ERROR: Interrupted, nothing was imported.' });
    expect(test.state.services.imports()).toEqual([]);
  });

  it('given up, it leaves nothing', async () => {
    const { router, state } = await startRouter();
    const stop = new AbortController();
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield side(A, 64);
      stop.abort();
      yield await Promise.resolve(new Uint8Array(1));
    };
    const options = { name: 'test', replace: false, signal: stop.signal };
    await expect(router.services.import(chunks(), options)).rejects.toThrow('abort');
    expect(state.services.groups('live')).toEqual([]);
    expect(state.services.imports()).toEqual([]);
  });
});
