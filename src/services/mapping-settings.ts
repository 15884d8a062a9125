/** How the configuration maps what the kernel knows of a connection onto Junos' words. */
import type { AddressRange } from './address.ts';
import { noMeasurements, type Measurements } from './measurements.ts';

/** Bits of a connection's mark: `(mark & mask) === value`. Both are integers of 32 bits without sign. */
export interface MarkMatch {
  readonly value: number;
  readonly mask: number;
}

/**
 * Which connections belong somewhere. Each property that has members must have one that fits; a rule without any
 * fits all.
 */
export interface ConnectionRule {
  readonly marks: readonly MarkMatch[];
  /** Zones of connection tracking, 0 being that of connections without one. */
  readonly zones: readonly number[];
  /** Where the initiator is, or, for an interface, where either end is. */
  readonly prefixes: readonly AddressRange[];
}

export interface ServicesInterface {
  readonly name: string;
  /** The aggregate it is a member of. */
  readonly aggregate: string | undefined;
  /** A Linux interface stands in it as the networks it is in: the kernel keeps none of a connection. */
  readonly rule: ConnectionRule;
}

export interface ServiceSet {
  readonly name: string;
  /** The only interface that the set is on; undefined: all. */
  readonly interface: string | undefined;
  readonly rule: ConnectionRule;
}

export interface MappingSettings {
  /** The first whose rule fits is a connection's interface; DEFAULT_INTERFACE where none does. */
  readonly interfaces: readonly ServicesInterface[];
  /** The first that is on the interface and whose rule fits; DEFAULT_SERVICE_SET where none does. */
  readonly serviceSets: readonly ServiceSet[];
  /** Networks inside: who initiates from one of them sends ingress flows. */
  readonly insidePrefixes: readonly AddressRange[];
  /** Bits of the mark of connections whose initiator is outside; has precedence over the networks. */
  readonly outsideMark: MarkMatch | undefined;
  /**
   * The bits of the mark that hold the state of both flows, 0 for none: 1 Forward, 2 Drop, 3 Reject, 4 Watch,
   * 5 Bypass; 0 is Forward, too, and anything else Unknown.
   */
  readonly stateMask: number;
  /** This router's own TWAMP, of the moment when a reading begins. */
  readonly measurements: Measurements;
}

export const DEFAULT_INTERFACE = 'ms-0/0/0';
export const DEFAULT_SERVICE_SET = 'default';

/** Without any statement: one interface, one set, directions known from NAT alone. */
export const defaultMapping: MappingSettings = {
  interfaces: [],
  serviceSets: [],
  insidePrefixes: [],
  outsideMark: undefined,
  stateMask: 0,
  measurements: noMeasurements,
};
