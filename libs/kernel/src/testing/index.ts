export { aggregateSpec } from './aggregate-spec.js';
export { answers, type StubbedAnswer, testContext, type TestedContext, testKernelOptions } from './context-testing.js';
export { testDatabase, testServer } from './test-database.js';
export { TestKafka } from './test-kafka.js';
export { TestRedis } from './test-redis.js';
export { until } from './until.js';
