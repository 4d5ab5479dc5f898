export { aggregateSpec } from './aggregate-spec.js';
export { answers, type StubbedAnswer, testContext, type TestedContext, testKernelOptions } from './context-testing.js';
export { testDatabase, testServer } from './test-database.js';
export { until } from './until.js';
