export { Aggregate, Repository } from './aggregate.js';
export { authorize } from './bus/authorize.js';
export { type CallRequest, NoReply } from './bus/link.js';
export { invalidInput, Owner } from './bus/owner.js';
export { Registry } from './bus/registry.js';
export { WithoutTransaction } from './bus/without-transaction.js';
export { isConflict, isUniqueViolation } from './database/database-failure.js';
export { Database } from './database/database.js';
export { Gathering } from './database/gathering.js';
export { migration } from './database/migration.js';
export { Recent } from './database/recent.js';
export { sql, Sql } from './database/sql.js';
export { ConcurrentChange } from './database/together.js';
export { On, Subscriber, type SubscriberOptions } from './inbox/subscriber.js';
export type { Delivery, EdgeAnswer, EdgeRequest, Handling, Interceptor, Next } from './interceptors/interceptor.js';
export { Interceptors } from './interceptors/interceptors.js';
export { KERNEL_OPTIONS, type KernelOptions, kernelOptions } from './kernel-options.js';
export { KernelRuntime } from './kernel-runtime.js';
export { databaseUrls, KernelSettings } from './kernel-settings.js';
export { context, type ContextOptions, KernelModule } from './kernel.module.js';
export { ContextMetrics } from './operations/context-metrics.js';
export { type Operations, operationsOf } from './operations/operations.js';
export { CursorAdmin } from './outbox/cursor-admin.js';
export { Forgotten, settledName, type Settlement } from './outbox/destination.js';
export { envelopeOf, messageColumns, type MessageRow, messageRows, rowOf } from './outbox/message-rows.js';
export { send } from './outbox/outbox.js';
export type { Split } from './ports/split.js';
export type {
  CallTransport,
  EventLog,
  EventTransport,
  LogPosition,
  LogReader,
  Take,
  TransportStatus,
} from './ports/transport.js';
export {
  anonymous,
  type CallContext,
  callContext,
  continueFlow,
  currentFlow,
  type Flow,
  owns,
  type Principal,
  principal,
  runIn,
  service,
} from './runtime/call-context.js';
export { Loop } from './runtime/loop.js';
export { type Metric, Metrics, type Reading } from './runtime/metrics.js';
export { ObservabilityModule } from './runtime/observability.module.js';
export { Readiness, type ReadinessCheck } from './runtime/readiness.js';
export { Warnings } from './runtime/warnings.js';
