/** Sessions as the store keeps them, and back. */
import type { StoredGroup, StoredSession } from '../../store/service-session-store.ts';
import { natOf, natRecord, type NatRecord } from './records.ts';
import type { ServiceSession, SessionGroup } from '../session.ts';

/** What stands for no aggregate in the store. */
const NO_AGGREGATE = '';

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
  return {
    id: session.id,
    aggregate,
    interface: session.interface,
    serviceSet: session.serviceSet,
    alg: session.alg,
    application: session.application,
    flags: session.flags,
    ipAction: session.ipAction,
    offload: session.offload,
    asymmetric: session.asymmetric,
    nat: nat && JSON.stringify(natRecord(nat)),
    startedWallNanos: session.startedWallNanos,
    endedWallNanos: session.endedWallNanos,
    flows: session.flows,
  };
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
    flows: stored.flows,
    startedWallNanos: stored.startedWallNanos,
    endedWallNanos: stored.endedWallNanos,
  };
}
