import type { Environment } from '#kernel/base';
import type { Broker } from '#kernel/brokers';
import { KafkaSettings } from './settings.js';

/** Calls and events over Kafka's topics. */
export const kafka: Broker = {
  name: 'kafka',
  carries: ['calls', 'events'],
  settings: KafkaSettings,
  address: { setting: 'KAFKA_BROKERS', example: 'localhost:9092' },
  check,
  calls: async (options) => {
    const [{ KafkaCalls }, { kafkaOptions }] = await Promise.all([import('./kafka-calls.js'), import('./options.js')]);
    return new KafkaCalls(kafkaOptions(options));
  },
  events: async (options) => {
    const [{ KafkaEvents }, { kafkaOptions }] = await Promise.all([
      import('./kafka-events.js'),
      import('./options.js'),
    ]);
    return new KafkaEvents(kafkaOptions(options));
  },
  local: {
    name: 'kafka',
    port: 'kafka',
    setting: 'KAFKA_BROKERS',
    start: async (options) => (await import('./local/kafka-service.js')).startKafka(options),
  },
};

const sasl = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];

function check(environment: Environment): string[] {
  const problems: string[] = [];
  if (environment['KAFKA_CA_FILE'] && environment['KAFKA_TLS'] !== 'on')
    problems.push(
      'KAFKA_CA_FILE: KAFKA_TLS is off, so that no certificate is looked at: set KAFKA_TLS=on, or unset it',
    );
  const set = sasl.filter((name) => environment[name]);
  const missing = sasl.filter((name) => !environment[name]);
  if (set.length > 0 && missing.length > 0)
    problems.push(`${missing.join(', ')}=: must be set with ${set.join(' and ')}, or none of the three`);
  return problems;
}
