/** A Kafka for laptops and tests, from Maven's jars: light to load, without a client. */
export { kafkaHome, NoKafka } from './kafka-home.js';
export { answers, type BrokerPorts, brokerPorts, type KafkaHome, spawnBroker } from './spawn-broker.js';
