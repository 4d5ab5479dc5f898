import type { KeyObject } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Alarm } from './alarm.js';
import { signedHeaders, signingKey } from './signature.js';
import type { Store } from './store.js';
import { nextAttempt, type Webhook, type WebhookQueue } from './webhook-queue.js';

const atOnce = 32;
const answerWithin = 5_000;
const partingTime = 1_000;

/** Delivers what the queue holds, each until it is taken by a 2xx, in order for each payment. */
export class Webhooks {
  private readonly key: KeyObject;
  private readonly underWay = new Map<number, Promise<void>>();
  private readonly requests = new Set<http.ClientRequest>();
  private readonly agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  private stopped = false;
  private readonly alarm = new Alarm(() => this.wake());

  constructor(
    private readonly store: Store,
    private readonly queue: WebhookQueue,
    secret: string,
    private readonly log: (line: string) => void,
  ) {
    this.key = signingKey(secret);
  }

  /** Starts what is due while there is room, and sets the alarm for the rest. */
  wake(): void {
    if (this.stopped) return;
    const now = Date.now();
    const room = atOnce - this.underWay.size;
    if (room === 0) return; // whichever ends next wakes us
    const due = this.queue.due(now, atOnce).filter((seq) => !this.underWay.has(seq));
    for (const seq of due.slice(0, room)) this.underWay.set(seq, this.deliver(this.queue.get(seq)));
    this.alarm.set(this.queue.nextDue(now));
  }

  /** Gives deliveries under way a moment to end. One that is cut off is delivered again after the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.alarm.set(null);
    const hurry = setTimeout(() => {
      for (const request of this.requests) request.destroy(new Error('cut off'));
    }, partingTime);
    await Promise.all(this.underWay.values());
    clearTimeout(hurry);
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async deliver(webhook: Webhook): Promise<void> {
    try {
      const failures = await Promise.all(Array.from({ length: webhook.copies }, () => this.post(webhook)));
      const failure = failures.find((each) => each !== null);
      await this.store.write(() => (failure ? this.failed(webhook, failure) : this.queue.remove(webhook, Date.now())));
    } finally {
      const full = this.underWay.size === atOnce;
      this.underWay.delete(webhook.seq);
      if (full) this.wake(); // else the commit did
    }
  }

  private failed(webhook: Webhook, failure: string): void {
    const now = Date.now();
    const attempts = webhook.attempts + 1;
    const next = nextAttempt(webhook, attempts, now);
    if (attempts === 1) this.log(`webhook ${webhook.id} to ${webhook.url} failed and will be retried: ${failure}`);
    if (next === null) this.log(`webhook ${webhook.id} to ${webhook.url} is given up: ${failure}`);
    if (next === null) this.queue.remove(webhook, now);
    else this.queue.postpone(webhook, attempts, next);
  }

  /** Resolves to null when taken, or to what went wrong. Not by `fetch`: that costs twice the CPU. */
  private post({ id, url, body }: Webhook): Promise<string | null> {
    const headers = { 'content-type': 'application/json', ...signedHeaders(this.key, id, body, Date.now()) };
    const secure = url.startsWith('https:');
    return new Promise((resolve) => {
      const request = (secure ? https : http)
        .request(url, { method: 'POST', headers, agent: secure ? this.agents.https : this.agents.http }, (response) => {
          const { statusCode = 0 } = response;
          response
            .resume() // read to its end, so that the connection can be used again
            .on('error', (error) => resolve(error.message))
            .on('end', () => resolve(statusCode >= 200 && statusCode < 300 ? null : `answered ${statusCode}`));
        })
        .on('error', (error) => resolve(error.message))
        .on('close', () => {
          clearTimeout(timer);
          this.requests.delete(request);
          resolve('the connection closed');
        })
        .end(body);
      const timer = setTimeout(() => request.destroy(new Error('no answer')), answerWithin);
      this.requests.add(request);
    });
  }
}
