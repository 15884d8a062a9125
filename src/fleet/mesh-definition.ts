/** A mesh as its owner publishes it: who is in it, where each is found, and what they send one another. */
import { isIP } from 'node:net';
import type { Configuration } from '../config/configuration.ts';
import type { Entry } from '../engine/rpm-configuration.ts';

type Twamp = Configuration['services']['rpm']['twamp'];

/** `services rpm twamp mesh NAME`. */
export type MeshConfiguration = Entry<Twamp['mesh']>;

/** `services rpm twamp mesh-member NAME`. */
export type MeshMemberConfiguration = Entry<Twamp['mesh-member']>;

export interface MeshTarget {
  readonly member: string;
  readonly address: string;
  readonly port: number;
}

/** What the probes of a mesh have in common, by the names of its statements. */
export type MeshProfile = Pick<
  MeshConfiguration,
  'authentication-mode' | 'key-id' | ProfileNumber | 'dscp-code-points'
>;

type ProfileNumber = keyof typeof profileRanges;

export interface MeshDefinition {
  /** In the order of its statement. */
  readonly targets: readonly MeshTarget[];
  readonly profile: MeshProfile;
}

/** Of one mesh. */
export const MESH_MEMBERS_MAX = 500;

/** As schema.cli has them: whoever reads a definition trusts nobody. */
export const profileRanges = {
  'test-interval': [1, 255],
  'data-size': [60, 1400],
  ttl: [1, 254],
  'probe-count': [1, 4_294_967_290],
  'probe-interval': [1, 255],
} as const;

export const TARGET_PORTS = [862, 65_535] as const;

const MODES: readonly string[] = [
  'none',
  'authenticated',
  'encrypted',
  'mixed',
] satisfies readonly MeshProfile['authentication-mode'][];

/** Of a mesh that was found valid. */
export function definitionOf(mesh: MeshConfiguration): MeshDefinition {
  const {
    members,
    target: targets,
    'authentication-mode': mode,
    'key-id': keyId,
    'dscp-code-points': dscp,
  } = mesh;
  return {
    targets: members.flatMap((member) => {
      const { address, 'destination-port': port = TARGET_PORTS[0] } = targets.get(member) ?? {};
      return address === undefined ? [] : [{ member, address, port }];
    }),
    profile: {
      'authentication-mode': mode,
      ...(keyId !== undefined && { 'key-id': keyId }),
      'test-interval': mesh['test-interval'],
      'data-size': mesh['data-size'],
      'dscp-code-points': dscp,
      ttl: mesh.ttl,
      'probe-count': mesh['probe-count'],
      'probe-interval': mesh['probe-interval'],
    },
  };
}

/** Of what is in the database, and nothing else of it: undefined where no mesh could be so. */
export function readDefinition(stored: unknown): MeshDefinition | undefined {
  if (!isRecord(stored) || !isRecord(stored['profile']) || !Array.isArray(stored['targets']))
    return undefined;
  const targets = stored['targets'] as readonly unknown[];
  const { profile } = stored;
  const isValid = targets.length <= MESH_MEMBERS_MAX && targets.every(isTarget) && isProfile(profile);
  if (!isValid || new Set(targets.map(({ member }) => member)).size < targets.length) return undefined;
  return {
    targets: targets.map(({ member, address, port }) => ({ member, address, port })),
    profile: Object.fromEntries(
      PROFILE.flatMap((name) => (profile[name] === undefined ? [] : [[name, profile[name]]])),
    ) as unknown as MeshProfile,
  };
}

const PROFILE = ['authentication-mode', 'key-id', 'dscp-code-points', ...Object.keys(profileRanges)];

function isProfile(profile: Readonly<Record<string, unknown>>): boolean {
  const keyId = profile['key-id'];
  return (
    Object.entries(profileRanges).every(([name, range]) => isWithin(profile[name], range)) &&
    MODES.includes(String(profile['authentication-mode'])) &&
    (keyId === undefined ||
      (typeof keyId === 'string' && /^\P{Cc}+$/u.test(keyId) && Buffer.byteLength(keyId) <= 80)) &&
    /^[01]{6}$/.test(String(profile['dscp-code-points']))
  );
}

function isTarget(value: unknown): value is MeshTarget {
  if (!isRecord(value)) return false;
  const { member, address, port } = value;
  const isNamed = typeof member === 'string' && /^[\w.:/@-]{1,64}$/.test(member);
  // A scope is of one machine only.
  const isThere = typeof address === 'string' && isIP(address) > 0 && !address.includes('%');
  return isNamed && isThere && isWithin(port, TARGET_PORTS);
}

function isWithin(value: unknown, [least, most]: readonly [number, number]): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
