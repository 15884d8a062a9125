/** Calls to a worker that is started when it is needed, and may end at any time. */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WorkerCalls, type Said, type WorkerPort } from '../../src/services/worker-calls.ts';

interface Asked extends Said {
  readonly text: string;
}
interface Told extends Said {
  readonly isLast?: boolean;
}

class Port extends EventEmitter implements WorkerPort {
  readonly posted: [message: unknown, transfer: readonly ArrayBuffer[] | undefined][] = [];
  /** Whether it keeps the process alive. */
  isHeld: boolean | undefined;

  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void {
    this.posted.push([message, transfer]);
  }

  ref(): void {
    this.isHeld = true;
  }

  unref(): void {
    this.isHeld = false;
  }
}

class Caller {
  readonly heard: Told[] = [];
  readonly failures: string[] = [];

  hear(message: Told): boolean {
    this.heard.push(message);
    return message.isLast === true;
  }

  fail(reason: string): void {
    this.failures.push(reason);
  }
}

function started() {
  const ports: Port[] = [];
  const calls = new WorkerCalls<Asked, Told>(() => {
    const port = new Port();
    ports.push(port);
    return port;
  });
  const begin = (text: string, transfer?: readonly ArrayBuffer[]) => {
    const caller = new Caller();
    let number = 0;
    calls.begin(caller, (call) => ({ call: (number = call), text }), transfer);
    return { caller, number };
  };
  return { calls, ports, begin };
}

describe('calls', () => {
  test('start one worker, each with its number, and hear what is said of theirs', () => {
    const { calls, ports, begin } = started();
    expect(ports).toHaveLength(0);
    const buffer = new ArrayBuffer(8);
    const one = begin('one');
    const two = begin('two', [buffer]);
    expect(ports).toHaveLength(1);
    const [port] = ports as [Port];
    expect(port.posted).toEqual([
      [{ call: one.number, text: 'one' }, []],
      [{ call: two.number, text: 'two' }, [buffer]],
    ]);
    expect(one.number).not.toBe(two.number);
    port.emit('message', { call: two.number });
    port.emit('message', { call: 99 });
    expect([one.caller.heard, two.caller.heard]).toEqual([[], [{ call: two.number }]]);
    calls.say({ call: one.number, text: 'more' }, [buffer]);
    expect(port.posted.at(-1)).toEqual([{ call: one.number, text: 'more' }, [buffer]]);
  });

  test('that have ended hear nothing, and say nothing; with the last of them the worker keeps nobody', () => {
    const { calls, ports, begin } = started();
    const [one, two] = [begin('one'), begin('two')];
    const [port] = ports as [Port];
    expect(port.isHeld).toBe(true);
    port.emit('message', { call: one.number, isLast: true });
    expect(port.isHeld).toBe(true);
    port.emit('message', { call: two.number, isLast: true });
    expect(port.isHeld).toBe(false);
    port.emit('message', { call: one.number });
    expect(one.caller.heard).toHaveLength(1);
    const before = port.posted.length;
    calls.say({ call: one.number, text: 'late' });
    expect(port.posted).toHaveLength(before);
    begin('three');
    expect([ports.length, port.isHeld]).toEqual([1, true]);
  });
});

describe('a worker that ends', () => {
  test.each(['exit', 'close'])('with %s fails its calls, and the next starts another', (event) => {
    const { calls, ports, begin } = started();
    const one = begin('one');
    ports[0]!.emit(event, 0);
    expect(one.caller.failures).toEqual(['it has ended']);
    calls.say({ call: one.number, text: 'late' });
    expect(ports[0]!.posted).toHaveLength(1);
    const two = begin('two');
    expect(ports).toHaveLength(2);
    // What is said of the first says nothing of the second.
    ports[0]!.emit('exit', 0);
    expect([one.caller.failures.length, two.caller.failures.length]).toEqual([1, 0]);
    ports[1]!.emit('message', { call: two.number });
    expect(two.caller.heard).toHaveLength(1);
  });

  test('by an error fails them with its words', () => {
    const { ports, begin } = started();
    const { caller } = begin('one');
    ports[0]!.emit('error', new Error('out of memory'));
    expect(caller.failures).toEqual([]);
    ports[0]!.emit('exit', 1);
    expect(caller.failures).toEqual(['out of memory']);
  });

  test('because it is told to is waited for', async () => {
    const { calls, ports, begin } = started();
    let told = 0;
    await calls.close(() => (told += 1));
    expect([told, ports.length]).toEqual([0, 0]);
    const { caller, number } = begin('one');
    ports[0]!.emit('message', { call: number, isLast: true });
    const late = begin('two');
    let isClosed = false;
    const closing = calls.close((port) => port.postMessage('end')).then(() => (isClosed = true));
    expect([ports[0]!.posted.at(-1)![0], ports[0]!.isHeld]).toEqual(['end', true]);
    await Promise.resolve();
    expect(isClosed).toBe(false);
    ports[0]!.emit('exit', 0);
    await closing;
    expect([caller.failures, late.caller.failures]).toEqual([[], ['it has ended']]);
    await calls.close(() => (told += 1));
    expect(told).toBe(0);
  });
});
