/** The table of metrics as Prometheus reads it (text format 0.0.4). */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Router } from '../../commands/command.ts';
import { metrics, momentOf } from './metrics-table.ts';

const MICROS_PER_SECOND = 1e6;

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Made anew each time: what counts is the router, which also says when a count begins again. */
export async function exposition(router: Router): Promise<Exposition> {
  const { user, system } = process.cpuUsage();
  const moment = momentOf(router, {
    cpuSeconds: (user + system) / MICROS_PER_SECOND,
    residentOctets: process.memoryUsage.rss(),
  });
  const registry = new Registry();
  for (const { name, type, help, labels = [], read } of metrics) {
    const settings = { name, help, labelNames: labels, registers: [registry] };
    if (type === 'counter') {
      const counter = new Counter(settings);
      for (const sample of read(moment)) counter.inc(sample.labels ?? {}, sample.value);
    } else {
      const gauge = new Gauge(settings);
      for (const sample of read(moment)) gauge.set(sample.labels ?? {}, sample.value);
    }
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
