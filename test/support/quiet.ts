/** What threads of the process do with files of the system, in their own time, however busy the machine is. */
const WITH_FILES: ReadonlySet<string> = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq']);

/** Resolves when every promise that can go on has gone on: also one that waits for a file, which comes by itself. */
export async function quiet(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (process.getActiveResourcesInfo().some((resource) => WITH_FILES.has(resource)));
}
