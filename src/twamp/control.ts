/** The law of the control connection, both roles on one page: who speaks when, and where a message leads. */
import type { MessageName } from './messages.ts';

export type Role = 'control-client' | 'server';

/**
 * State → message → next state. RFC 5357 §3, RFC 4656 §3. A missing entry is the protocol error; every state
 * may also end (`closed`), and a nonzero Accept in Server-Start or Start-Ack ends it. A state hears one role
 * only, so that what the other one has sent ahead waits for its turn. `individually` may be said too where individual
 * session control is agreed (RFC 5938 §3); some sessions may run in `ready` then.
 */
export const controlLaw = {
  connected: { speaker: 'server', leads: { 'Server-Greeting': 'greeted' } },
  greeted: { speaker: 'control-client', leads: { 'Set-Up-Response': 'answered' } },
  answered: { speaker: 'server', leads: { 'Server-Start': 'ready' } },
  ready: {
    speaker: 'control-client',
    leads: { 'Request-TW-Session': 'requested', 'Start-Sessions': 'starting' },
    individually: {
      'Start-N-Sessions': 'starting-some',
      'Stop-N-Sessions': 'stopping-some',
      'Stop-Sessions': 'ready',
    },
  },
  requested: { speaker: 'server', leads: { 'Accept-Session': 'ready' } },
  starting: { speaker: 'server', leads: { 'Start-Ack': 'running' } },
  running: {
    speaker: 'control-client',
    leads: { 'Stop-Sessions': 'ready' },
    individually: {
      'Request-TW-Session': 'requested',
      'Start-N-Sessions': 'starting-some',
      'Stop-N-Sessions': 'stopping-some',
    },
  },
  'starting-some': { speaker: 'server', leads: { 'Start-N-Ack': 'ready' } },
  'stopping-some': { speaker: 'server', leads: { 'Stop-N-Ack': 'ready' } },
  closed: { speaker: undefined, leads: {} },
} as const satisfies Record<string, ControlLaw>;

type Leads<State> = Readonly<Partial<Record<MessageName, State>>>;

interface ControlLaw {
  readonly speaker: Role | undefined;
  readonly leads: Leads<string>;
  readonly individually?: Leads<string>;
}

export type ControlState = keyof typeof controlLaw;

/** Whose message this state waits for. */
export function speakerOf(state: ControlState): Role | undefined {
  return controlLaw[state].speaker;
}

/** The state after `message`; undefined: it may not be said now. */
export function stateAfter(
  state: ControlState,
  message: MessageName,
  individually: boolean,
): ControlState | undefined {
  return leadsOf(state, individually)[message];
}

/** The messages that may be said now. */
export function messagesOf(state: ControlState, individually: boolean): readonly MessageName[] {
  return lawsInForce[individually ? 'individually' : 'together'].messages[state];
}

function leadsOf(state: ControlState, individually: boolean): Leads<ControlState> {
  return lawsInForce[individually ? 'individually' : 'together'].leads[state];
}

/** The law, for who starts and stops sessions one by one and for who does not: every message asks it. */
const lawsInForce = { together: lawInForce(false), individually: lawInForce(true) } as const;

interface LawInForce {
  readonly leads: Readonly<Record<ControlState, Leads<ControlState>>>;
  readonly messages: Readonly<Record<ControlState, readonly MessageName[]>>;
}

function lawInForce(individually: boolean): LawInForce {
  const laws: Readonly<Record<string, { leads: Leads<ControlState>; individually?: Leads<ControlState> }>> =
    controlLaw;
  const leads: Record<string, Leads<ControlState>> = {};
  const messages: Record<string, readonly string[]> = {};
  for (const [state, law] of Object.entries(laws)) {
    leads[state] = individually ? { ...law.leads, ...law.individually } : law.leads;
    messages[state] = Object.keys(leads[state]);
  }
  return { leads, messages } as LawInForce;
}

/** We tried to say what the law forbids now: a fault of the caller, never of the peer. */
export class LocalError extends Error {
  constructor(state: ControlState, message: MessageName) {
    super(`${message} may not be sent in state ${state}`);
  }
}

/** Why a control connection ended. */
export type ControlEnd =
  /** The transport was closed in this state. */
  | { readonly code: 'closed'; readonly state: ControlState }
  /** The peer sent a Modes or Mode of zero. */
  | { readonly code: 'declined' }
  /** The Server does not offer the mode wanted, or the Control-Client chose one that was not offered. */
  | { readonly code: 'mode-not-offered'; readonly offered: number; readonly wanted: number }
  /** A Server asks for more iterations of PBKDF2 than we do, or for fewer than the RFC allows. */
  | { readonly code: 'count-refused'; readonly count: number }
  /** KeyID or secret is wrong: the token does not hold our challenge. */
  | { readonly code: 'wrong-key' }
  /** A message is not what the peer said, or not the peer's. */
  | { readonly code: 'wrong-hmac'; readonly message: MessageName }
  /** In a keyed mode, Stop-Sessions does not account for every session. */
  | { readonly code: 'wrong-session-count'; readonly sessions: number; readonly accepted: number }
  /** A nonzero Accept in Server-Start or Start-Ack. */
  | { readonly code: 'refused'; readonly message: MessageName; readonly accept: number }
  /** Nothing was heard in this state for as long as we wait. */
  | { readonly code: 'timeout'; readonly state: ControlState }
  /** A command that may not be said in this state, or that nobody knows. */
  | { readonly code: 'unexpected-command'; readonly command: number; readonly state: ControlState }
  /** The Server spoke when it was not its turn. */
  | { readonly code: 'unexpected-octets'; readonly state: ControlState }
  /** What answered is no TWAMP server; `octets` is the beginning of what it said. */
  | { readonly code: 'not-twamp'; readonly octets: Uint8Array }
  /** The peer sent more than may wait for our answers. */
  | { readonly code: 'input-overflow' };
