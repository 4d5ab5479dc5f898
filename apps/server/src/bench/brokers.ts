import { SeededRandomness, SystemClock } from '#kernel';
import { KafkaCalls } from '../../../../libs/kernel/src/transport/kafka/kafka-calls.js';
import { KafkaEvents } from '../../../../libs/kernel/src/transport/kafka/kafka-events.js';
import { RedisCalls } from '../../../../libs/kernel/src/transport/redis/redis-calls.js';
import { RedisEvents } from '../../../../libs/kernel/src/transport/redis/redis-events.js';

export const PARTITIONS = 16;

/** How a process of the benchmark speaks over a broker. */
export interface Speaker {
  readonly broker: string;
  /** Of Redis the URL, of Kafka `host:port`. */
  readonly where: string;
  /** None: nothing is signed. */
  readonly key?: string | undefined;
  readonly instance: string;
  readonly prefix?: string;
}

export const callsOver = (speaker: Speaker) =>
  speaker.broker === 'kafka' ? new KafkaCalls(options(speaker)) : new RedisCalls(options(speaker));

export const eventsOver = (speaker: Speaker) =>
  speaker.broker === 'kafka' ? new KafkaEvents(options(speaker)) : new RedisEvents(options(speaker));

const options = ({ where, key, instance, prefix = key ? 'bench' : 'unsigned' }: Speaker) => ({
  url: where,
  brokers: [where],
  partitions: PARTITIONS,
  key,
  prefix,
  instance,
  clock: new SystemClock(),
  randomness: new SeededRandomness(instance),
});
