/** A Kafka for laptops and tests, from Maven's jars: light to load, without a client. */
export { type KafkaHome, kafkaHome, NoKafka } from './kafka-home.js';
export { answers, type BrokerPorts, brokerPorts, spawnBroker } from './spawn-broker.js';
