import { renameSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Alarm } from './alarm.js';
import { Books } from './books.js';
import { buildServer } from './server.js';
import type { Settings } from './settings.js';
import { Silence } from './silence.js';
import { Store } from './store.js';
import { WebhookQueue } from './webhook-queue.js';
import { Webhooks } from './webhooks.js';

const partingTime = 1_000;

export interface Provider {
  url: string;
  port: number;
  /** Answers what is under way, lets go of what hangs, and closes the books. */
  stop(): Promise<void>;
}

/** Opens the books, listens on 127.0.0.1, and goes on with the outcomes and webhooks that were pending. */
export async function startProvider(settings: Settings, log: (line: string) => void): Promise<Provider> {
  let url = '';
  const store = new Store(settings.dataDir);
  const queue = new WebhookQueue(store);
  const books = new Books(store, queue, () => url);
  const silence = new Silence();
  const server = buildServer(books, silence, settings, log);
  const webhooks = new Webhooks(store, queue, settings.secret, log);
  const outcomes = new Alarm(() => void books.settleDue());
  const goOn = () => {
    outcomes.set(books.nextOutcomeAt());
    webhooks.wake();
  };

  try {
    await server.listen({ host: '127.0.0.1', port: settings.port });
  } catch (error) {
    store.close();
    throw error;
  }
  const { port } = server.server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  store.afterCommit = goOn;
  goOn();
  publish(settings.dataDir, { pid: process.pid, port, url });

  const stop = async () => {
    silence.break();
    // A client may keep a connection open without a request on it, which by itself would never close.
    const hurry = setTimeout(() => server.server.closeAllConnections(), partingTime);
    await server.close();
    clearTimeout(hurry);
    await webhooks.stop();
    store.afterCommit = () => undefined;
    outcomes.set(null);
    store.close();
  };
  return { url, port, stop };
}

/** Says in `provider.json` where we are. It stays when we end: the next one may want the same port. */
function publish(dataDir: string, where: { pid: number; port: number; url: string }): void {
  const file = join(dataDir, 'provider.json');
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(where)}\n`, { flush: true });
  renameSync(`${file}.${process.pid}`, file);
}
