import type { ConnectionOptions } from 'node:tls';
import type { BusOptions } from '#kernel/brokers';
import type { SaslMechanism } from './settings.js';

/** What both of Kafka's transports are told. */
export interface KafkaOptions extends BusOptions {
  /** `host:port` of the brokers that are asked first. */
  readonly brokers: readonly string[];
  /** Of every topic; fixed once it is made. */
  readonly partitions: number;
  /** So many brokers keep a copy of each topic, where there are so many. */
  readonly replication?: number;
  readonly tls?: ConnectionOptions | undefined;
  readonly sasl?:
    | { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string }
    | undefined;
}
