import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import type { PaymentBody } from './client.js';

export interface Delivery {
  headers: IncomingHttpHeaders;
  raw: string;
  at: number;
  body: {
    id: string;
    type: string;
    createdAt: string;
    data: { payment: PaymentBody; refund?: Record<string, unknown> };
  };
}

/** A shop's webhook endpoint that keeps everything it is sent. */
export class Receiver implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  /** The status to answer the next delivery with; null never answers. */
  answer: (delivery: Delivery) => number | null = () => 204;
  port = 0;
  private readonly server = createServer((request, response) => {
    void text(request).then((raw) => {
      const delivery = { headers: request.headers, raw, at: Date.now(), body: JSON.parse(raw) as Delivery['body'] };
      this.deliveries.push(delivery);
      const status = this.answer(delivery);
      if (status !== null) response.writeHead(status).end();
    });
  });

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.server.listen(port, '127.0.0.1', resolve));
    receiver.port = (receiver.server.address() as AddressInfo).port;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/webhooks`;
  }

  about(reference: string): Delivery[] {
    return this.deliveries.filter(({ body }) => body.data.payment.reference === reference);
  }

  /** The short types of what came for a payment, in order: `authorized`, `captured`, … */
  typesAbout(reference: string): string[] {
    return this.about(reference).map(({ body }) => body.type.replace('payment.', ''));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
