/** Whether the promise was fulfilled before the signal was aborted. Rejects with the promise. */
export function inTime(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(false);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    promise
      .finally(() => signal.removeEventListener('abort', giveUp))
      .then(() => resolve(!signal.aborted), reject);
  });
}

/** What an iteration gives until a signal is aborted, also while the next value is awaited. */
export async function* untilAborted<T>(
  values: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator =
    Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  // One listener for all values: a race against a lasting promise would keep something of each of them.
  let giveUp: (() => void) | undefined;
  const end = (): void => giveUp?.();
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<T, unknown> | undefined>((resolve, reject) => {
        giveUp = () => resolve(undefined);
        Promise.resolve(iterator.next()).then(resolve, reject);
      });
      if (next === undefined || next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', end);
  }
}
