export { Aggregate, Repository } from './aggregate.js';
export { invalidInput } from './bus/owner.js';
export type { CallRequest } from './bus/link.js';
export { Registry } from './bus/registry.js';
export { WithoutTransaction } from './bus/without-transaction.js';
export { Database } from './database/database.js';
export { isConflict, isUniqueViolation } from './database/database-failure.js';
export { ConcurrentChange } from './database/together.js';
export { Gathering } from './database/gathering.js';
export { migration } from './database/migration.js';
export { Recent } from './database/recent.js';
export { sql, Sql } from './database/sql.js';
export * from './errors/index.js';
export type { Delivery, EdgeAnswer, EdgeRequest, Handling, Interceptor, Next } from './interceptors/interceptor.js';
export { On, Subscriber, type SubscriberOptions } from './inbox/subscriber.js';
export { Parking, type ParkedMessage } from './inbox/parking.js';
export { context, type ContextOptions, KernelModule, kernelOptions } from './kernel.module.js';
export { KERNEL_OPTIONS, type KernelOptions, KernelRuntime } from './kernel-runtime.js';
export { kernelFailure } from './messages/failure.js';
export { JsonText, vouched } from './messages/json-text.js';
export * from './messages/index.js';
export { operationsOf } from './operations/operations.js';
export { send } from './outbox/outbox.js';
export { Positions } from './outbox/positions.js';
export {
  type CallContext,
  callContext,
  anonymous,
  continueFlow,
  currentFlow,
  type Flow,
  owns,
  type Principal,
  principal,
  runIn,
  service,
} from './runtime/call-context.js';
export { Clock, Ids, isoInstant, Randomness, secretToken, SeededRandomness, SystemClock } from './runtime/clock.js';
export { Limit, pause, within } from './runtime/deadline.js';
export { Loop } from './runtime/loop.js';
export { type Metric, Metrics, type Reading } from './runtime/metrics.js';
export { networkOf } from './runtime/network.js';
export { Readiness, type ReadinessCheck } from './runtime/readiness.js';
export { databaseUrls, KernelSettings } from './settings/kernel-settings.js';
export { connectSplit, removeLogs } from './transport/connect.js';
export { joinSplit } from './transport/join-split.js';
export * from './settings/index.js';
export { destinationsOf } from './topology/destinations.js';
