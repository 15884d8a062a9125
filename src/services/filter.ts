/** Which sessions a command is about: filters on flows, which one flow must satisfy together, and on sessions. */
import { applicationMatch, isFoundBy, type ApplicationMatch } from './applications.ts';
import { isWithin, rangeOf, type AddressRange } from './address.ts';
import type { Address, Flow, ServiceSession, SessionGroup } from './session.ts';

/** What may be asked for; what is undefined lets every session pass. */
export interface FilterOptions {
  /** A keyword of `application-protocol`. */
  readonly application?: string | undefined;
  readonly destinationPort?: number | undefined;
  /** An address, or one with a length. */
  readonly destinationPrefix?: string | undefined;
  /** A services interface, or an aggregate for all its members. */
  readonly interface?: string | undefined;
  /** IP protocol number. */
  readonly protocol?: number | undefined;
  readonly serviceSet?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly sourcePrefix?: string | undefined;
}

/** The same for sources that can search by them: SQL, or the kernel. `matches` has the last word. */
export interface FilterCriteria {
  readonly application: ApplicationMatch | undefined;
  readonly interface: string | undefined;
  readonly serviceSet: string | undefined;
  readonly protocol: number | undefined;
  readonly source: AddressRange | undefined;
  readonly sourcePort: number | undefined;
  readonly destination: AddressRange | undefined;
  readonly destinationPort: number | undefined;
}

/** A compiled filter. Neither function allocates. */
export class SessionFilter {
  /** What it was made of. */
  readonly options: FilterOptions;
  readonly criteria: FilterCriteria;
  /** Whether any filter is about flows; without, `flow` is always true. */
  readonly isAboutFlows: boolean;

  constructor(options: FilterOptions) {
    const { application, sourcePrefix, destinationPrefix } = options;
    this.options = options;
    this.criteria = {
      application: application === undefined ? undefined : applicationMatch(application),
      interface: options.interface,
      serviceSet: options.serviceSet,
      protocol: options.protocol,
      source: sourcePrefix === undefined ? undefined : rangeOf(sourcePrefix),
      sourcePort: options.sourcePort,
      destination: destinationPrefix === undefined ? undefined : rangeOf(destinationPrefix),
      destinationPort: options.destinationPort,
    };
    const { protocol, source, sourcePort, destination, destinationPort } = this.criteria;
    this.isAboutFlows = [protocol, source, sourcePort, destination, destinationPort].some(
      (criterion) => criterion !== undefined,
    );
  }

  /** Whether a session passes: it satisfies the filters on sessions, and one of its flows all filters on flows. */
  matches(session: ServiceSession): boolean {
    const { alg, application, flows } = session;
    if (!this.group(session)) return false;
    if (!this.application(alg, application, flows[0]!.protocol)) return false;
    return !this.isAboutFlows || flows.some(this.#passes);
  }

  /** Whether sessions of the group may pass: a source need not look at those of others. */
  group(group: SessionGroup): boolean {
    const { interface: wanted, serviceSet } = this.criteria;
    if (serviceSet !== undefined && serviceSet !== group.serviceSet) return false;
    return wanted === undefined || wanted === group.interface || wanted === group.aggregate;
  }

  /** `protocol` is that of the session's first flow. */
  application(alg: string, application: string | undefined, protocol: number): boolean {
    const wanted = this.criteria.application;
    return wanted === undefined || isFoundBy(wanted, alg, application, protocol);
  }

  /** Whether a flow satisfies all filters on flows. */
  flow(
    protocol: number,
    source: Address,
    sourcePort: number | undefined,
    destination: Address,
    destinationPort: number | undefined,
  ): boolean {
    const wanted = this.criteria;
    return (
      (wanted.protocol === undefined || wanted.protocol === protocol) &&
      (wanted.sourcePort === undefined || wanted.sourcePort === sourcePort) &&
      (wanted.destinationPort === undefined || wanted.destinationPort === destinationPort) &&
      (wanted.source === undefined || isWithin(source, wanted.source)) &&
      (wanted.destination === undefined || isWithin(destination, wanted.destination))
    );
  }

  readonly #passes = (flow: Flow): boolean =>
    this.flow(flow.protocol, flow.source, flow.sourcePort, flow.destination, flow.destinationPort);
}
