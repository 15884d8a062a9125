/** Login classes: those of the product, those of the configuration, and a login that asks for less than it may have. */
import type { Configuration } from '../config/configuration.ts';
import type { Identity } from '../shell/login.ts';

/** `system login`. */
export type LoginConfiguration = Configuration['system']['login'];

export type User = LoginConfiguration['user'] extends ReadonlyMap<string, infer Entry> ? Entry : never;

/** Privileges by class name. */
export type Classes = ReadonlyMap<string, Identity['privileges']>;

/** Whoever may do anything may do what a viewer may: look, and set up their own terminal. */
const LEAST = 'viewer';

/** DNOS' roles as classes of ours: its operator may do more than Junos'. */
const rolesAsClasses: Readonly<Record<NonNullable<User['role']>, string>> = {
  viewer: 'viewer',
  operator: 'interface-control',
  admin: 'super-user',
  techsupport: 'super-user',
};

/** The class of a user for whom none is configured, as on DNOS. */
const CLASS_DEFAULT = 'viewer';

export function classOf(user: User): string {
  return user.class ?? (user.role === undefined ? CLASS_DEFAULT : rolesAsClasses[user.role]);
}

/** `every`: what `permissions all` stands for. */
export function configuredClasses(login: LoginConfiguration, every: Identity['privileges']): Classes {
  return new Map(
    [...login.class].map(([name, { permissions }]) => {
      if (permissions.includes('all')) return [name, every];
      return [name, new Set(permissions.length === 0 ? [] : [LEAST, ...permissions])];
    }),
  );
}

/** The identity with no more than `asked` allows, which never adds anything. */
export function narrowedTo(identity: Identity, role: string, asked: Identity['privileges']): Identity {
  const kept = new Set([...identity.privileges].filter((privilege) => asked.has(privilege)));
  const className = kept.size === asked.size ? role : identity.className;
  return { ...identity, className, privileges: kept, role };
}
