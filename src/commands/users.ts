/** Who is logged in, who is locked out, and what ends either. */
import { WALL_NANOS_PER_SECOND } from '../clock.ts';
import { grid, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import { uptime } from '../render/uptime.ts';
import type { CommandArguments } from './arguments.ts';
import { act, show } from './command.ts';
import { Refusal } from './refusal.ts';
import type { LiveLoginRow, LockedOut } from './people.ts';

const userColumns: readonly GridColumn[] = [
  { title: 'ID' },
  { title: 'User' },
  { title: 'Class' },
  { title: 'Via' },
  { title: 'From' },
  { title: 'Login at' },
  { title: 'Idle' },
  { title: 'Command' },
];

/** Stands last, and only where somebody has one. */
const FULL_NAME: GridColumn = { title: 'Full name' };

/** Nobody but the console's owner can log in before there are users, and nothing else says so. */
const FIRST_USER_HINT = `No users are configured: only the console's owner can log in. To add one:
  set system login user NAME class CLASS
  set system login user NAME authentication plain-text-password
`;

interface Users {
  readonly logins: readonly LiveLoginRow[];
  readonly configured: number;
}

export const showUsers = show<unknown, Users>(
  ({ router: { people } }) => ({ logins: people.logins, configured: people.userNames.length }),
  {
    element: 'system-users-information',
    *text({ logins, configured }, { columns }) {
      const named = logins.some(({ fullName }) => fullName !== undefined);
      yield grid(
        named ? [...userColumns, FULL_NAME] : userColumns,
        logins.map((login) => [
          String(login.id),
          login.user,
          login.className,
          login.way,
          login.address ?? '-',
          utcTime(login.sinceWallNanos),
          uptime(BigInt(login.idleSeconds) * WALL_NANOS_PER_SECOND),
          login.running ?? '-',
          ...(named ? [login.fullName ?? '-'] : []),
        ]),
        columns,
      );
      if (configured === 0) yield `\n${FIRST_USER_HINT}`;
    },
    json: ({ logins }) => ({
      users: logins.map((login) => ({
        id: login.id,
        user: login.user,
        'full-name': login.fullName,
        class: login.className,
        way: login.way,
        address: login.address,
        since: isoTime(login.sinceWallNanos),
        'idle-seconds': login.idleSeconds,
        command: login.running,
      })),
    }),
  },
);

export const logout = act<CommandArguments['request-system-logout']>(
  ({ router: { people }, session }, { user, id }) => {
    const ended = people.logout(user === undefined ? { id: id! } : { user }, session.user);
    if (ended === 0) throw new Refusal('no-such-login', { who: user ?? `Login ${id!}` });
    return undefined;
  },
);

const lockoutColumns: readonly GridColumn[] = [{ title: 'User' }, { title: 'Locked out until' }];

export const showLockout = show<unknown, readonly LockedOut[]>(({ router: { people } }) => people.lockedOut, {
  element: 'system-login-lockout-information',
  text: (lockedOut) => [
    grid(
      lockoutColumns,
      lockedOut.map(({ user, untilWallNanos }) => [user, utcTime(untilWallNanos)]),
    ),
  ],
  json: (lockedOut) => ({
    'locked-out': lockedOut.map(({ user, untilWallNanos }) => ({ user, until: isoTime(untilWallNanos) })),
  }),
});

export const clearLockout = act<CommandArguments['clear-system-login-lockout']>(
  ({ router: { people } }, { user }) => {
    if (people.unlock(user) === 0 && user !== undefined) throw new Refusal('not-locked-out', { user });
    return undefined;
  },
);
