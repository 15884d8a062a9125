/** What the clients of the matrix report, in one form. */

/**
 * `5 sent, 0 lost`, session by session, of twping (perfSONAR's and the router's have one report); `0.0% lost` of
 * twampy. Undefined: nothing was measured.
 */
export function describeReport(report: string): string | undefined {
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
