/** What both ends of a control connection share: framing, the law, the outputs, the deadline. */
import { IncomingChain, OutgoingChain } from './control-cipher.ts';
import { LocalError, messagesOf, speakerOf, stateAfter } from './control.ts';
import type { ControlEnd, ControlState, Role } from './control.ts';
import type { MessageOf } from './layout.ts';
import { clearOctetsOf, layouts, type MessageName } from './messages.ts';
import { CONTROL_BUFFER_OCTETS_MAX } from './protocol.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { SessionKeys } from './session-keys.ts';

type Message<Name extends MessageName> = MessageOf<(typeof layouts)[Name]>;

/** What a core wants done, in order. */
export type ControlOutput<Event> =
  /** One whole message for the peer. */
  | { readonly type: 'transmit'; readonly octets: Uint8Array }
  | { readonly type: 'event'; readonly event: Event }
  /** The last output of all: close the transport. */
  | { readonly type: 'close'; readonly end: ControlEnd };

/** What a role does with each message it may hear. */
export type Handlers = {
  readonly [Name in MessageName]?: (message: Message<Name>, nowNanos: number) => void;
};

/**
 * One end of a control connection as a pure object. Every input (`receive`, `timeout`, `closed`, and the
 * decisions of the role) must be followed by draining `poll()` until it gives undefined; then `deadlineNanos`
 * says when to call `timeout`. Inputs after the close output are ignored. Instants are monotonic nanoseconds.
 */
export abstract class ControlEndpoint<Event> {
  readonly #role: Role;
  readonly #waitNanos: number;
  readonly #input = new ReceiveBuffer();
  readonly #outputs: ControlOutput<Event>[] = [];
  #state: ControlState = 'connected';
  #enteredNanos: number;
  #suspended = false;
  #individually = false;
  #outgoing: OutgoingChain | undefined;
  #incoming: IncomingChain | undefined;
  #received = 0;
  #sent = 0;

  /** `waitNanos`: how long the peer may take for a message, 0 for ever. */
  protected constructor(role: Role, waitNanos: number, nowNanos: number) {
    this.#role = role;
    this.#waitNanos = waitNanos;
    this.#enteredNanos = nowNanos;
  }

  protected abstract readonly handlers: Handlers;

  /**
   * The message that begins with these octets (at least one), which the law allows in this state; undefined:
   * none, and the connection has been closed.
   */
  protected abstract recognise(beginning: Uint8Array): MessageName | undefined;

  get state(): ControlState {
    return this.#state;
  }

  /** Control messages. */
  get counters(): { readonly received: number; readonly sent: number } {
    return { received: this.#received, sent: this.#sent };
  }

  /**
   * When `timeout` wants to be called; undefined: never. The wait is for whole messages, so that a peer
   * cannot stretch it octet by octet. From Start-Sessions on it is suspended, until Stop-Sessions or until
   * REFWAIT has ended every session (RFC 5357 §3.1).
   */
  get deadlineNanos(): number | undefined {
    const waiting = this.#peerSpeaks && !this.#suspended && this.#waitNanos > 0;
    return waiting ? this.#enteredNanos + this.#waitNanos : undefined;
  }

  /** The next thing to do; undefined: nothing until the next input. */
  poll(): ControlOutput<Event> | undefined {
    return this.#outputs.shift();
  }

  /** Octets from the peer, cut anyhow; they are copied. */
  receive(octets: Uint8Array, nowNanos: number): void {
    if (this.#state === 'closed') return;
    this.#input.append(octets);
    this.proceed(nowNanos);
    if (this.#input.length > CONTROL_BUFFER_OCTETS_MAX) this.close({ code: 'input-overflow' });
  }

  /** The instant `deadlineNanos` has come. Early calls do nothing. */
  timeout(nowNanos: number): void {
    const deadline = this.deadlineNanos;
    if (deadline === undefined || nowNanos < deadline) return;
    this.close(this.silenceMeans() ?? { code: 'timeout', state: this.#state });
  }

  /** The transport is closed. */
  closed(): void {
    this.close(this.silenceMeans() ?? { code: 'closed', state: this.#state });
  }

  /**
   * What it means that the peer says no more, judged by what waits in the buffer; undefined: nothing
   * particular.
   */
  protected silenceMeans(): ControlEnd | undefined {
    return undefined;
  }

  /** The octets received and not yet read; a view valid until the next input. */
  protected get unread(): Uint8Array {
    return this.#input.peek(this.#input.length);
  }

  /** Says `name` now and goes where the law leads. Throws LocalError when the law has no such entry. */
  protected say<Name extends MessageName>(name: Name, message: Message<Name>, nowNanos: number): void {
    if (this.#state === 'closed') return;
    const next = stateAfter(this.#state, name, this.#individually);
    if (next === undefined) throw new LocalError(this.#state, name);
    this.transmit(name, message);
    this.#enter(next, nowNanos);
  }

  /** Reads whole messages while it is the peer's turn: after every input, and after every decision. */
  protected proceed(nowNanos: number): void {
    while (this.#peerSpeaks && this.#input.length > 0) {
      const name = this.recognise(this.unread);
      if (name === undefined || this.#input.length < layouts[name].octets) return;
      const messageOctets = layouts[name].octetsIn(this.unread);
      if (this.#input.length < messageOctets) return;
      const octets = this.#input.take(messageOctets);
      this.#received += 1;
      const clear = clearOctetsOf(name);
      if (this.#incoming?.verify(octets.subarray(clear), clear === 0) === false) {
        this.close({ code: 'wrong-hmac', message: name });
        return;
      }
      const message = layouts[name].decode(octets);
      this.#enter(stateAfter(this.#state, name, this.#individually)!, nowNanos);
      const handle = this.handlers[name] as (message: unknown, nowNanos: number) => void;
      handle(message, nowNanos);
    }
  }

  /** Sends a message without asking the law: the last words before closing. */
  protected transmit<Name extends MessageName>(name: Name, message: Message<Name>): void {
    // The compiler cannot see that a layout and a message of one name belong together.
    const layout: { encode(message: never): Uint8Array } = layouts[name];
    const octets = layout.encode(message as never);
    const clear = clearOctetsOf(name);
    this.#outgoing?.seal(octets.subarray(clear), clear === 0);
    this.#outputs.push({ type: 'transmit', octets });
    this.#sent += 1;
  }

  /** From now on, what we say is sealed, but for what is clear in every mode. */
  protected sealWith(keys: SessionKeys, iv: Uint8Array): void {
    this.#outgoing = new OutgoingChain(keys, iv);
  }

  /**
   * From now on, what the peer says is sealed but for the next `clearOctets` octets, in which `ivOf` finds where its
   * chain begins.
   */
  protected openWith(keys: SessionKeys, clearOctets: number, ivOf: (clear: Uint8Array) => Uint8Array): void {
    this.#input.decipherAfter(clearOctets, (clear) => {
      const chain = new IncomingChain(keys, ivOf(clear));
      this.#incoming = chain;
      return (blocks) => chain.decipher(blocks);
    });
  }

  /** From now on, sessions may be started and stopped one by one. */
  protected controlIndividually(): void {
    this.#individually = true;
  }

  /** The messages that the law allows now. */
  protected get allowed(): readonly MessageName[] {
    return messagesOf(this.#state, this.#individually);
  }

  protected emit(event: Event): void {
    this.#outputs.push({ type: 'event', event });
  }

  protected close(end: ControlEnd): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#outputs.push({ type: 'close', end });
  }

  get #peerSpeaks(): boolean {
    const speaker = speakerOf(this.#state);
    return speaker !== undefined && speaker !== this.#role;
  }

  /** Something runs: the peer may be silent. */
  protected suspendWaiting(): void {
    this.#suspended = true;
  }

  /** Nothing runs any more: the peer is waited for again, from now on. */
  protected resumeWaiting(nowNanos: number): void {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.#enteredNanos = nowNanos;
  }

  #enter(state: ControlState, nowNanos: number): void {
    this.#state = state;
    this.#enteredNanos = nowNanos;
  }
}
