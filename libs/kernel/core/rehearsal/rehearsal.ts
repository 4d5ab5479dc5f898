import { pause, type Randomness } from '#kernel/base';
import { kernelFailure, type MessageEnvelope } from '#kernel/messages';
import { type CallRequest, type Link, NoReply } from '../bus/link.js';
import type { Beginning, Destination } from '../outbox/destination.js';

const LONGEST_DELAY_MS = 15;
const CHANCE = 0.08;

/** What a network may do to a message, decided by the seed. */
class Weather {
  constructor(private readonly randomness: Randomness) {}

  happens(): boolean {
    return this.randomness.next() < CHANCE;
  }

  delay(): Promise<void> {
    return pause(this.randomness.next() * LONGEST_DELAY_MS);
  }
}

/** Calls as they would be over a broker: serialised, late, sometimes doubled, refused on the way or left without their reply. */
export class RehearsedLink implements Link {
  private readonly weather: Weather;

  constructor(
    private readonly link: Link,
    randomness: Randomness,
  ) {
    this.weather = new Weather(randomness);
  }

  repeats(): boolean {
    return true;
  }

  async call(request: CallRequest): Promise<unknown> {
    const [lost, doubled, silent] = [this.weather.happens(), this.weather.happens(), this.weather.happens()];
    await this.weather.delay();
    if (lost) throw kernelFailure('kernel.unavailable', { message: 'Rehearsal: the request was lost on its way.' });
    if (doubled) void this.link.call(overTheWire(request)).catch(() => undefined); // the other delivery answers, or fails, for both
    const answer = await this.link.call(overTheWire(request));
    await this.weather.delay();
    if (silent) throw new NoReply('Rehearsal: the reply was lost.');
    return answer === undefined ? undefined : overTheWire(answer);
  }
}

/** A destination as it would be behind a broker: late, sometimes unreachable, sometimes told the same twice. */
export class RehearsedDestination implements Destination {
  readonly name: string;
  readonly from: Beginning;
  readonly batch: number;
  private readonly weather: Weather;

  constructor(
    private readonly destination: Destination,
    randomness: Randomness,
  ) {
    this.weather = new Weather(randomness);
    ({ name: this.name, from: this.from, batch: this.batch } = destination);
  }

  wants(message: MessageEnvelope): boolean {
    return this.destination.wants(message);
  }

  async deliver(publisher: string, messages: readonly MessageEnvelope[]): Promise<void> {
    const [lost, doubled, forgotten] = [this.weather.happens(), this.weather.happens(), this.weather.happens()];
    await this.weather.delay();
    if (lost) throw new Error('rehearsal: the message was lost on its way');
    const deliveries = [this.destination.deliver(publisher, overTheWire(messages))];
    if (doubled) deliveries.push(this.destination.deliver(publisher, overTheWire(messages)));
    await Promise.all(deliveries);
    if (forgotten) throw new Error('rehearsal: the acknowledgement was lost');
  }
}

const overTheWire = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
