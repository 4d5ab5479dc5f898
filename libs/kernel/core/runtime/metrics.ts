import { Injectable, Logger } from '@nestjs/common';
import { errorText } from '#kernel/base';

/** A metric as Prometheus knows it, with its unit in its name: `outbox_lag_seconds`; a counter’s ends in `_total`. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Called on every scrape, so that a metric costs nothing in between. One that fails is left out. */
  readonly read: () => Iterable<Reading> | Promise<Iterable<Reading>>;
}

export interface Reading {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string | number>>;
  /** Of a histogram: its name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

/** The metrics that this process answers to a scrape. Each part adds its own. */
@Injectable()
export class Metrics {
  private readonly logger = new Logger('Metrics');
  private readonly metrics: Metric[] = [];
  private client: ReturnType<typeof startClient> | undefined;

  add(...metrics: readonly Metric[]): void {
    this.metrics.push(...metrics);
  }

  /** All metrics in Prometheus' text format, with its content type. */
  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.client ??= startClient();
    const { Registry, defaults } = await this.client;
    const own = new Registry();
    for (const { read, ...metric } of this.metrics) {
      const values = await this.reading(metric.name, read);
      // The registry needs no more of a metric. Its own classes would count a second time, at a cost on every request.
      own.registerMetric({ ...metric, get: () => Promise.resolve({ ...metric, values }) } as never);
    }
    const parts = await Promise.all([defaults.metrics(), own.metrics()]);
    return { contentType: defaults.contentType, text: parts.map((part) => part.trim()).join('\n') + '\n' };
  }

  private async reading(name: string, read: Metric['read']): Promise<Reading[]> {
    try {
      return [...(await read())];
    } catch (error) {
      this.logger.warn(`${name} could not be read: ${errorText(error)}`);
      return [];
    }
  }
}

/** Loaded with the first scrape, because it takes some 30 ms and many processes are never scraped. */
async function startClient() {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const defaults = new Registry();
  collectDefaultMetrics({ register: defaults });
  return { Registry, defaults };
}
