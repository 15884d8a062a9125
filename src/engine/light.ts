/** The reflectors of TWAMP Light and STAMP that the configuration asks for: opened, changed and closed as it changes. */
import { DatapathError, type Datapath, type LightReflector } from '../datapath/datapath.ts';
import type { LightPlan } from './light-services.ts';
import { ListenError } from './server.ts';
import { TransportError } from './transport.ts';

/** A reflector that runs. */
export interface RunningLight extends LightPlan {
  readonly reflector: LightReflector;
}

type Running = Map<string, RunningLight>;

export class LightReflectors {
  readonly #datapath: Datapath;
  readonly #report: (error: unknown) => void;
  #running: Running = new Map();

  constructor(datapath: Datapath, report: (error: unknown) => void) {
    this.#datapath = datapath;
    this.#report = report;
  }

  get running(): readonly RunningLight[] {
    return [...this.#running.values()];
  }

  /** Opens what `plans` has and does not run yet, all or nothing; they count when `use` is called with the plans. */
  async open(plans: ReadonlyMap<string, LightPlan>): Promise<Running> {
    const opened: Running = new Map();
    try {
      for (const [name, plan] of plans) {
        const reflector = this.#running.has(name) ? undefined : await this.#open(name, plan);
        if (reflector !== undefined) opened.set(name, { ...plan, reflector });
      }
    } catch (error) {
      await this.stop(opened);
      throw error;
    }
    return opened;
  }

  /** Runs by `plans` from now on, with what `open` has opened for them. */
  async use(plans: ReadonlyMap<string, LightPlan>, opened: Running): Promise<void> {
    const before = this.#running;
    this.#running = opened;
    for (const [name, running] of before) {
      const plan = plans.get(name);
      if (plan === undefined) {
        await running.reflector.stop();
        continue;
      }
      running.reflector.use(plan.settings);
      this.#running.set(name, { ...plan, reflector: running.reflector });
    }
  }

  async stop(reflectors: Running = this.#running): Promise<void> {
    const stopped = [...reflectors.values()].map(({ reflector }) => reflector.stop());
    reflectors.clear();
    await Promise.all(stopped);
  }

  /** Undefined: the machine has no IPv6. Rejects with ListenError. */
  async #open(name: string, { place, settings }: LightPlan): Promise<LightReflector | undefined> {
    const { instance, localAddress, port } = place;
    const onFailed = (): void => void this.#replace(name);
    try {
      return await this.#datapath.openLight({ vrf: instance.vrf, localAddress, port, onFailed, ...settings });
    } catch (error) {
      const code = error instanceof DatapathError ? error.code : 'failed';
      if (code === 'address-unavailable' && localAddress === '::') return undefined;
      const cause = code === 'ports-exhausted' ? new TransportError('port-in-use', String(error)) : error;
      throw new ListenError(cause, instance.name, port);
    }
  }

  /** Its worker failed, and a new one takes its place: only what was counted is lost. */
  async #replace(name: string): Promise<void> {
    const failed = this.#running.get(name);
    if (failed === undefined) return;
    try {
      const reflector = await this.#open(name, failed);
      const current = this.#running.get(name);
      if (reflector === undefined) return;
      if (current?.reflector !== failed.reflector) await reflector.stop();
      else {
        reflector.use(current.settings);
        this.#running.set(name, { ...current, reflector });
      }
    } catch (error) {
      this.#report(error);
    }
  }
}
