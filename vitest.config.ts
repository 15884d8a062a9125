import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Workers and sockets are real in many tests; two cores are the machine the time budget is written for.
    maxWorkers: 2,
    testTimeout: 20_000,
    // The closing line "N passed, N failed" is for machines that read logs (scripts/test prints it).
    reporters: ['default'],
  },
});
