/** Chunks on their way to a reader: when they are posted, what they have, and how far ahead of it they are. */
import { describe, expect, test } from 'vitest';
import { RowWriter, TextWriter } from '../../../src/services/conntrack/chunk-writer.ts';
import { CHUNKS_MAX, type ReadingMessage } from '../../../src/services/conntrack/conntrack-link.ts';
import { RECEIVE_OCTETS } from '../../../src/services/conntrack/netlink-socket.ts';
import { TEXT_OCTETS } from '../../../src/services/session-text.ts';
import { flow, session } from '../../support/service-sessions.ts';

const FORM = { extensive: false, isNamed: false };

class Posted {
  readonly messages: ReadingMessage[] = [];
  readonly buffers: ArrayBuffer[] = [];

  readonly post = (message: ReadingMessage, transfer: readonly ArrayBuffer[]): void => {
    this.messages.push(message);
    this.buffers.push(...transfer);
  };

  /** The text of each chunk, or the octets of its rows. */
  get told(): string[] {
    return this.messages.map((message) =>
      message.type === 'rows' || message.type === 'text'
        ? Buffer.from(message.buffer, 0, message.octets).toString('latin1')
        : message.type,
    );
  }
}

const row = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** Whether it comes about without anybody doing more. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
  return settled;
}

describe('rows', () => {
  test('stand at multiples of four octets, with the helpers of their masters and what was lost', () => {
    const posted = new Posted();
    const writer = new RowWriter(7, posted.post);
    writer.add(row('abcde'), undefined);
    writer.add(row('fghi'), 'ftp');
    writer.lose(false);
    writer.lose(true);
    writer.lose(false);
    writer.areUnheard = true;
    writer.flush();
    expect(posted.told).toEqual(['abcde\0\0\0fghi']);
    const [first] = posted.messages;
    expect(first).toMatchObject({
      type: 'rows',
      call: 7,
      octets: 12,
      lost: 3,
      isPartial: true,
      areUnheard: true,
    });
    expect(first).toMatchObject({ masterHelpers: new Map([[1, 'ftp']]) });
    expect(posted.buffers).toEqual([(first as { readonly buffer: ArrayBuffer }).buffer]);
    writer.flush();
    expect(posted.messages).toHaveLength(1);
  });

  test('of the next chunk are told anew', async () => {
    const posted = new Posted();
    const writer = new RowWriter(7, posted.post);
    writer.lose(true);
    await writer.hand();
    writer.add(row('abcd'), 'sip');
    writer.flush();
    expect(posted.messages).toMatchObject([
      { octets: 0, lost: 1, isPartial: true, masterHelpers: new Map(), areUnheard: false },
      { octets: 4, lost: 0, isPartial: true, masterHelpers: new Map([[0, 'sip']]) },
    ]);
    const whole = new RowWriter(7, new Posted().post);
    whole.chunks.stop();
    whole.chunks.more(new ArrayBuffer(8));
    const none = new RowWriter(7, posted.post);
    await none.hand();
    none.flush();
    expect(posted.messages).toHaveLength(2);
  });

  test('are forgotten as long as they have not been posted', async () => {
    const posted = new Posted();
    const writer = new RowWriter(7, posted.post);
    writer.add(row('abcd'), 'ftp');
    const goBack = writer.remembered();
    writer.add(row('efgh'), 'sip');
    writer.add(row('ijkl'), undefined);
    expect(goBack()).toBe(true);
    writer.add(row('mnop'), undefined);
    writer.add(row('qrst'), 'pptp');
    const later = writer.remembered();
    await writer.hand();
    expect(later()).toBe(false);
    expect(posted.told).toEqual(['abcdmnopqrst']);
    expect(posted.messages[0]).toMatchObject({
      masterHelpers: new Map([
        [0, 'ftp'],
        [2, 'pptp'],
      ]),
    });
  });

  test('are posted when there is half of what one call receives, and wait when the reader has all chunks', async () => {
    const posted = new Posted();
    const writer = new RowWriter(7, posted.post);
    const half = new Uint8Array(RECEIVE_OCTETS / 2);
    writer.add(half.subarray(4), undefined);
    await writer.room();
    expect(posted.messages).toHaveLength(0);
    writer.add(half.subarray(0, 4), undefined);
    await writer.room();
    expect(posted.messages).toHaveLength(1);
    for (let chunk = 1; chunk < CHUNKS_MAX - 1; chunk += 1) {
      writer.add(half, undefined);
      await writer.room();
    }
    writer.add(half, undefined);
    const waiting = writer.room();
    expect(posted.messages).toHaveLength(CHUNKS_MAX);
    expect(await isSettled(waiting)).toBe(false);
    expect(new Set(posted.buffers).size).toBe(CHUNKS_MAX);
    writer.chunks.more(posted.buffers[0]!);
    await waiting;
    expect(writer.chunks.octets.buffer).toBe(posted.buffers[0]);
    // There is room for all that a call may receive then.
    writer.add(half.subarray(4), undefined);
    writer.add(new Uint8Array(RECEIVE_OCTETS), undefined);
    writer.chunks.more(posted.buffers[1]!);
    await writer.room();
    expect(writer.chunks.octets.buffer).toBe(posted.buffers[1]);
  });

  test('are waited with no longer when nobody reads any more', async () => {
    const posted = new Posted();
    const writer = new RowWriter(7, posted.post);
    for (let chunk = 1; chunk < CHUNKS_MAX; chunk += 1) {
      writer.lose(false);
      await writer.hand();
    }
    writer.lose(false);
    const waiting = writer.hand();
    expect(await isSettled(waiting)).toBe(false);
    writer.chunks.stop();
    await waiting;
    expect(writer.chunks.isStopped).toBe(true);
    writer.lose(false);
    await writer.hand();
  });
});

describe('text', () => {
  const one = session([flow(17, '10.0.0.1:1', '10.0.0.2:2')]);

  test('is whole lines, of what was drawn', () => {
    const posted = new Posted();
    const writer = new TextWriter(7, FORM, posted.post);
    writer.flush();
    expect(posted.messages).toEqual([]);
    writer.add(one);
    writer.add(one);
    writer.flush();
    expect(posted.messages).toMatchObject([{ type: 'text', call: 7 }]);
    expect(posted.told[0]).toMatch(/\n$/);
    expect(posted.told[0]!.split('10.0.0.1:1')).toHaveLength(3);
    expect(posted.buffers).toHaveLength(1);
  });

  test('is forgotten as long as it has not been posted', async () => {
    const [posted, wanted] = [new Posted(), new Posted()];
    const writer = new TextWriter(7, FORM, posted.post);
    writer.add(one);
    const goBack = writer.remembered();
    writer.add({ ...one, id: 99 });
    expect(goBack()).toBe(true);
    writer.add(one);
    writer.flush();
    const plain = new TextWriter(7, FORM, wanted.post);
    plain.add(one);
    plain.add(one);
    plain.flush();
    expect(posted.told).toEqual(wanted.told);
    const other = new TextWriter(7, FORM, posted.post);
    const later = other.remembered();
    while (other.chunks.length < TEXT_OCTETS) other.add(one);
    await other.room();
    expect(later()).toBe(false);
  });

  test('is posted when there is enough of it', async () => {
    const posted = new Posted();
    const writer = new TextWriter(7, FORM, posted.post);
    writer.add(one);
    await writer.room();
    expect(posted.messages).toHaveLength(0);
    while (writer.chunks.length < TEXT_OCTETS) writer.add(one);
    await writer.room();
    expect(posted.told.map((text) => text.length >= TEXT_OCTETS)).toEqual([true]);
    writer.add(one);
    writer.flush();
    // The heading is that of the first chunk alone.
    expect(posted.told[1]).not.toBe('');
    expect(posted.told[0]!.length).toBeGreaterThan(posted.told[1]!.length);
  });
});
