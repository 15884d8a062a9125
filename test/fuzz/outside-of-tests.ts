/** What the supports of tests want of vitest, where no test runs: who begins something ends it. */
export const onTestFinished = (): void => undefined;
