/** PTPv2 timestamps over real sockets, with system calls and with node:dgram at either end. */
import { afterEach, expect, test, vi } from 'vitest';
import type { Sender, SenderRun } from '../../src/datapath/datapath.ts';
import { WorkerDatapath } from '../../src/datapath/worker-datapath.ts';
import { encodeAddress } from '../../src/twamp/address-field.ts';
import { modeFeatures, modes } from '../../src/twamp/protocol.ts';
import { Statistics, type Summary } from '../../src/twamp/statistics.ts';
import { freePort } from '../support/free-port.ts';
import { bundledWorker } from '../support/worker.ts';

const LOCAL = '127.0.0.1';
const PORTS = { first: 22_000, last: 29_999 };
const COUNT = 20;
const here = { vrf: { kind: 'default' }, localAddress: LOCAL, ports: PORTS, remoteAddress: LOCAL } as const;

const worker = bundledWorker();
const opened: WorkerDatapath[] = [];

afterEach(() => Promise.all(opened.splice(0).map((datapath) => datapath.close())));

const paths = ['kernel', 'dgram'] as const;
type Path = (typeof paths)[number];

/** A worker learns of its path when it starts, which it does when it is first needed. */
async function over<T>(path: Path, open: (datapath: WorkerDatapath) => Promise<T>): Promise<T> {
  vi.stubEnv('DNROUTER_DATAPATH', path === 'dgram' ? path : undefined);
  const datapath = new WorkerDatapath(worker.url);
  opened.push(datapath);
  return open(datapath).finally(() => vi.unstubAllEnvs());
}

type Packets = Pick<SenderRun, 'mode' | 'timestampFormat' | 'stamp'>;

async function measured(sender: Sender, remotePort: number, packets: Packets): Promise<Summary> {
  const statistics = new Statistics('any');
  const timing = { count: COUNT, intervalNanos: 2e6, startMonoNanos: 0, timeoutNanos: 2e9, paddingOctets: 0 };
  await new Promise((onDone) => {
    sender.start({
      ...timing,
      ...packets,
      remotePort,
      onDone,
      onSamples: (samples) => statistics.add(samples),
    });
  });
  await sender.stop();
  return statistics.summary({ sent: COUNT });
}

function expectPlausible({ lost, clocks, roundTrip, send, reflect, processing }: Summary): void {
  expect(lost).toBe(0);
  expect(clocks?.sender.timestampFormat).toBe('ptpv2');
  for (const delays of [roundTrip, send, reflect]) {
    // Read in the wrong format, they would be decades.
    expect(Math.abs(delays!.minNanos)).toBeLessThan(1e9);
    expect(Math.abs(delays!.maxNanos)).toBeLessThan(1e9);
  }
  expect(processing!.minNanos).toBeGreaterThanOrEqual(0);
}

const mixtures = paths.flatMap((near) => paths.map((far) => ({ near, far })));

test.each(mixtures)('TWAMP with PTPv2 agreed, $near there and $far back', async ({ near, far }) => {
  const mode = modes.unauthenticated | modeFeatures.ptpv2Timestamps;
  const sender = await over(near, (datapath) => datapath.openSender({ ...here, dscp: 0 }));
  const request = { ...here, wantedPort: 0, remotePort: sender.localPort, mode };
  const reflector = await over(far, (datapath) => datapath.openReflector(request));
  reflector.start();
  const summary = await measured(sender, reflector.localPort, { mode, timestampFormat: 'ptpv2' });
  expectPlausible(summary);
  expect(summary.clocks?.reflector.timestampFormat).toBe('ptpv2');
});

test.each(mixtures)('STAMP, PTPv2 $near there and NTP $far back', async ({ near, far }) => {
  const port = await freePort();
  const stamp = { reflector: 'stateless', ssid: 0 } as const;
  const prefixes = [{ version: 4, octets: encodeAddress('127.0.0.0'), length: 8, allow: true }] as const;
  const rules = { prefixes, reflectorPorts: [port] };
  const { vrf, localAddress } = here;
  await over(far, (datapath) => datapath.openLight({ vrf, localAddress, port, stamp, rules }));
  const sender = await over(near, (datapath) => datapath.openSender({ ...here, dscp: 0 }));
  const summary = await measured(sender, port, { stamp: { ...stamp, timestampFormat: 'ptpv2' } });
  expectPlausible(summary);
  expect(summary.clocks?.reflector.timestampFormat).toBe('ntp');
});
