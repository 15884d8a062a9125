/** Visitors of a router in a test: accounts, live logins, the record, and a terminal to sit down at. */
import { AuditTrail } from '../../src/access/audit-trail.ts';
import { Histories } from '../../src/access/histories.ts';
import type { Visitor } from '../../src/access/logins.ts';
import { Reception } from '../../src/access/reception.ts';
import { commands } from '../../src/commands/commands.ts';
import { live } from '../../src/commands/live.ts';
import { describeFinding } from '../../src/commands/messages.ts';
import { openShell, runAll, startRouter, grammars, type TestRouter } from './router.ts';
import { Terminal } from './terminal.ts';

/** A stored form of `correct horse`, cheap to check. */
export const HORSE = '$scrypt$ln=4,r=8,p=1$c2FsdHNhbHRzYWx0$E7/5hFKyIa/qZwRipZ2wJ8zG6C7W2+ArzZNltex+xis';

export interface House extends TestRouter {
  readonly reception: Reception;
  readonly audit: AuditTrail;
  readonly histories: Histories;
}

/** Commits the lines, as the console's owner. */
export async function commit(test: TestRouter, ...lines: readonly string[]): Promise<void> {
  const set = lines.map((line) => (/^(set|delete) /.test(line) ? line : `set ${line}`));
  await runAll(await openShell(test), 'configure', ...set, 'commit');
}

/** A router with the users that the lines configure. */
export async function openHouse(...lines: readonly string[]): Promise<House> {
  return openHouseIn(undefined, ...lines);
}

/** The same on a state directory; a new one where there is none. */
export async function openHouseIn(
  directory: string | undefined,
  ...lines: readonly string[]
): Promise<House> {
  const test = await startRouter(directory);
  if (lines.length > 0) await commit(test, ...lines);
  const { router, time: clock, logins, state, accounts } = test;
  const report = (error: unknown): void => {
    throw error;
  };
  const audit = new AuditTrail({ store: state.audit, clock, report, forward: () => undefined });
  const histories = new Histories({ store: state.histories, accounts, clock, report });
  const parts = { grammars, commands, live, router, describeFinding, clock, logins, audit, histories };
  return { ...test, reception: new Reception(parts), audit, histories };
}

/** Somebody at a terminal of a house, over ssh. */
export async function sitDown(house: House, user: string, stop = new AbortController()) {
  const visitor: Visitor = {
    identity: house.accounts.identity(user) ?? house.accounts.owner(user),
    origin: { way: 'ssh', address: '192.0.2.9:51234' },
  };
  const terminal = new Terminal(100, 30);
  const channel = { ...terminal.channel, drained: () => Promise.resolve(), colourLevel: 0 as const };
  let isOver = false;
  const left = house.reception.converse(visitor, channel, stop.signal).then(() => (isOver = true));
  while (!terminal.screen.pasteMode) await terminal.settle();
  const screen = (): string => terminal.screen.lines.join('\n');
  /** Types, and waits for what must then be on the screen. */
  const say = async (keys: string, mark: string): Promise<void> => {
    await terminal.type(keys);
    while (!screen().includes(mark)) await terminal.settle();
  };
  return { terminal, left, stop, screen, say, over: () => isOver };
}
