/** What the clients of the matrix report, in one form. */

/**
 * `5 sent, 0 lost`, session by session, of twping (perfSONAR's and the router's have one report); `0.0% lost` of
 * twampy, or of the configured client's results as JSON. Undefined: nothing was measured.
 */
export function describeReport(report: string): string | undefined {
  const results = lastTestOf(report);
  if (results !== undefined) {
    const { 'probes-sent': sent, 'probe-responses': answered } = results;
    return `${sent} sent, ${sent - answered} lost`;
  }
  const sessions = [
    ...report.matchAll(/(\d+) sent, (\d+) lost.*?(\d+) send duplicates, (\d+) reflect duplicates/gs),
  ].map(([, sent, lost, ...duplicates]) => {
    const copies = duplicates.map(Number).reduce((sum, count) => sum + count);
    return `${sent!} sent, ${lost!} lost${copies === 0 ? '' : `, ${copies} duplicates`}`;
  });
  if (sessions.length > 0) return sessions.join('; ');
  if (report.includes('NO STATS AVAILABLE')) return '100.0% lost';
  const [, lost] = /Roundtrip:.* (\S+%)/.exec(report) ?? [];
  return lost === undefined ? undefined : `${lost} lost`;
}

interface TestResults {
  readonly 'probes-sent': number;
  readonly 'probe-responses': number;
}

/** Whether a configured client, whose results these are, has nothing more to measure. */
export function isOver(report: string): boolean {
  return /"server-status": *"finished"/.test(report);
}

/** Of all tests of the first session. */
function lastTestOf(report: string): TestResults | undefined {
  if (!report.includes('"probe-test-global-results"')) return undefined;
  const [, sent, answered] =
    /"probe-test-global-results"[^]*?"probes-sent": *(\d+)[^]*?"probe-responses": *(\d+)/.exec(report) ?? [];
  return { 'probes-sent': Number(sent), 'probe-responses': Number(answered) };
}
