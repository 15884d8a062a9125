/**
 * Resolves when every promise that can go on has gone on. What waits for a file of the system can: threads read
 * and write it in their own time, however busy the machine is. (All in this thread, also other tests' files.)
 */
export async function quiet(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().includes('FSReqPromise'));
}
