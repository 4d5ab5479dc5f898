import { Injectable } from '@nestjs/common';
import { within } from '#kernel/base';
import { Registry } from '../bus/registry.js';
import type { Database } from '../database/database.js';
import { sql } from '../database/sql.js';
import { Metrics, type Reading } from '../runtime/metrics.js';

const PATIENCE_MS = 1_000;

/** What could not be handled, of each context that runs here. */
@Injectable()
export class ContextMetrics {
  constructor(registry: Registry, metrics: Metrics) {
    metrics.add({
      name: 'inbox_parked_messages',
      help: 'Messages that could not be handled yet, with what waits behind them; dead ones wait for a human.',
      type: 'gauge',
      read: async () => (await Promise.all([...registry.databases.values()].map(parked))).flat(),
    });
  }
}

/** None of a context whose database does not answer: /health/ready tells that. */
async function parked(database: Database): Promise<Reading[]> {
  const counted = database.query<{ subscriber: string; dead: boolean; count: number }>(
    sql`select subscriber, dead, count(*)::int as count from inbox_parked group by subscriber, dead`,
  );
  const rows = await within(PATIENCE_MS, counted, []);
  return rows.map(({ subscriber, dead, count }) => ({
    labels: { context: database.context, subscriber, state: dead ? 'dead' : 'retrying' },
    value: count,
  }));
}
