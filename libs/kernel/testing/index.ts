export { aggregateSpec } from './aggregate-spec.js';
export { answers, type StubbedAnswer, testContext, type TestedContext, testKernelOptions } from './context-testing.js';
export { isMissing, TestBroker } from './test-broker.js';
export { testDatabase, testServer } from './test-database.js';
export { until } from './until.js';
