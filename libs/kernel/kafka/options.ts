import { certificatesIn, type TransportOptions } from '#kernel/brokers';
import type { KafkaEventsOptions } from './kafka-events.js';
import { KafkaSettings } from './settings.js';

/** The options of both transports, from the settings. @throws WrongSettings */
export function kafkaOptions({ environment, ...bus }: TransportOptions): KafkaEventsOptions {
  const settings = new KafkaSettings(environment);
  const { KAFKA_CA_FILE: ca, KAFKA_SASL_MECHANISM: mechanism } = settings;
  return {
    ...bus,
    brokers: settings.KAFKA_BROKERS!, // the topology's check asked for them, and for what goes with a mechanism
    replication: settings.KAFKA_REPLICATION,
    retentionMs: settings.KAFKA_RETENTION_HOURS * 3_600_000,
    tls: settings.KAFKA_TLS ? (ca === undefined ? {} : { ca: certificatesIn('KAFKA_CA_FILE', ca) }) : undefined,
    sasl: mechanism && {
      mechanism,
      username: settings.KAFKA_SASL_USERNAME!,
      password: settings.KAFKA_SASL_PASSWORD!,
    },
  };
}
