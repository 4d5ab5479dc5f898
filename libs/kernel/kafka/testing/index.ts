export { TestKafka } from './test-kafka.js';
