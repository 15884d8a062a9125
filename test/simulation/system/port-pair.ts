/** The two ends of a channel to a worker that is in this thread; what is said arrives a turn later, always. */
import type { WorkerPort } from '../../../src/services/worker-calls.ts';

class End implements WorkerPort {
  other: End | undefined;
  readonly #listeners = new Map<string, ((value: unknown) => void)[]>();

  postMessage(message: unknown): void {
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => this.other?.emit('message', copy));
  }

  on(event: string, listener: (value: unknown) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  emit(event: string, value?: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }

  close(): void {
    const { other } = this;
    this.other = undefined;
    if (other === undefined) return;
    other.other = undefined;
    queueMicrotask(() => {
      this.emit('close');
      other.emit('close');
    });
  }

  ref(): void {
    // Nothing keeps this process alive but the simulation.
  }

  unref(): void {
    // As above.
  }
}

/** Ours, and the worker's. */
export function portPair(): readonly [near: End, far: End] {
  const [near, far] = [new End(), new End()];
  near.other = far;
  far.other = near;
  return [near, far];
}

/** The worker fails: nobody is on the other end any more. */
export function failPort(near: End): void {
  const { other } = near;
  if (other === undefined) return;
  other.other = undefined;
  near.other = undefined;
  queueMicrotask(() => {
    near.emit('error', new Error('simulated'));
    near.emit('exit');
  });
}

export type { End };
