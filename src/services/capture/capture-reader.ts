/** The sessions of one capture, as it is read. */
import { CaptureFile, type CaptureDamage, type CaptureForm } from './capture-file.ts';
import { SessionTracker, type CapturedSession, type PassedCounts } from './session-tracker.ts';

/** What is to be said of a capture beside its sessions. */
export interface CaptureSummary {
  readonly form: CaptureForm;
  readonly frames: number;
  /** Frames of no session, by the reason. */
  readonly passed: PassedCounts;
  /** Lines of control channels and announcements that were left out. */
  readonly unfollowed: number;
  readonly damage: CaptureDamage | undefined;
}

export class CaptureReader {
  readonly #form: CaptureForm;
  readonly #file: CaptureFile;
  readonly #tracker: SessionTracker;
  #sessions: CapturedSession[] = [];

  /** `seed`: of a hash. */
  constructor(form: CaptureForm, seed: number) {
    this.#form = form;
    this.#tracker = new SessionTracker({ seed, hear: (session) => this.#sessions.push(session) });
    this.#file = new CaptureFile(form, (frame) => this.#tracker.take(frame));
  }

  /** Gives the sessions that are over by then. */
  take(chunk: Uint8Array): readonly CapturedSession[] {
    this.#file.take(chunk);
    return this.#taken();
  }

  /** There is no more: gives the rest. */
  end(): readonly CapturedSession[] {
    this.#file.end();
    this.#tracker.end();
    return this.#taken();
  }

  get summary(): CaptureSummary {
    const { frames, damage } = this.#file;
    const { passed, unfollowed } = this.#tracker;
    return { form: this.#form, frames, passed, unfollowed, damage };
  }

  #taken(): readonly CapturedSession[] {
    const sessions = this.#sessions;
    this.#sessions = [];
    return sessions;
  }
}
