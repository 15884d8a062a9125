/** The way in that is opened late: before, amid and after its opening. */
import { expect, it } from 'vitest';
import { LateAttach } from '../../src/access/attach/late.ts';
import type { AttachServer } from '../../src/access/attach/server.ts';
import { NANOS_PER_MILLI } from '../../src/clock.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const LATE_NANOS = 50 * NANOS_PER_MILLI;

function lateAttach() {
  const time = new VirtualTime();
  const happened: string[] = [];
  const server = { close: () => Promise.resolve(happened.push('closed')) } as unknown as AttachServer;
  let opened: (() => void) | undefined;
  const attach = new LateAttach(time, () => {
    happened.push('opening');
    return new Promise((resolve) => (opened = () => resolve(server)));
  });
  return { time, attach, happened, opened: () => opened?.() };
}

const never = new AbortController().signal;

it('is not opened where the router is over before', async () => {
  const { time, attach, happened } = lateAttach();
  await time.pass(LATE_NANOS - 1);
  await attach.close(never);
  await time.pass(LATE_NANOS);
  expect(happened).toEqual([]);
});

it('is opened once, and is closed also where it was just being opened', async () => {
  const { time, attach, happened, opened } = lateAttach();
  await time.pass(LATE_NANOS);
  const closed = attach.close(never);
  expect(happened).toEqual(['opening']);
  opened();
  await closed;
  expect(happened).toEqual(['opening', 'closed']);
});
