/** Sessions as the store keeps them, and back. */
import type { StoredFlow, StoredGroup, StoredSession } from '../../store/service-session-store.ts';
import { natOf, natRecord, type NatRecord } from './records.ts';
import type { Flow, FlowDirection, FlowRole, FlowState, ServiceSession, SessionGroup } from '../session.ts';

/** What stands for no aggregate in the store. */
const NO_AGGREGATE = '';

export function storedGroup(group: SessionGroup): StoredGroup {
  return {
    aggregate: group.aggregate ?? NO_AGGREGATE,
    interface: group.interface,
    serviceSet: group.serviceSet,
  };
}

export function groupOf(stored: StoredGroup): SessionGroup {
  const { aggregate } = stored;
  return {
    interface: stored.interface,
    aggregate: aggregate === NO_AGGREGATE ? undefined : aggregate,
    serviceSet: stored.serviceSet,
  };
}

export function storedSession(session: ServiceSession): StoredSession {
  const { nat, aggregate = NO_AGGREGATE } = session;
  return { ...session, aggregate, nat: nat && JSON.stringify(natRecord(nat)) };
}

export function sessionOf(stored: StoredSession): ServiceSession {
  const { aggregate, nat } = stored;
  return {
    id: stored.id,
    interface: stored.interface,
    aggregate: aggregate === NO_AGGREGATE ? undefined : aggregate,
    serviceSet: stored.serviceSet,
    alg: stored.alg,
    application: stored.application,
    flags: stored.flags,
    ipAction: stored.ipAction,
    offload: stored.offload,
    asymmetric: stored.asymmetric,
    nat: nat === undefined ? undefined : natOf(JSON.parse(nat) as NatRecord),
    flows: stored.flows.map(flowOf),
    startedWallNanos: stored.startedWallNanos,
    endedWallNanos: stored.endedWallNanos,
  };
}

/** The table takes no other state, direction or role. */
function flowOf(stored: StoredFlow): Flow {
  return {
    ...stored,
    state: stored.state as FlowState,
    direction: stored.direction as FlowDirection,
    role: stored.role as FlowRole,
  };
}
