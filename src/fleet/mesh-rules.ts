/** Rules of meshes that one statement alone cannot break. */
import { findingsBelow, type Finding } from '../config/commit.ts';
import type { Configuration } from '../config/configuration.ts';
import { routingInstancesOf } from '../engine/routing-instances.ts';
import { MESH_MEMBERS_MAX, type MeshConfiguration, type MeshMemberConfiguration } from './mesh-definition.ts';

const finding = findingsBelow(['services', 'rpm', 'twamp']);

type Say = (
  severity: Finding['severity'],
  code: string,
  path: readonly string[],
  details?: Finding['details'],
) => void;

export function verifyMeshes(configuration: Configuration): readonly Finding[] {
  const { mesh: meshes, 'mesh-member': memberships } = configuration.services.rpm.twamp;
  const isAlone = configuration.system.fleet.postgresql.url === undefined;
  const findings: Finding[] = [];
  const sayAt =
    (at: readonly string[]): Say =>
    (severity, code, path, details = {}) =>
      void findings.push(finding(severity, code, [...at, ...path], details));
  for (const [name, mesh] of meshes) {
    const say = sayAt(['mesh', name]);
    if (isAlone) say('warning', 'mesh-without-fleet', []);
    verifyMesh(mesh, say);
  }
  for (const [name, membership] of memberships) {
    const say = sayAt(['mesh-member', name]);
    if (isAlone) say('warning', 'mesh-without-fleet', []);
    verifyMembership(membership, configuration, say);
  }
  return findings;
}

function verifyMesh(
  { members, target, 'authentication-mode': mode, 'key-id': keyId }: MeshConfiguration,
  say: Say,
): void {
  if (members.length > MESH_MEMBERS_MAX)
    say('error', 'mesh-too-large', ['members'], { members: members.length, maximum: MESH_MEMBERS_MAX });
  if (members.length < 2) say('warning', 'mesh-too-small', ['members']);
  for (const member of members)
    if (target.get(member)?.address === undefined) say('error', 'mesh-no-address', ['target'], { member });
  for (const member of target.keys())
    if (!members.includes(member)) say('warning', 'mesh-not-a-member', ['target', member], { member });
  if (mode === 'none' && keyId !== undefined) say('warning', 'key-without-mode', ['key-id']);
}

function verifyMembership(membership: MeshMemberConfiguration, configuration: Configuration, say: Say): void {
  const { from, 'routing-instance': instance, 'authentication-key-chain': chain } = membership;
  if (from === undefined) say('error', 'mesh-without-owner', []);
  if (!routingInstancesOf(configuration['routing-instances']).has(instance))
    say('error', 'unknown-routing-instance', ['routing-instance'], { name: instance });
  const { 'authentication-key-chain': chains } = configuration.services.rpm.twamp.client;
  if (chain !== undefined && !chains.has(chain))
    say('error', 'no-such-key-chain', ['authentication-key-chain'], { chain });
}
