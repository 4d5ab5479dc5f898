import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider, type Provider } from '../src/provider.js';
import { Client, type PaymentBody } from './client.js';
import { eventually } from './eventually.js';
import { Receiver } from './receiver.js';

export const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'test-provider-')));
}

/** A provider in this process with a shop beside it. */
export class Fixture implements AsyncDisposable {
  readonly log: string[] = [];
  readonly dataDir = temporaryFolder();
  receiver!: Receiver;
  provider!: Provider;

  static async start(): Promise<Fixture> {
    const fixture = new Fixture();
    fixture.receiver = await Receiver.start();
    await fixture.startProvider();
    return fixture;
  }

  get client(): Client {
    return new Client(this.provider.url, this.receiver.url, secret);
  }

  async startProvider(): Promise<void> {
    this.provider = await startProvider({ port: 0, dataDir: this.dataDir, secret }, (line) => this.log.push(line));
  }

  /** Creates a payment and waits for its outcome. */
  async paid(token: string, fields: Record<string, unknown> = {}): Promise<PaymentBody> {
    const { body } = await this.client.create(this.client.input(token, fields));
    return this.status(body.id, (status) => status !== 'processing');
  }

  async captured(): Promise<PaymentBody> {
    const { id } = await this.paid('tok_ok');
    return (await this.client.capture(id)).body;
  }

  status(id: string, wanted: (status: string) => boolean): Promise<PaymentBody> {
    return eventually(async () => {
      const { body } = await this.client.get(id);
      return wanted(body.status) && body;
    });
  }

  /** Waits until at least `count` webhooks about a payment have come, and returns their short types in order. */
  told(reference: string, count: number): Promise<string[]> {
    return eventually(() => {
      const types = this.receiver.typesAbout(reference);
      return types.length >= count && types;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider.stop();
    await this.receiver[Symbol.asyncDispose]();
    rmSync(this.dataDir, { recursive: true });
  }
}
