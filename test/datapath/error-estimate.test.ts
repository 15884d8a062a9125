/** The Error Estimate of the kernel path, over an adjtimex(2) that says what the test wants. */
import { expect, test } from 'vitest';
import { KernelErrorEstimate } from '../../src/datapath/error-estimate.ts';
import { c, timex } from '../../src/native/layouts.ts';
import type { Libc, Memory } from '../../src/native/libc.ts';
import { decodeErrorEstimate } from '../../src/twamp/timestamp.ts';

const TIME_OK = 0;

/** What adjtimex gives, and how often it was asked. */
class Discipline {
  maximumMicros = 0;
  tai = 0;
  status = 0;
  result = TIME_OK;
  asked = 0;
  readonly #memory: Memory = { buffer: new ArrayBuffer(timex.octets), address: 1 };

  get libc(): Libc {
    return {
      memory: () => this.#memory,
      adjtimex: () => {
        const view = new DataView(this.#memory.buffer);
        view.setInt32(timex.maximumError, this.maximumMicros, true);
        view.setInt32(timex.status, this.status, true);
        view.setInt32(timex.tai, this.tai, true);
        this.asked += 1;
        return this.result;
      },
    } as unknown as Libc;
  }
}

const at = (estimate: KernelErrorEstimate, seconds: number) =>
  decodeErrorEstimate(estimate.at(seconds * 1e9));

test('grows with the bound of the clock discipline, asked for every two seconds', () => {
  const discipline = new Discipline();
  const estimate = new KernelErrorEstimate(discipline.libc);
  const path = at(estimate, 0);
  expect(path.synchronised).toBe(true);
  discipline.maximumMicros = 1000;
  expect(at(estimate, 1.999)).toEqual(path);
  expect(discipline.asked).toBe(1);
  const grown = at(estimate, 2).errorNanos;
  expect(grown).toBeGreaterThanOrEqual(path.errorNanos + 1e6 * 0.98);
  expect(grown).toBeLessThanOrEqual((path.errorNanos + 1e6) * 1.02);
  expect(discipline.asked).toBe(2);
});

test.each([
  ['the kernel says so', { result: c.TIME_ERROR }],
  ['its status does', { status: c.STA_UNSYNC }],
  ['it cannot be asked', { result: -1 }],
])('a clock that loses its discipline while a session runs is not synchronised: %s', (_, said) => {
  const discipline = new Discipline();
  discipline.maximumMicros = 1000;
  const estimate = new KernelErrorEstimate(discipline.libc);
  expect(at(estimate, 0).synchronised).toBe(true);
  Object.assign(discipline, said);
  expect(at(estimate, 10).synchronised).toBe(false);
  expect(at(estimate, 10).errorNanos).toBeLessThan(1e6);
});

test('how far TAI is ahead is what the kernel has been told, whether its clock is kept or not', () => {
  const discipline = new Discipline();
  const estimate = new KernelErrorEstimate(discipline.libc);
  estimate.at(0);
  expect(estimate.taiSeconds).toBe(0);
  Object.assign(discipline, { tai: 37, result: c.TIME_ERROR });
  estimate.at(2e9);
  expect(estimate.taiSeconds).toBe(37);
  discipline.result = -1;
  estimate.at(4e9);
  expect(estimate.taiSeconds).toBe(0);
});
