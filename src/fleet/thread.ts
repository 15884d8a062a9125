/** The worker that talks to the fleet's database, as the main thread sees it. */
import { WorkerCalls, type WorkerPort } from '../services/worker-calls.ts';
import { StoreError } from '../store/database.ts';
import {
  CLOSE,
  type FleetAnswer,
  type FleetAsked,
  type FleetFailure,
  type FleetWorkName,
  type FleetWorks,
} from './link.ts';
import { FleetError } from './problems.ts';

export class FleetThread {
  readonly #calls: WorkerCalls<FleetAsked, FleetAnswer>;

  /** `start`: starts `worker.ts`, bundled. */
  constructor(start: () => WorkerPort) {
    this.#calls = new WorkerCalls(start);
  }

  /** Rejects with FleetError or StoreError. */
  ask<Name extends FleetWorkName>(
    work: Name,
    request: FleetWorks[Name]['request'],
  ): Promise<FleetWorks[Name]['result']> {
    return new Promise((resolve, reject) => {
      const caller = {
        hear: (answer: FleetAnswer): boolean => {
          if ('failure' in answer) reject(errorOf(answer.failure));
          else resolve(answer.result as FleetWorks[Name]['result']);
          return true;
        },
        fail: (reason: string) => reject(new FleetError('other', { said: reason })),
      };
      this.#calls.begin(caller, (call) => ({ call, work, request }) as FleetAsked);
    });
  }

  async close(): Promise<void> {
    await this.#calls.close((port) => port.postMessage(CLOSE));
  }
}

function errorOf(failure: FleetFailure): Error {
  if (failure.kind === 'store') return new StoreError(failure.problem);
  return new FleetError(failure.problem.code, failure.problem.details);
}
