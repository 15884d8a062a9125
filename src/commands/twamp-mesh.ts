/** `show services rpm twamp mesh`: meshes that this router has, and those that it takes part in. */
import { wallNanosOf } from '../clock.ts';
import type { RpmConnection } from '../engine/rpm-connection.ts';
import { connectionNameOf, type MeshRefusal, type Verdict } from '../fleet/mesh-acceptance.ts';
import type { MemberNote } from '../fleet/mesh-exchange.ts';
import type { OwnMesh } from '../fleet/meshes.ts';
import { endpoint } from '../render/endpoint.ts';
import { gridPieces, type GridColumn } from '../render/grid.ts';
import { isoTime, utcTime } from '../render/time.ts';
import type { CommandArguments } from './arguments.ts';
import { show, type Router } from './command.ts';
import { meshRefusalText } from './fleet-messages.ts';
import { Refusal } from './refusal.ts';

/** A router in a mesh, and what is known of it here. */
interface MeshRouter {
  readonly node: string;
  /** Undefined: the mesh is not known. */
  readonly address?: string;
  readonly port?: number;
  readonly state: 'accepted' | 'refused' | 'unheard' | 'peer';
  readonly refusal?: MeshRefusal;
  /** Whom it measures. */
  readonly peers?: number;
  readonly changedMillis?: number;
  /** To it, from here. */
  readonly connection?: RpmConnection | undefined;
}

interface ShownMesh {
  readonly name: string;
  readonly owner: string;
  readonly role: 'owner' | 'member';
  readonly routers: readonly MeshRouter[];
}

function meshesOf(router: Router, name: string | undefined): readonly ShownMesh[] {
  const { settings, meshes } = router.fleet;
  if (settings === undefined) throw new Refusal('no-fleet');
  const { node } = settings;
  const owned = meshes.own.map((mesh) => ownMesh(mesh, node, router));
  const joined = meshes.verdicts
    .filter(({ mesh, owner }) => owner !== node || !owned.some((each) => each.name === mesh))
    .map((verdict) => joinedMesh(verdict, node, router));
  const all = [...owned, ...joined].filter((mesh) => name === undefined || mesh.name === name);
  if (name !== undefined && all.length === 0) throw new Refusal('no-such-mesh', { name });
  return all;
}

/** What members have said; of itself a router knows more than the database does. */
function ownMesh({ name, members }: OwnMesh, node: string, router: Router): ShownMesh {
  const verdict = router.fleet.meshes.verdicts.find(({ mesh, owner }) => mesh === name && owner === node);
  const routers = members.map(({ member, note, address, port }): MeshRouter => {
    const said = member === node && verdict !== undefined ? ofVerdict(verdict) : ofNote(note);
    const connection = router.engine.rpmConnections.get(connectionNameOf(name, member));
    return { node: member, address, port, ...said, connection };
  });
  return { name, owner: node, role: 'owner', routers };
}

function joinedMesh(verdict: Verdict, node: string, router: Router): ShownMesh {
  const { mesh, owner, definition, refusal } = verdict;
  const targets = definition?.targets ?? [];
  const own = targets.find(({ member }) => member === node);
  const peers = refusal === undefined ? targets.filter(({ member }) => member !== node) : [];
  return {
    name: mesh,
    owner,
    role: 'member',
    routers: [
      { node, ...(own && { address: own.address, port: own.port }), ...ofVerdict(verdict) },
      ...peers.map(({ member, address, port }): MeshRouter => {
        const connection = router.engine.rpmConnections.get(connectionNameOf(mesh, member));
        return { node: member, address, port, state: 'peer', connection };
      }),
    ],
  };
}

type Said = Pick<MeshRouter, 'state' | 'refusal' | 'peers' | 'changedMillis'>;

function ofVerdict({ refusal, connections }: Verdict): Said {
  return refusal === undefined
    ? { state: 'accepted', peers: connections.size }
    : { state: 'refused', refusal };
}

function ofNote(note: MemberNote | undefined): Said {
  if (note === undefined) return { state: 'unheard' };
  const { refusal, peers, changedMillis } = note;
  return refusal === null
    ? { state: 'accepted', peers, changedMillis }
    : { state: 'refused', refusal, changedMillis };
}

const columns: readonly GridColumn[] = [
  { title: 'Mesh' },
  { title: 'Owner' },
  { title: 'Router' },
  { title: 'Address' },
  { title: 'Peers' },
  { title: 'Measured' },
  { title: 'State' },
];

function stateText({ state, refusal, changedMillis }: MeshRouter): string {
  const since = changedMillis === undefined ? '' : `, since ${utcTime(wallNanosOf(changedMillis))}`;
  if (state === 'peer') return 'member';
  if (state === 'unheard') return 'has not said anything';
  return refusal === undefined ? `accepted${since}` : `not accepted${since}: ${meshRefusalText(refusal)}`;
}

function cells({ name, owner }: ShownMesh, router: MeshRouter): readonly string[] {
  const { node, address, port, peers, connection } = router;
  return [
    name,
    owner,
    node,
    address === undefined ? '-' : endpoint({ address, port: port! }),
    String(peers ?? '-'),
    connection?.state ?? '-',
    stateText(router),
  ];
}

export const showTwampMesh = show<CommandArguments['show-twamp-mesh'], readonly ShownMesh[]>(
  ({ router }, { name }) => meshesOf(router, name),
  {
    text: (meshes) =>
      gridPieces(columns, () => meshes.flatMap((mesh) => mesh.routers.map((router) => cells(mesh, router)))),
    json: (meshes) => ({
      'twamp-mesh-information': {
        'twamp-mesh': meshes.map(({ name, owner, role, routers }) => ({
          'mesh-name': name,
          owner,
          role,
          'mesh-router': routers.map(routerData),
        })),
      },
    }),
  },
);

function routerData({
  node,
  address,
  port,
  state,
  refusal,
  peers,
  changedMillis,
  connection,
}: MeshRouter): unknown {
  return {
    node,
    address,
    port,
    state,
    reason: refusal && meshRefusalText(refusal),
    since: changedMillis === undefined ? undefined : isoTime(wallNanosOf(changedMillis)),
    peers,
    'connection-name': connection?.settings.name,
    'server-status': connection?.state,
  };
}
