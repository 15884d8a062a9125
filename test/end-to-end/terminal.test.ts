/** The program at a real pseudo-terminal: help, completion, interruption, resizing, leaving. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { Person } from '../support/person.ts';
import { runProgram } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** What the editor writes when it has taken notice of a new size. */
const REPAINTED = '\x1b[J';

describe('at a terminal', () => {
  it('prompts, helps, completes, and leaves with status 0', async () => {
    const person = new Person();
    await person.see('dnRouter# ');
    person.type('?');
    expect(await person.see('dnRouter# ')).toContain('Possible completions:');
    person.type('sh ver\t\r');
    expect(await person.see('Version: dnrouter')).toContain('show version');
    await person.see('dnRouter# ');
    person.type('\x04');
    expect(await person.ended).toBe(0);
  });

  it('ends a measurement at Ctrl-C with the figures so far, not the shell', async () => {
    const person = new Person();
    await person.see('dnRouter# ');
    const port = await freePort();
    person.type(`configure\rset services rpm twamp server port ${port}\rcommit and-quit\r`);
    await person.see('Commit succeeded');
    await person.see('dnRouter# ');
    person.type(`twping 127.0.0.1 port ${port} count 100000 interval 10ms\r`);
    await person.see('seconds until results available');
    person.type('\x03');
    const report = await person.see('dnRouter# ');
    expect(report).toMatch(/\d+ sent, \d+ lost/);
    expect(report).toContain('Interrupted: these are the figures so far.');
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });

  it('abandons a line at Ctrl-C and goes on', async () => {
    const person = new Person(['--role', 'viewer']);
    await person.see('dnRouter# ');
    person.type('configure\x03');
    await person.see('^C');
    await person.see('dnRouter# ');
    person.type('configure\r');
    await person.see("Unknown word: 'configure'.");
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });

  it('pages by the size of the window, also after it changed', async () => {
    const person = new Person();
    await person.see('dnRouter# ');
    person.pty.resize(100, 5);
    await person.see(REPAINTED);
    person.type('show services twamp sessions\r');
    await person.see('-- More --');
    person.type('q');
    await person.see('dnRouter# ');
    person.pty.resize(100, 40);
    await person.see(REPAINTED);
    person.type('show services twamp sessions\r');
    expect(await person.see('Total displayed sessions: 0')).not.toContain('More');
  });

  it('has the whole screen for what changes, and gives it back, also on SIGTERM', async () => {
    const person = new Person();
    await person.see('dnRouter# ');
    for (const leave of [() => person.type('q'), () => person.pty.kill('SIGTERM')]) {
      person.type('monitor services twamp sessions\r');
      await person.see('\x1b[?1049h');
      await person.see('TWAMP sessions: 0');
      leave();
      await person.see('\x1b[?1049l');
    }
    expect(await person.ended).toBe(0);
  });

  it('gives the terminal back on SIGTERM', async () => {
    const person = new Person();
    await person.see('dnRouter# ');
    person.pty.kill('SIGTERM');
    expect(await person.ended).toBe(0);
  });

  it('tells for how long a silent command works, and takes that away when something is said', async () => {
    const server = await silentServer();
    const person = new Person();
    await person.see('dnRouter# ');
    person.type(`twping 127.0.0.1 port ${server.port}\r`);
    await person.see('Working for 1 s, Ctrl-C gives up\x1b[K');
    server.hangUp();
    const rest = await person.see('dnRouter# ');
    expect(rest.indexOf('\r\x1b[K')).toBeGreaterThanOrEqual(0);
    expect(rest.indexOf('\r\x1b[K')).toBeLessThan(rest.indexOf('ERROR: '));
    expect(rest).toContain('ERROR: ');
    person.type('exit\r');
    expect(await person.ended).toBe(0);
  });

  it('tells a batch nothing of it', async () => {
    const server = await silentServer();
    setTimeout(() => server.hangUp(), 2500);
    const words = ['--state', temporaryDirectory(), '-c', `twping 127.0.0.1 port ${server.port}`];
    const { status, out, err } = await runProgram(words);
    expect(status).toBe(1);
    expect(err).toContain('ERROR: ');
    for (const mark of ['Working', '\x1b']) expect(out + err).not.toContain(mark);
  });
});

/** Lets a Control-Client connect, and says nothing. */
async function silentServer(): Promise<{ readonly port: number; hangUp(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    hangUp();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, hangUp };
}
