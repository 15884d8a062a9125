/** The types of the statements below `services rpm twamp client`, defaults filled in. */
import type { Configuration } from '../config/configuration.ts';

/** What a statement has by name. */
export type Entry<Entries> = Entries extends ReadonlyMap<string, infer Value> ? Value : never;

export type RpmClientConfiguration = Configuration['services']['rpm']['twamp']['client'];

/** `services simple-twamp session-sender`: what all test sessions without a control connection have in common. */
export type SessionSenderConfiguration = Configuration['services']['simple-twamp']['session-sender'];

/** `control-connection NAME`. */
export type ControlConnectionConfiguration = Entry<RpmClientConfiguration['control-connection']>;

/** `test-session NAME`. */
export type TestSessionConfiguration = Entry<ControlConnectionConfiguration['test-session']>;

/** A control connection that a mesh of the fleet asks for: never part of the configuration, and otherwise as if it were. */
export interface MeshConnection {
  readonly mesh: MeshOrigin;
  readonly statements: ControlConnectionConfiguration;
}

export interface MeshOrigin {
  readonly name: string;
  /** The router of the fleet whose mesh it is. */
  readonly owner: string;
}
