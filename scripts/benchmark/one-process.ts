/**
 * A whole router in this process that measures itself at 1,000 pps while its shell is idle, shows or commits: Server,
 * Session-Reflector, Session-Sender and shell, as src/main.ts puts them together, but with the shell's work beside the
 * measurement. Takes the state directory and the port of its committed server; then reads lines of JSON (`Influence`) and
 * answers each with one (`Influenced`).
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Router } from '../../src/commands/command.ts';
import type {
  Datapath,
  LightReflector,
  LightRequest,
  Reflector,
  ReflectorRequest,
  Sender,
  SenderRequest,
} from '../../src/datapath/datapath.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import type { Shell, Sink } from '../../src/shell/shell.ts';
import { openRouter } from './whole-router.ts';

/** What the shell does meanwhile. */
export type Load = 'idle' | 'show' | 'commit';

export interface Influence {
  readonly load: Load;
  readonly packets: number;
}

export interface Influenced {
  /** Of each answered packet, as the sender's samples say. */
  readonly roundTripNanos: readonly number[];
  readonly sent: number;
  readonly lost: number;
  readonly samplesLost: number;
  /** Lines shown, or commits. */
  readonly done: number;
  /** The longest that the main thread was away from its event loop. */
  readonly longestTurnMillis: number;
}

const path = {
  host: '127.0.0.1',
  routingInstance: 'default',
  dscp: 0,
  sessionCount: 1,
  intervalNanos: 1_000_000,
  paddingOctets: 27,
  timeoutNanos: 500_000_000,
};

const neverAborted = new AbortController().signal;

const root = join(import.meta.dirname, '../..');

/** Keeps the round trips of every packet that a sender measures. */
class SampledDatapath implements Datapath {
  readonly #inner: Datapath;
  roundTripNanos: number[] = [];

  constructor(inner: Datapath) {
    this.#inner = inner;
  }

  openReflector(request: ReflectorRequest): Promise<Reflector> {
    return this.#inner.openReflector(request);
  }

  openLight(request: LightRequest): Promise<LightReflector> {
    return this.#inner.openLight(request);
  }

  async openSender(request: SenderRequest): Promise<Sender> {
    const sender = await this.#inner.openSender(request);
    return {
      localPort: sender.localPort,
      capabilities: sender.capabilities,
      counters: () => sender.counters(),
      awaitedFrom: () => sender.awaitedFrom(),
      tlvs: () => sender.tlvs(),
      pacing: () => sender.pacing(),
      stop: () => sender.stop(),
      start: (run) =>
        sender.start({
          ...run,
          onSamples: (samples) => {
            for (let index = 0; index < samples.length; index += 1) {
              this.roundTripNanos.push(samples.roundTripNanos(index));
            }
            run.onSamples(samples);
          },
        }),
    };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Where shows go: a file that keeps nothing, with backpressure. */
class LineCounter implements Sink {
  readonly #file = createWriteStream('/dev/null');
  lines = 0;

  async write(text: string): Promise<void> {
    this.lines += text.split('\n').length - 1;
    if (!this.#file.write(text)) await once(this.#file, 'drain');
  }
}

async function main([directory = '', port = '']: readonly string[]): Promise<void> {
  const datapath = new SampledDatapath(
    new WorkerDatapath(pathToFileURL(join(root, 'dist/datapath-worker.js'))),
  );
  const { router, shell, close } = await openRouter(directory, datapath);
  for await (const line of createInterface(process.stdin)) {
    const influence = JSON.parse(line) as Influence;
    const result = await influenced(router, datapath, shell, influence, Number(port));
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  await close();
}

/** One measurement, with the load beside it from its first packet to its last. */
async function influenced(
  router: Router,
  datapath: SampledDatapath,
  shell: Shell,
  { load, packets }: Influence,
  port: number,
): Promise<Influenced> {
  datapath.roundTripNanos = [];
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  const over = new AbortController();
  const working = work(shell, load, over.signal);
  const { sessions } = await router.engine.twping(
    { ...path, port, count: packets },
    { signal: neverAborted },
  );
  over.abort();
  turns.disable();
  const done = await working;
  const { summary, samplesLost } = sessions[0]!;
  const { sent, lost } = summary;
  const longestTurnMillis = turns.max / 1e6;
  return { roundTripNanos: datapath.roundTripNanos, sent, lost, samplesLost, done, longestTurnMillis };
}

/** Lines of the load, one after another until it is over. */
async function work(shell: Shell, load: Load, over: AbortSignal): Promise<number> {
  const sink = new LineCounter();
  let commits = 0;
  const run = async (line: string): Promise<void> => {
    const outcome = await shell.execute(line, { sink, nextSignal: () => over });
    if (outcome.status === 'failed') throw new Error(`${line}: ${outcome.text}`);
  };
  if (load === 'commit') await run('configure');
  while (load !== 'idle' && !over.aborted) {
    if (load === 'show') await run('show services twamp sessions history');
    else {
      await run(`set services rpm twamp server maximum-connections ${900 + (commits % 2)}`);
      await run('commit');
      commits += 1;
    }
  }
  if (load === 'commit') await run('exit');
  return load === 'commit' ? commits : sink.lines;
}

await main(process.argv.slice(2));
